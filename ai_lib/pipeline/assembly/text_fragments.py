"""Joins the texts of frames: halves of characters, and texts that repeat what came before.

JSON escapes a character beyond the basic plane as two surrogates, its halves. A server that cuts
its text between them sends each in a string of its own, and neither is text. Other servers send
all text so far with every frame.
"""

import re
from typing import Final

from ai_lib.errors.exceptions import DecodeError

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class SurrogateJoiner:
    """Holds half a character until the other half comes. True while it holds any.

    `text_key` identifies the text that a piece belongs to.
    """

    def __init__(self) -> None:
        self._halves: dict[object, str] = {}

    def __bool__(self) -> bool:
        return bool(self._halves)

    def join(self, text_key: object, text: str) -> str:
        """Return the complete characters so far. Raises DecodeError for half a character alone."""
        if self._halves:
            text = self._halves.pop(text_key, "") + text
        if not has_surrogate(text):
            return text
        if "\ud800" <= text[-1] <= "\udbff":
            self._halves[text_key], text = text[-1], text[:-1]
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError as error:
            raise _surrogate_error(text) from error

    def close(self) -> None:
        """End the texts. Raises DecodeError when half a character is left."""
        for half in self._halves.values():
            raise _surrogate_error(half)


def has_surrogate(text: str) -> bool:
    """Say whether the text holds half a character."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def _surrogate_error(text: str) -> DecodeError:
    excerpt = text[:200].encode("unicode-escape").decode("ascii")
    return DecodeError(f"the response holds half a character: {excerpt!r}", excerpt=excerpt)


class CumulativeText:
    """Finds what is new in texts that repeat all text so far.

    Cost is linear in the bytes received.
    """

    def __init__(self) -> None:
        self._text = ""

    def delta(self, total: str) -> str:
        """Return what `total` adds to the text so far; a beginning of that adds nothing.

        Raises DecodeError when it is a different text: emitted text can't be taken back.
        """
        if total.startswith(self._text):
            new, self._text = total[len(self._text) :], total
            return new
        if self._text.startswith(total):
            return ""
        raise DecodeError(
            f"the response changed its earlier text, to {total[:200]!r}", excerpt=total[:200]
        )
