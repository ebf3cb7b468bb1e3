"""What is kept comes back equal and of the same type."""

import pytest

from ai_lib.cache import pack, unpack
from ai_lib.errors import CacheError
from ai_lib.types import ChatResponse
from tests.cache.samples import reply


def test_a_reply_comes_back_equal_with_its_opaque_state() -> None:
    known = reply()
    found = unpack(pack(known))
    assert type(found) is ChatResponse
    assert found == known
    assert found.to_message() == known.to_message()
    assert found.raw_response == known.raw_response
    assert isinstance(found.candidates, tuple)
    assert isinstance(found.unknown_frames[1], list)


@pytest.mark.parametrize("value", ["text", 1, 1.5, True, [1, [2]], {"a": [None]}, b"bytes", ""])
def test_plain_values_come_back_equal(value: object) -> None:
    found = unpack(pack(value))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("value", [None, object(), 2**80, "\ud800", lambda: 1, {"a": object()}])
def test_what_can_not_be_kept_is_refused_and_never_kept_as_its_repr(value: object) -> None:
    with pytest.raises(CacheError, match=r"cache"):
        pack(value)


def test_every_damaged_byte_is_noticed() -> None:
    packed = pack(reply())
    for place in range(len(packed)):
        damaged = bytearray(packed)
        damaged[place] ^= 0x40
        with pytest.raises(CacheError):
            unpack(bytes(damaged))
    for short in (b"", b"1", packed[:6], packed[:-1]):
        with pytest.raises(CacheError):
            unpack(short)
