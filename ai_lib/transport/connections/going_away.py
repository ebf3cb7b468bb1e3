"""HTTP/2's GOAWAY: a server that ends a connection in order still responds to what it took.

httpcore gives up a response when a GOAWAY comes before it. So the frame is taken out of what
httpcore reads, where the stream under way is among those that the server still responds to.
"""

from typing import Final

_HEAD: Final = 9
_GOAWAY: Final = 7
_LAST_STREAM: Final = 0x7FFFFFFF
_REFUSED_STREAM: Final = 7


class GoAwayFilter:
    """Takes such frames out of the bytes of an HTTP/2 connection with one stream at a time.

    `has_come` is true once there was one: the connection takes no further request. `refuses` is
    true when it says that the stream under way was not worked on.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.has_come = False
        self.refuses = False
        self._stream_id = -1
        self._buffer = b""
        self._to_pass = 0

    def begin_stream(self) -> None:
        """Note that the next request is sent."""
        self._stream_id += 2

    def feed(self, data: bytes) -> bytes:
        """Take bytes that arrived and return those for httpcore."""
        passed = b""
        data = self._buffer + data if self._buffer else data
        while data:
            if self._to_pass:
                passed += data[: self._to_pass]
                data, self._to_pass = (
                    data[self._to_pass :],
                    max(self._to_pass - len(data), 0),
                )
                continue
            size = _HEAD + int.from_bytes(data[:3], "big")
            if len(data) < _HEAD:
                break
            if data[3] != _GOAWAY:
                self._to_pass = size
                continue
            if len(data) < size:
                break
            if not self._is_orderly(data[_HEAD:size]):
                passed += data[:size]
            data = data[size:]
        self._buffer = data
        return passed

    def _is_orderly(self, payload: bytes) -> bool:
        last_stream = int.from_bytes(payload[:4], "big") & _LAST_STREAM
        error_code = int.from_bytes(payload[4:8], "big")
        self.has_come = True
        self.refuses = last_stream < self._stream_id
        return not self.refuses and not error_code


def is_refused_stream(error: Exception) -> bool:
    """Return whether an error of httpcore's is a reset that says: not worked on (RFC 9113, 8.7)."""
    event = error.args[0] if error.args else None
    return getattr(event, "error_code", None) == _REFUSED_STREAM and hasattr(event, "stream_id")
