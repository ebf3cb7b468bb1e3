"""Writes commands and reads replies in RESP 2, the protocol of Redis and Valkey."""

from collections.abc import Generator, Sequence
from typing import Final

from ai_lib.errors.exceptions import SharedStateError

Argument = bytes | str | int

# A server that announces more than this in one reply is no server of ours.
_MAX_BULK: Final = 512 * 1024 * 1024
_MAX_LINE: Final = 64 * 1024
_MAX_ITEMS: Final = 1_000_000
_MAX_DEPTH: Final = 16


class ProtocolViolation(Exception):
    """The server sent what is no RESP 2."""


class ErrorReply(SharedStateError):
    """The server refused a command; `kind` is the first word, such as NOSCRIPT or MOVED."""

    def __init__(self, text: str) -> None:
        super().__init__(f"the server refused a command: {text}")
        self.text = text
        self.kind, _, self.rest = text.partition(" ")


Reply = bytes | int | None | list[object] | ErrorReply


def encode(arguments: Sequence[Argument]) -> bytes:
    """Return one command as bytes."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        octets = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(octets), octets))
    return b"".join(parts)


class RespParser:
    """Reads replies from bytes as they come: `feed` them, and `take` a reply once it is whole.

    Raises:
        ProtocolViolation: the bytes are no RESP 2.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._position = 0
        self._reading = self._read_reply(0)
        self._is_started = False
        self._replies: list[Reply] = []

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._buffer += chunk
        while True:
            try:
                if self._is_started:
                    self._reading.send(None)
                else:
                    self._is_started = True
                    next(self._reading)
                return
            except StopIteration as end:
                self._replies.append(end.value)
                del self._buffer[: self._position]
                self._position = 0
                self._reading, self._is_started = self._read_reply(0), False
                if not self._buffer:
                    return

    @property
    def has_reply(self) -> bool:
        """Whether a whole reply can be taken."""
        return bool(self._replies)

    def take(self) -> Reply:
        """Return the next whole reply."""
        return self._replies.pop(0)

    def _read_reply(self, depth: int) -> Generator[None, None, Reply]:
        line = yield from self._read_line()
        mark, text = line[:1], line[1:]
        if mark == b"+":
            return text
        if mark == b"-":
            return ErrorReply(text.decode("utf-8", "replace"))
        if mark not in (b":", b"$", b"*"):
            raise ProtocolViolation(f"a reply can't begin with {bytes(line[:20])!r}")
        number = _parse_int(text)
        if mark == b":":
            return number
        if number == -1:
            return None
        if mark == b"$":
            return (yield from self._read_bulk(number))
        return (yield from self._read_array(number, depth))

    def _read_bulk(self, size: int) -> Generator[None, None, bytes]:
        if not 0 <= size <= _MAX_BULK:
            raise ProtocolViolation(f"a text of {size} bytes")
        end = self._position + size
        while len(self._buffer) < end + 2:
            yield
        if self._buffer[end : end + 2] != b"\r\n":
            raise ProtocolViolation("a text does not end where it should")
        octets = bytes(self._buffer[self._position : end])
        self._position = end + 2
        return octets

    def _read_array(self, count: int, depth: int) -> Generator[None, None, list[object]]:
        if not 0 <= count <= _MAX_ITEMS or depth >= _MAX_DEPTH:
            raise ProtocolViolation(f"a list of {count} items at depth {depth}")
        items: list[object] = []
        while len(items) < count:
            items.append((yield from self._read_reply(depth + 1)))
        return items

    def _read_line(self) -> Generator[None, None, bytes]:
        while (end := self._buffer.find(b"\r\n", self._position)) < 0:
            if len(self._buffer) - self._position > _MAX_LINE:
                raise ProtocolViolation("a line does not end")
            yield
        line = bytes(self._buffer[self._position : end])
        self._position = end + 2
        return line


def _parse_int(text: bytes) -> int:
    try:
        return int(text)
    except ValueError:
        raise ProtocolViolation(f"{text[:20]!r} is no number") from None


_CRC_TABLE: Final = [0] * 256
for _octet in range(256):
    _crc = _octet << 8
    for _ in range(8):
        _crc = (_crc << 1 ^ 0x1021 if _crc & 0x8000 else _crc << 1) & 0xFFFF
    _CRC_TABLE[_octet] = _crc


def key_slot(key: str) -> int:
    """Return the slot (0 to 16383) that a cluster keeps a key in, by its hash tag if it has one."""
    start = key.find("{")
    end = key.find("}", start + 1)
    tag = key[start + 1 : end] if 0 <= start < end - 1 else key
    crc = 0
    for octet in tag.encode():
        crc = (crc << 8 & 0xFFFF) ^ _CRC_TABLE[crc >> 8 ^ octet]
    return crc % 16384
