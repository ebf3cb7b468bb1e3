"""A loopback HTTP/1.1 server on plain threads: requests in, scripted responses out.

It needs no event loop, so it serves every kind of caller.
"""

import socket
import struct
import threading
from collections.abc import Callable, Generator, Iterable
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import h11
import msgspec

from ai_lib._runtime.forks import ForkedState, close_inherited, renew_after_fork

_READ_SIZE: Final = 65536
_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


class ReceivedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request, complete."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Chunk(msgspec.Struct, frozen=True):
    """Bytes that are sent together, `after` seconds after the previous chunk."""

    data: bytes
    after: float = 0.0


class ServerResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One response: the head after `delay` seconds, then the chunks, then the end.

    A `length` is sent as Content-Length; without one the body is chunked. `linger` is the seconds
    between the last chunk and the end. `end` says whether the body ends as it should, or the
    connection is closed or reset.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    chunks: Iterable[Chunk] = ()
    length: int | None = None
    delay: float = 0.0
    linger: float = 0.0
    end: Literal["end", "close", "reset"] = "end"


Handler = Callable[[ReceivedRequest], ServerResponse]


class LoopbackServer(ForkedState):
    """Listens on a port of 127.0.0.1 (0: any free port) until `stop`; one thread a connection.

    `accepted` counts connections, `abandoned` the responses whose caller closed the connection
    before their end.
    """

    def __init__(self, handler: Handler, port: int = 0) -> None:
        self._handler = handler
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.accepted = 0
        self.abandoned = 0
        self._thread = threading.Thread(
            target=self._accept, name=f"loopback-server-{self.port}", daemon=True
        )
        self._thread.start()
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Let go of the port and the connections: the parent serves there."""
        super().renew_in_child()
        self._stopping = threading.Event()
        self._stopping.set()
        for sock in (self._listener, *self._open.values()):
            close_inherited(sock)
        self._open = {}

    @property
    def is_running(self) -> bool:
        """Whether it still accepts connections."""
        return not self._stopping.is_set()

    def stop(self) -> None:
        """Close every connection and join every thread; a second call does nothing."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        # A blocked accept() is not woken by closing its socket, but by a connection.
        with socket.socket() as waker:
            waker.connect_ex(("127.0.0.1", self.port))
        self._thread.join()
        self._listener.close()
        with self._lock:
            open_connections = dict(self._open)
        for thread, sock in open_connections.items():
            _shut_down(sock)
            thread.join()

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._stopping.is_set():
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:  # before the first response: every answered caller has been counted
                self.accepted += 1
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            thread.start()
            with self._lock:
                # Finished threads are removed here, so that `stop` can join them all.
                self._open = {t: s for t, s in self._open.items() if t.is_alive()}
                self._open[thread] = sock

    def _serve(self, sock: socket.socket) -> None:
        connection = _ServerConnection(sock, self._handler, self._stopping)
        with sock:
            connection.run()
        if connection.is_abandoned and not self._stopping.is_set():
            with self._lock:
                self.abandoned += 1


class _ServerConnection:
    """One connection: requests and responses in turn until either side closes it."""

    def __init__(self, sock: socket.socket, handler: Handler, stopping: threading.Event) -> None:
        self.sock = sock
        self.handler = handler
        self.stopping = stopping
        self.http = h11.Connection(h11.SERVER)
        self.is_abandoned = False

    def run(self) -> None:
        try:
            while request := self.receive():
                self.send(self.handler(request), request.method)
                if self.http.our_state is not h11.DONE:
                    return
                self.http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            self.refuse(error)
        except OSError:
            # The caller closed the connection, as it may at any time.
            self.is_abandoned = self.http.our_state is h11.SEND_BODY

    def receive(self) -> ReceivedRequest | None:
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = self.http.next_event()
            if event is h11.NEED_DATA:
                if self.http.they_are_waiting_for_100_continue:
                    self.write(h11.InformationalResponse(status_code=100, headers=[]))
                self.http.receive_data(self.sock.recv(_READ_SIZE))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return _make_request(head, bytes(body))
            else:
                return None

    def send(self, response: ServerResponse, method: str) -> None:
        self.wait(response.delay)
        headers = list(response.headers)
        if response.length is not None:
            headers.append(("content-length", str(response.length)))
        self.write(h11.Response(status_code=response.status, headers=headers))
        if method != "HEAD":
            self.send_body(response.chunks)
        self.wait(response.linger)
        if response.end == "end":
            self.write(h11.EndOfMessage())
        elif response.end == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)

    def send_body(self, chunks: Iterable[Chunk]) -> None:
        try:
            for chunk in chunks:
                self.wait(chunk.after)
                self.write(h11.Data(data=chunk.data))
        finally:
            if isinstance(chunks, Generator):
                chunks.close()  # at once, so that the generator's `finally` runs now

    def wait(self, seconds: float) -> None:
        if seconds > 0 and self.stopping.wait(seconds):
            raise ConnectionAbortedError("the server was stopped")

    def write(self, event: h11.Event) -> None:
        if data := self.http.send(event):
            self.sock.sendall(data)

    def refuse(self, error: h11.RemoteProtocolError) -> None:
        if self.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        text = str(error).encode()
        headers = [("content-type", "text/plain"), ("content-length", str(len(text)))]
        try:
            self.write(h11.Response(status_code=error.error_status_hint, headers=headers))
            self.write(h11.Data(data=text))
        except OSError:
            return


def _make_request(head: h11.Request, body: bytes) -> ReceivedRequest:
    target = urlsplit(head.target.decode("ascii", "replace"))
    return ReceivedRequest(
        method=head.method.decode("ascii"),
        path=unquote(target.path),
        query=dict(parse_qsl(target.query, keep_blank_values=True)),
        headers={name.decode(): value.decode("latin-1") for name, value in head.headers},
        body=body,
    )


def _shut_down(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # Already closed by its own thread.
