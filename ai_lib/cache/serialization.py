"""Cached values as bytes: replies and JSON-like values, checked when they are read."""

import zlib
from typing import Final

import msgspec

from ai_lib.errors.exceptions import CacheError
from ai_lib.types.response import ChatResponse
from ai_lib.types.schema.tuples import with_tuples

# One byte for the form of the whole, one for the kind of value, four for the checksum of kind and
# body: with a damaged kind a reply would come back as a dict.
_FORM: Final = b"2"
_RESPONSE: Final = b"R"
_PLAIN: Final = b"P"
_HEAD: Final = 6

_encoder: Final = msgspec.msgpack.Encoder()
_responses: Final = msgspec.msgpack.Decoder(ChatResponse)
_plain: Final = msgspec.msgpack.Decoder()


def pack(value: object) -> bytes:
    """Return a `ChatResponse`, or a value of JSON's types, as bytes. None is no value.

    Raises:
        CacheError: the value is of another type, or holds something that can't be written.
    """
    kind = _RESPONSE if isinstance(value, ChatResponse) else _PLAIN
    _check(value, kind)
    try:
        body = _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise CacheError(f"this value can't be cached: {error}") from error
    return b"".join((_FORM, kind, _checksum(kind, body), body))


def unpack(packed: bytes) -> object:
    """Return the value that `pack` wrote, equal and of the same type.

    Raises:
        CacheError: these bytes are damaged, or of another version of this library.
    """
    form, kind, body = packed[:1], packed[1:2], packed[_HEAD:]
    if form != _FORM or _checksum(kind, body) != packed[2:_HEAD]:
        raise CacheError("a cached value is damaged, or of another version of this library")
    try:
        return with_tuples(_responses.decode(body)) if kind == _RESPONSE else _plain.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CacheError(f"a cached value can't be read: {error}") from error


def _checksum(kind: bytes, body: bytes) -> bytes:
    return zlib.crc32(body, zlib.crc32(kind)).to_bytes(4, "big")


def _check(value: object, kind: bytes) -> None:
    if value is None or (kind == _PLAIN and not isinstance(value, _KINDS)):
        raise CacheError(
            f"a cache keeps replies and values of JSON's types, not {type(value).__name__}"
        )


_KINDS: Final = (bool, int, float, str, bytes, list, dict)
