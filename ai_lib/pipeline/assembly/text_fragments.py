"""Joins the halves of characters that a provider split over two frames.

JSON escapes a character beyond the basic plane as two halves; a server that cuts its text between
them sends each as a string of its own, and neither is text.
"""

import re
from typing import Final

from ai_lib.errors.exceptions import DecodeError

_HALF: Final = re.compile("[\ud800-\udfff]")


class SurrogateJoiner:
    """Keeps what is half a character until the other half comes. True while it keeps any.

    `place` says which run of text a piece is of.
    """

    def __init__(self) -> None:
        self._halves: dict[object, str] = {}

    def __bool__(self) -> bool:
        return bool(self._halves)

    def join(self, place: object, text: str) -> str:
        """Return the text that is whole by now.

        Raises DecodeError for a half that nothing matches.
        """
        if self._halves:
            text = self._halves.pop(place, "") + text
        if not has_half(text):
            return text
        if "\ud800" <= text[-1] <= "\udbff":
            self._halves[place], text = text[-1], text[:-1]
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError as error:
            raise _broken(text) from error

    def close(self) -> None:
        """Say that the texts have ended. Raises DecodeError when half a character is left."""
        for half in self._halves.values():
            raise _broken(half)


def has_half(text: str) -> bool:
    """Whether half a character stands anywhere in the text."""
    return not text.isascii() and _HALF.search(text) is not None


def _broken(text: str) -> DecodeError:
    excerpt = text[:200].encode("unicode-escape").decode("ascii")
    return DecodeError(f"the answer holds half a character: {excerpt!r}", excerpt=excerpt)


class CumulativeText:
    """Knows what was said, and so what is new. Cost is linear in the bytes received."""

    def __init__(self) -> None:
        self._said = ""

    def news(self, total: str) -> str:
        """Return what `total` adds to what was said; a part of that, said again, adds nothing.

        Raises DecodeError when it is something else: what was given out can't be taken back.
        """
        if total.startswith(self._said):
            new, self._said = total[len(self._said) :], total
            return new
        if self._said.startswith(total):
            return ""
        raise DecodeError(
            f"the answer changed what it had said, to {total[:200]!r}", excerpt=total[:200]
        )
