"""Names for calls."""

from os import urandom


def new_id() -> str:
    """Return a random UUID, version 4 (RFC 9562), as text; `uuid` makes the same at more cost."""
    drawn = bytearray(urandom(16))
    drawn[6] = drawn[6] & 0x0F | 0x40
    drawn[8] = drawn[8] & 0x3F | 0x80
    text = drawn.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
