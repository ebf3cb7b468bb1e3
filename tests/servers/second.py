"""A loopback HTTP/2 server on plain threads: every request is answered by a function."""

import socket
import ssl
import threading
from collections.abc import Callable

import h2.config
import h2.connection
import h2.events

from tests.servers.scripted import accept_tls

Respond = Callable[[h2.connection.H2Connection, int], None]


def answer(state: h2.connection.H2Connection, stream: int) -> None:
    """Say ok, in two frames."""
    state.send_headers(stream, [(":status", "200"), ("x-number", str(stream))])
    state.send_data(stream, b"o")
    state.send_data(stream, b"k", end_stream=True)


def begin(state: h2.connection.H2Connection, stream: int) -> None:
    """Send the beginning of a reply that never ends."""
    state.send_headers(stream, [(":status", "200")])
    state.send_data(stream, b"one")


class SecondServer:
    """Speaks HTTP/2 over TLS only; `connections`, `open_connections` and `streams` count."""

    def __init__(self, tls: ssl.SSLContext, respond: Respond = answer) -> None:
        tls.set_alpn_protocols(["h2"])
        self.respond = respond
        self.connections = self.open_connections = 0
        self.streams = 0
        self._tls = tls
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Stop, and end every thread."""
        for sock in (self._listener, *self._sockets):
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
            self.connections += 1
            self.open_connections += 1
            self._sockets.append(sock)
            self._threads.append(threading.Thread(target=self._serve, args=(sock,), daemon=True))
            self._threads[-1].start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            with accept_tls(self._tls, sock) as secure:
                self._converse(secure)
        except OSError:
            pass
        self.open_connections -= 1

    def _converse(self, secure: ssl.SSLSocket) -> None:
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        state.initiate_connection()
        secure.sendall(state.data_to_send())
        while data := secure.recv(65536):
            for event in state.receive_data(data):
                if isinstance(event, h2.events.StreamEnded):
                    self.streams += 1
                    self.respond(state, event.stream_id or 0)
            secure.sendall(state.data_to_send())
