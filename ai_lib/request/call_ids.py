"""Makes ids of tool calls for providers that do not take those of others."""

import hashlib
import string
from typing import Final

_DIGITS: Final = string.digits + string.ascii_letters


def make_call_id(call_id: str, length: int) -> str:
    """Return letters and digits that follow from an id: the same for the same one, always."""
    number = int.from_bytes(hashlib.sha256(call_id.encode("utf-8", "replace")).digest(), "big")
    new_id = ""
    while len(new_id) < length:
        number, digit = divmod(number, len(_DIGITS))
        new_id += _DIGITS[digit]
    return new_id
