"""Listens whether anything has come to a socket."""

import select
import socket


class Ear:
    """Listens at one socket, without taking anything."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._poll = select.poll() if hasattr(select, "poll") else None
        if self._poll is not None:
            self._poll.register(sock.fileno(), select.POLLIN)

    def hears(self) -> bool:
        """Whether something has arrived, or the end; of a closed socket that is true."""
        descriptor = self._socket.fileno()
        if descriptor < 0:
            return True
        if self._poll is None:
            return bool(select.select([descriptor], [], [], 0)[0])
        return bool(self._poll.poll(0))
