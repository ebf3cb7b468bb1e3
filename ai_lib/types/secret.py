"""Secret text, and the forms in which it may appear."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from functools import lru_cache
from typing import NoReturn
from urllib.parse import quote, quote_plus

from ai_lib.errors.exceptions import PicklingError


class Secret(str):
    """A key: text whose `repr`, which tracebacks and logs show, is `***`.

    No pickle holds it.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, _: object) -> "Secret":
        return self

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise PicklingError(
            "a key is put into no pickle: leave it to the environment of the process that needs "
            "it, or call carry_keys() on the builder that is pickled"
        )


def make_secret(key: object) -> Secret | None:
    """Return a key without the white space around it; None for a blank one, which is no key."""
    text = "" if key is None else str(key).strip()
    return Secret(text) if text else None


@lru_cache(maxsize=64)
def list_secret_forms(secret: str) -> tuple[str, ...]:
    """Return the forms in which a secret may appear, the longest first.

    They are the secret itself, as it is quoted in a URL, and in base64, alone or within other text
    (as in `Basic` credentials).
    """
    forms = {secret, quote_plus(secret), quote(secret, safe="")}
    if len(secret) >= _MIN_BASE64_LENGTH:
        forms.update(_encode_base64_forms(secret.encode()))
    return tuple(sorted(forms, key=len, reverse=True))


# A shorter secret has too few letters in base64 to differ from other text.
_MIN_BASE64_LENGTH = 8


def _encode_base64_forms(secret: bytes) -> Iterator[str]:
    """Yield the letters that depend on the secret alone, after 0, 1 and 2 other bytes (mod 3)."""
    for before in range(3):
        first, end = -(-before * 4 // 3), (before + len(secret)) * 4 // 3
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(bytes(before) + secret)[first:end].decode("ascii")
