"""Text that is not to be shown."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus


class Secret(str):
    """A key: text like any other, but for its `repr`, which is what tracebacks and logs show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


@lru_cache(maxsize=64)
def forms_of(secret: str) -> tuple[str, ...]:
    """Return a secret as it may be said back, the longest first: as it is, as it stands in an
    address, and in base64, alone or in the middle of something (as `Basic` credentials are).
    """
    found = {secret, quote_plus(secret), quote(secret, safe="")}
    if len(secret) >= _ENCODED:
        found.update(_in_base64(secret.encode()))
    return tuple(sorted(found, key=len, reverse=True))


# What is shorter has too few letters in base64 to be told from other text.
_ENCODED = 8


def _in_base64(secret: bytes) -> Iterator[str]:
    """Give the letters that depend on the secret alone, after 0, 1 and 2 other bytes (mod 3)."""
    for before in range(3):
        first, end = -(-before * 4 // 3), (before + len(secret)) * 4 // 3
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(bytes(before) + secret)[first:end].decode("ascii")
