"""Whether what was sent has reached the other machine, as far as the system knows."""

import os
import socket
import struct
import sys
from typing import Final

# Linux's `struct tcp_info`: the bytes the peer has acknowledged, and where they stand in it.
_ACKNOWLEDGED: Final = struct.Struct("=Q")
_AT: Final = 120


class Receipt:
    """Watches one socket from now on. Close it, or a descriptor is lost."""

    def __init__(self, descriptor: int) -> None:
        # A handle of its own: what happened can be asked after the socket was closed.
        self._handle = socket.socket(fileno=os.dup(descriptor))
        self._before = self._acknowledged()

    def is_unread(self) -> bool:
        """Whether the peer acknowledged not a single byte since; false where nobody can tell."""
        return self._before is not None and self._acknowledged() == self._before

    def close(self) -> None:
        """Stop watching."""
        self._handle.close()

    def _acknowledged(self) -> int | None:
        option = getattr(socket, "TCP_INFO", None)
        if option is None or sys.platform != "linux":
            return None
        try:
            info = self._handle.getsockopt(socket.IPPROTO_TCP, option, _AT + _ACKNOWLEDGED.size)
        except OSError:
            return None
        if len(info) < _AT + _ACKNOWLEDGED.size:
            return None
        found: int = _ACKNOWLEDGED.unpack_from(info, _AT)[0]
        return found
