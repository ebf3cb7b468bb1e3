"""Separates the calls in a text from the rest of it, however it is cut into pieces."""

from typing import Final

from ai_lib.pipeline.text_calls.call import TextCall, TextCallContext
from ai_lib.pipeline.text_calls.elements import ENDING
from ai_lib.pipeline.text_calls.openings import (
    LONGEST_CLOSING,
    WRAPPER,
    OpeningTag,
    find_opening,
    find_partial_opening,
    judge_bare,
    read_offered_json,
)
from ai_lib.pipeline.text_calls.python_calls import read_python_calls

_MOST_CALLS: Final = 128
_MOST_BLANKS: Final = 256  # held back, in case a call follows
_MOST_UNDECIDED: Final = 8192  # characters of a code block that may yet turn out to be no call


def _read_nothing(body: str, context: TextCallContext) -> list[TextCall]:
    del body, context
    return []


_BARE: Final = OpeningTag(0, 0, (), True, _read_nothing)  # a whole text that seems to be a call


class TextCallReader:
    """Reads the text of one candidate.

    Text is given back as soon as it is none of a call for sure; white space at its end only when
    more text follows. What follows the first call is given back at the end, as are the calls.
    """

    def __init__(self, context: TextCallContext) -> None:
        self.calls: list[TextCall] = []
        self._context = context
        self._text = ""  # not given back yet
        self._pieces: list[str] = []  # of what may be a call, from its opening on
        self._opening: OpeningTag | None = None
        self._size = 0  # of those pieces
        self._may_be_bare = context.lenient and bool(context.offered)
        self._given_length = 0
        self._reads_to_end = context.lenient
        self._after: list[str] = []
        self._received: list[str] = []
        self._unclosed: set[str] = set()

    @property
    def received(self) -> str:
        """All text so far, with the calls in it."""
        return "".join(self._received)

    def feed(self, piece: str) -> str:
        """Take a piece of the text; return what is none of a call for sure."""
        self._received.append(piece)
        if self._opening is None:
            return self._scan(self._text + piece)
        self._pieces.append(piece)
        self._size += len(piece)
        if not self._may_close(self._opening, piece):
            return ""
        return self._scan(self._take_pieces())

    def flush(self) -> str:
        """Return all that was not given back, as text: what was fed has no call then."""
        text = self.received[self._given_length :]
        self._given_length += len(text)
        self._take_pieces()
        self._text, self.calls, self._after = "", [], []
        return text

    def end(self) -> str:
        """End the text; return what is left of it without the calls."""
        text = self._take_pieces()
        self._text = ""
        if self._may_be_bare:
            text = self._read_bare(text)
        remaining = self._scan(text, at_end=True)
        after = WRAPPER.sub("", "".join(self._after)).rstrip()
        return remaining + (after if self._given_length else after.lstrip())

    def _take_pieces(self) -> str:
        text = self._text + "".join(self._pieces)
        self._pieces, self._opening = [], None
        return text

    def _may_close(self, opening: OpeningTag, piece: str) -> bool:
        if opening.may_begin is not None and self._size < _MOST_UNDECIDED:
            return True
        tail = "".join(self._pieces[-LONGEST_CLOSING:])[-len(piece) - LONGEST_CLOSING :]
        return any(closing in tail for closing in opening.closings)

    def _scan(self, text: str, *, at_end: bool = False) -> str:
        released: list[str] = []
        position = 0
        if self._may_be_bare and not at_end:
            verdict = judge_bare(text, self._context)
            if len(text) - len(text.lstrip()) > _MOST_BLANKS:
                verdict = "no"
            if verdict == "yes":
                self._hold(_BARE, text)
                return ""
            if verdict == "open":
                self._text = text
                return ""
            self._may_be_bare = False
        while len(self.calls) < _MOST_CALLS:
            opening = find_opening(text, position, self._context)
            if opening is None:
                break
            end, close = self._find_end(opening, text, at_end)
            if end < 0 and not at_end and self._is_plausible(opening, text):
                kept_end = _trim(text, position, opening.start)
                self._release(released, text[position:kept_end])
                self._hold(opening, text[kept_end:])
                return "".join(released)
            if end < 0:
                self._release(released, text[position : opening.end])
                position = opening.end
                continue
            calls = opening.read(text[opening.end : end], self._context)
            if calls:
                kept_end = opening.start if self.calls else _trim(text, position, opening.start)
                self._release(released, text[position:kept_end])
                self.calls += calls
            elif close == 0:
                end, self._reads_to_end = opening.end, False
                self._release(released, text[position:end])
            else:
                self._release(released, text[position : end + close])
            position = end + close
        end = len(text) if at_end else find_partial_opening(text, self._context)
        kept_end = _trim(text, position, max(end, position)) if not at_end else len(text)
        if end - kept_end > _MOST_BLANKS:
            kept_end = end
        self._release(released, text[position:kept_end])
        self._text = text[kept_end:]
        return "".join(released)

    def _hold(self, opening: OpeningTag, text: str) -> None:
        self._opening, self._pieces, self._text, self._size = opening, [text], "", len(text)

    def _is_plausible(self, opening: OpeningTag, text: str) -> bool:
        judge = opening.may_begin
        return judge is None or judge(text[opening.end :], self._context) != "no"

    def _release(self, released: list[str], text: str) -> None:
        if text and self.calls:
            self._after.append(text)
        elif text:
            self._given_length += len(text)
            released.append(text)

    def _find_end(self, opening: OpeningTag, text: str, at_end: bool) -> tuple[int, int]:
        """Return where what was opened ends, and the length of what ends it; -1 where it does not.

        An element may be closed by the end of another kind of call, where the text has ended.
        """
        ends = [
            (end, len(closing))
            for closing in opening.closings
            if closing not in self._unclosed and (end := text.find(closing, opening.end)) >= 0
        ]
        if ends:
            return min(ends)
        if not at_end:
            return -1, 0
        self._unclosed.update(opening.closings)
        if opening.is_element and self._context.lenient and ENDING.pattern not in self._unclosed:
            if other := ENDING.search(text, opening.end):
                return other.start(), len(other[0])
            self._unclosed.add(ENDING.pattern)
        return (len(text), 0) if opening.to_end and self._reads_to_end else (-1, 0)

    def _read_bare(self, text: str) -> str:
        """Take the calls of a text that is nothing else; return the text where it is not."""
        for read in (read_offered_json, read_python_calls):
            self.calls += read(text, self._context)
            if self.calls:
                return ""
        return text


def _trim(text: str, start: int, end: int) -> int:
    """Return where a part of a text ends without the white space and wrappers at its end."""
    part = text[start:end]
    while True:
        part = part.rstrip()
        opening = part.rfind("<")
        wrapper = WRAPPER.match(part, opening) if opening >= 0 else None
        if wrapper is None or wrapper.end() != len(part):
            return start + len(part)
        part = part[:opening]
