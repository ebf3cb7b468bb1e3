"""A loopback HTTP/1.1 server whose every answer is a function, on plain threads and sockets.

It knows no event loop, so that one serves a test on every runtime, and it answers byte by byte
what it is told to, so that it can be wrong in every way a server can.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import BinaryIO, NamedTuple

# No test waits longer than this for something that should have happened.
PATIENCE = 10.0


class Received(NamedTuple):
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Exchange:
    """One request and the means to answer it."""

    def __init__(self, server: "ScriptedServer", sock: socket.socket, received: Received) -> None:
        self.server = server
        self.sock = sock
        self.received = received

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(data)

    def reply(self, body: bytes = b"", status: int = 200, headers: str = "") -> None:
        """Send a whole reply with its length; each of `headers` ends with CRLF."""
        head = f"HTTP/1.1 {status} Said\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
        self.send(head.encode() + body)

    def begin(self, headers: str = "") -> None:
        """Send the head of a chunked reply."""
        self.send(f"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n{headers}\r\n".encode())

    def chunk(self, data: bytes) -> None:
        """Send one chunk; an empty one ends the body."""
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def pause(self, seconds: float) -> None:
        """Let time pass, unless the server is closed meanwhile."""
        self.server.closing.wait(seconds)

    def stall(self) -> None:
        """Say nothing more, until the server is closed or the peer gives up."""
        self.sock.settimeout(PATIENCE)
        try:
            self.sock.recv(1)
        except OSError:
            pass
        self.server.gave_up.set()

    def reset(self) -> None:
        """Break the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError

    def abort(self) -> None:
        """Close the connection."""
        raise ConnectionAbortedError


Script = Callable[[Exchange], None]


class ScriptedServer:
    """Answers each request with `script(exchange)`, several connections at a time.

    `connections` counts those accepted, `open_connections` those that stand, `peak` the most
    requests under way at once; `gave_up` is set when the peer of a stalled exchange leaves.
    Of a body, `max_body` bytes are read at most, and where it is to be `forgotten` all of it but
    none is kept; `greeting` is sent before anything is read.
    """

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self.tls = tls
        self.received: list[Received] = []
        self.max_body: int | None = None
        self.forgotten = False
        self.greeting = b""
        self.connections = 0
        self.open_connections = 0
        self.active = 0
        self.peak = 0
        self.closing = threading.Event()
        self.gave_up = threading.Event()
        self.idle = threading.Condition()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def wait_for_open_connections(self, count: int) -> bool:
        """Whether so many connections stand, soon."""
        with self.idle:
            return self.idle.wait_for(lambda: self.open_connections == count, PATIENCE)

    def close_connections(self) -> None:
        """Close every connection, as a server that restarts does."""
        with self.idle:
            for sock in self._sockets:
                _shut_down(sock)

    def close(self) -> None:
        """Stop, and end every thread."""
        self.closing.set()
        _shut_down(self._listener)
        self._listener.close()
        self.close_connections()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with self.idle:
            self.connections += 1
            self.open_connections += 1
            self._sockets.add(sock)
        try:
            self._converse(sock)
        except (OSError, ValueError):
            pass
        finally:
            sock.close()
            with self.idle:
                self.open_connections -= 1
                self._sockets.discard(sock)
                self.idle.notify_all()

    def _converse(self, sock: socket.socket) -> None:
        with ExitStack() as stack:
            if self.tls is not None:
                sock = stack.enter_context(accept_tls(self.tls, sock))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(self.greeting)
            reader = stack.enter_context(sock.makefile("rb"))
            while (received := _read(reader, self.max_body, self.forgotten)) is not None:
                self._answer(Exchange(self, sock, received))

    def _answer(self, exchange: Exchange) -> None:
        with self.idle:
            self.received.append(exchange.received)
            self.active += 1
            self.peak = max(self.peak, self.active)
        try:
            self.script(exchange)
        finally:
            with self.idle:
                self.active -= 1


def accept_tls(context: ssl.SSLContext, sock: socket.socket) -> ssl.SSLSocket:
    """Return the encrypted side of a connection; a peer that has gone leaves nothing open."""
    sock.getpeername()  # where this fails, `wrap_socket` leaves its socket open
    return context.wrap_socket(sock.dup(), server_side=True)


def _shut_down(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def _chunks(reader: BinaryIO) -> Iterator[bytes]:
    while size := int(reader.readline(), 16):
        yield reader.read(size)
        reader.readline()
    reader.readline()


def _read(reader: BinaryIO, most: int | None, forgotten: bool) -> Received | None:
    line = reader.readline()
    if not line:
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = {}
    while field := reader.readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = field.partition(":")
        headers[name.lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        return Received(method, target, headers, b"".join(_chunks(reader)))
    length = int(headers.get("content-length", "0"))
    while forgotten and length:
        length -= len(reader.read(min(length, 1 << 16)))
    body = reader.read(length if most is None else min(most, length))
    return Received(method, target, headers, body)
