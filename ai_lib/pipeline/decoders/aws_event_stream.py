"""Decodes binary event streams (`application/vnd.amazon.eventstream`)."""

import struct
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Final, NamedTuple
from zlib import crc32

import msgspec

from ai_lib.errors.exceptions import DecodeError, StreamTruncated
from ai_lib.pipeline.decoders.frame import MAX_FRAME_BYTES, Decoder, Frame

_PRELUDE: Final = 12
_PRELUDE_NUMBERS: Final = struct.Struct(">III")
_OVERHEAD: Final = 16  # the prelude, and the checksum at the end
_MAX_HEADER_BYTES: Final = 128 * 1024
_MAX_KEPT_HEADS: Final = 64
# The bytes of a value by its type; texts and bytes say their length themselves.
_FIXED_SIZES: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_VARIABLE: Final = (6, 7)


class _Head(NamedTuple):
    """What the headers of a frame say: the kind of message, and the name of what it holds."""

    kind: str
    name: str
    message: str = ""


class AwsEventStreamDecoder(Decoder):
    """Splits a binary event stream into its frames; both checksums of each are checked.

    A frame becomes an object with one member: the payload under the event's name, or, of an error,
    `{"exception": {"type": ..., "message": ...}}`. With `unwrap`, the payload's member of that name
    is a JSON document in base64, and that document is the frame.

    A frame that breaks the format ends the stream: nothing after it can be trusted. A frame over
    the bound is refused when its first 12 bytes are there.
    """

    def __init__(
        self, max_frame_bytes: int = MAX_FRAME_BYTES, *, unwrap: str | None = None
    ) -> None:
        super().__init__(max_frame_bytes)
        self._unwrap = unwrap
        self._pending = bytearray()
        self._size = 0  # of the frame that is under way, once its prelude is there
        self._header_size = 0
        self._heads: dict[bytes, _Head] = {}  # all frames of one kind have the same headers

    def _split(self, chunk: bytes, frames: list[Frame]) -> None:
        pending = self._pending
        pending += chunk
        start = 0
        while True:
            if not self._size and len(pending) - start >= _PRELUDE:
                self._read_prelude(pending[start : start + _PRELUDE])
            if not self._size or len(pending) - start < self._size:
                break
            message = bytes(pending[start : start + self._size])
            start += self._size
            self._size = 0
            self._read_message(message, frames)
        del pending[:start]

    def _split_rest(self, frames: list[Frame]) -> None:
        if self._pending:
            raise StreamTruncated(
                f"the stream ended inside a frame, after {len(self._pending)} of its bytes"
            )

    def _read_prelude(self, prelude: bytearray) -> None:
        size, header_size, checksum = _PRELUDE_NUMBERS.unpack(prelude)
        if crc32(prelude[:8]) != checksum:
            raise _build_error("the checksum of its first bytes is wrong", bytes(prelude))
        if header_size > _MAX_HEADER_BYTES or size < header_size + _OVERHEAD:
            problem = f"it has {size} bytes, of which {header_size} are to be headers"
            raise _build_error(problem, bytes(prelude))
        self._check_size(size, "one frame of the stream")
        self._size, self._header_size = size, header_size

    def _read_message(self, message: bytes, frames: list[Frame]) -> None:
        if crc32(message[:-4]) != int.from_bytes(message[-4:], "big"):
            raise _build_error("its checksum is wrong", message)
        header_end = _PRELUDE + self._header_size
        head = self._read_head(message[_PRELUDE:header_end])
        payload = message[header_end:-4]
        if head.kind != "event":
            frames.append(Frame(_write_exception(head, payload)))
        elif self._unwrap is not None:
            frames.append(Frame(self._unwrap_document(payload, self._unwrap)))
        else:
            name = msgspec.json.encode(head.name)
            frames.append(Frame(b"{%b:%b}" % (name, payload.strip() or b"{}")))

    def _read_head(self, block: bytes) -> _Head:
        head = self._heads.get(block)
        if head is None:
            headers = _read_headers(block)
            kind = headers.get(":message-type", "")
            names = {"event": ":event-type", "exception": ":exception-type", "error": ":error-code"}
            if kind not in names:
                raise _build_error(f"it is a message of the type {kind!r}", block)
            head = _Head(kind, headers.get(names[kind], ""), headers.get(":error-message", ""))
            if len(self._heads) < _MAX_KEPT_HEADS:
                self._heads[block] = head
        return head

    def _unwrap_document(self, payload: bytes, member: str) -> bytes:
        try:
            event = msgspec.json.decode(payload)
            return b64decode(event[member], validate=True)
        except (msgspec.DecodeError, KeyError, TypeError, ValueError, Base64Error) as error:
            problem = f"its payload has no JSON document in base64 under {member!r}"
            raise _build_error(problem, payload) from error


def _read_headers(block: bytes) -> dict[str, str]:
    """Return the headers whose values are texts, by name."""
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(block):
            name_end = at + 1 + block[at]
            name = block[at + 1 : name_end].decode()
            value_type, at = block[name_end], name_end + 1
            if value_type in _VARIABLE:
                size, at = int.from_bytes(block[at : at + 2], "big"), at + 2
            else:
                size = _FIXED_SIZES[value_type]
            value, at = block[at : at + size], at + size
            if at > len(block):
                raise IndexError(at)
            if value_type == 7:
                headers[name] = value.decode()
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise _build_error("its headers are malformed", block) from error
    return headers


def _write_exception(head: _Head, payload: bytes) -> bytes:
    """Return an exception or an error as a frame; what its payload says beside is kept."""
    try:
        document: object = msgspec.json.decode(payload) if payload.strip() else {}
    except (msgspec.DecodeError, UnicodeDecodeError):
        document = {"message": payload.decode("utf-8", "replace")}
    members = dict(document) if isinstance(document, dict) else {"message": str(document)}
    if head.message:
        members.setdefault("message", head.message)
    members["type"] = head.name
    return msgspec.json.encode({"exception": members})


def _build_error(problem: str, data: bytes) -> DecodeError:
    excerpt = data[:100].hex(" ", 4)
    return DecodeError(
        f"a frame of the event stream is broken: {problem}; it begins {excerpt}", excerpt=excerpt
    )
