"""A loopback proxy: CONNECT, plain forwarding and SOCKS5, on plain threads and sockets."""

import base64
import socket
import ssl
import threading
from contextlib import ExitStack
from typing import BinaryIO

from tests.servers.scripted import accept_tls

Connected = tuple[str, int]


class Relay:
    """Relays to wherever it is asked, or to `upstream`; `asked` lists what it was asked for.

    With `login` ("user:password") it refuses everyone else; `refuse` answers CONNECT with 403.
    """

    def __init__(self, kind: str = "http", tls: ssl.SSLContext | None = None) -> None:
        self.kind = kind
        self.tls = tls
        self.login: str | None = None
        self.refuse = False
        self.upstream: Connected | None = None
        self.asked: list[str] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def place(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop, and end every thread."""
        for sock in [self._listener, *self._sockets]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(sock)
            self._start(self._serve, sock)

    def _start(self, function: object, *arguments: object) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            with ExitStack() as stack:
                if self.tls is not None:
                    sock = stack.enter_context(accept_tls(self.tls, sock))
                # Unbuffered: what follows the greeting belongs to the one behind.
                reader = stack.enter_context(sock.makefile("rb", buffering=0))
                converse = {"http": self._http, "socks5": self._socks}[self.kind]
                converse(sock, reader)  # type: ignore[arg-type]
        except (OSError, ValueError, IndexError):
            pass

    def _http(self, sock: socket.socket, reader: BinaryIO) -> None:
        lines = []
        while line := reader.readline().rstrip(b"\r\n"):
            lines.append(line.decode("latin-1"))
        method, target, _ = lines[0].split(" ", 2)
        self.asked.append(f"{method} {target.split('?')[0]}")
        if not self._may_pass(lines):
            sock.sendall(b"HTTP/1.1 407 Login\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        elif method == "CONNECT":
            if self.refuse:
                sock.sendall(b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n")
                return
            host, _, port = target.rpartition(":")
            sock.sendall(b"HTTP/1.1 200 Established\r\n\r\n")
            self._relay(sock, (host, int(port)), b"")
        else:
            host, _, port = target.split("/")[2].rpartition(":")
            path = "/" + target.split("/", 3)[3]
            lines[0] = f"{method} {path} HTTP/1.1"
            kept = [line for line in lines if not line.lower().startswith("proxy-")]
            self._relay(sock, (host, int(port)), "\r\n".join([*kept, "", ""]).encode("latin-1"))

    def _may_pass(self, lines: list[str]) -> bool:
        if self.login is None:
            return True
        wanted = base64.b64encode(self.login.encode()).decode()
        return f"proxy-authorization: basic {wanted}".lower() in [line.lower() for line in lines]

    def _socks(self, sock: socket.socket, reader: BinaryIO) -> None:
        _, count = reader.read(2)
        methods = reader.read(count)
        method = 0 if self.login is None else 2
        if method not in methods:
            sock.sendall(b"\x05\xff")
            return
        sock.sendall(bytes((5, method)))
        if self.login is not None:
            user = reader.read(reader.read(2)[1])
            password = reader.read(reader.read(1)[0])
            right = f"{user.decode()}:{password.decode()}" == self.login
            sock.sendall(bytes((1, not right)))
            if not right:
                return
        self._socks_connect(sock, reader)

    def _socks_connect(self, sock: socket.socket, reader: BinaryIO) -> None:
        kind = reader.read(4)[3]
        if kind == 3:
            host = reader.read(reader.read(1)[0]).decode()
        else:
            host = socket.inet_ntop(
                socket.AF_INET if kind == 1 else socket.AF_INET6,
                reader.read(4 if kind == 1 else 16),
            )
        port = int.from_bytes(reader.read(2), "big")
        self.asked.append(f"SOCKS {host}:{port}")
        if self.refuse:
            sock.sendall(b"\x05\x02\x00\x01\0\0\0\0\0\0")
            return
        sock.sendall(b"\x05\x00\x00\x03\x04name\0\0")
        self._relay(sock, (host, port), b"")

    def _relay(self, sock: socket.socket, target: Connected, first: bytes) -> None:
        with socket.create_connection(self.upstream or target) as behind:
            self._sockets.append(behind)
            behind.sendall(first)
            self._start(_copy, behind, sock)
            _copy(sock, behind)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except (OSError, ValueError):
        pass
    for sock in (source, sink):
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
