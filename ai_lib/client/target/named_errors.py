"""The errors after which a caller wants the next target asked, although the protocol does not."""

from collections.abc import Collection, Iterable
from typing import Final

from ai_lib.errors import codes
from ai_lib.errors.exceptions import AiLibError, RemoteError
from ai_lib.protocol.dialect.model import ErrorShape

_CONTEXT: Final = "context_length"
_POLICY: Final = "content_policy"
_STANDARD: Final = {
    code.name
    for code in vars(codes).values()
    if isinstance(code, codes.StandardErrorCode) and code is not codes.CANCELLED
}


def check_error_names(names: Iterable[str]) -> frozenset[str]:
    """Return the names of errors.

    Raises:
        ValueError: there is no such error.
        TypeError: it is one text, in place of several.
    """
    if isinstance(names, str):
        raise TypeError(f"a sequence of names is wanted: [{names!r}]")
    all_names = {_CONTEXT, _POLICY, *_STANDARD}
    error_names = frozenset(names)
    for name in error_names:
        if name not in all_names:
            raise ValueError(
                f"no error is named {name!r}; those are {', '.join(sorted(all_names))}"
            )
    return error_names


def is_named(error: AiLibError, names: Collection[str], shape: ErrorShape) -> bool:
    """Whether an error is one of those named."""
    if error.standard_code.name in names:
        return True
    if _CONTEXT in names and error.standard_code is codes.REQUEST_TOO_LARGE:
        return True
    if _POLICY not in names or not isinstance(error, RemoteError):
        return False
    words = {str(word).lower() for word in (error.code, error.type) if word}
    return not words.isdisjoint(word.lower() for word in shape.content_policy)
