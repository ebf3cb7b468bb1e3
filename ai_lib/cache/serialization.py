"""Converts cached values to bytes and back: responses and JSON-like values, with a checksum."""

import zlib
from typing import Final

import msgspec

from ai_lib.errors.exceptions import CacheError
from ai_lib.types.response import ChatResponse
from ai_lib.types.schema.tuples import restore_tuples

# One byte for the format's version, one for the kind of value, four for the checksum of kind and
# body: with a damaged kind a response would be read as a dict.
_VERSION: Final = b"2"
_RESPONSE: Final = b"R"
_PLAIN: Final = b"P"
_HEADER_SIZE: Final = 6

_encoder: Final = msgspec.msgpack.Encoder()
_responses: Final = msgspec.msgpack.Decoder(ChatResponse)
_plain: Final = msgspec.msgpack.Decoder()


def pack(value: object) -> bytes:
    """Return a `ChatResponse`, or a value of JSON's types, as bytes. None can't be cached.

    Raises:
        CacheError: the value is of another type, or can't be encoded.
    """
    kind = _RESPONSE if isinstance(value, ChatResponse) else _PLAIN
    _check(value, kind)
    try:
        body = _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise CacheError(f"this value can't be cached: {error}") from error
    return b"".join((_VERSION, kind, _checksum(kind, body), body))


def unpack(packed: bytes) -> object:
    """Return the value given to `pack`, equal and of the same type.

    Raises:
        CacheError: these bytes are damaged, or of another version of this library.
    """
    version, kind, body = packed[:1], packed[1:2], packed[_HEADER_SIZE:]
    if version != _VERSION or _checksum(kind, body) != packed[2:_HEADER_SIZE]:
        raise CacheError("a cached value is damaged, or of another version of this library")
    try:
        return restore_tuples(_responses.decode(body)) if kind == _RESPONSE else _plain.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CacheError(f"a cached value can't be read: {error}") from error


def _checksum(kind: bytes, body: bytes) -> bytes:
    return zlib.crc32(body, zlib.crc32(kind)).to_bytes(4, "big")


def _check(value: object, kind: bytes) -> None:
    if value is None or (kind == _PLAIN and not isinstance(value, _KINDS)):
        raise CacheError(
            f"a cache stores responses and values of JSON's types, not {type(value).__name__}"
        )


_KINDS: Final = (bool, int, float, str, bytes, list, dict)
