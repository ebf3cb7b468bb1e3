"""One thing that is wrong with a JSON value: where it stands, what was found, what is allowed."""

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

_PLACE: Final = re.compile(r" - at `(?:key in )?`?\$([^`]*)`+$")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[(\.\.\.)\]")
_EXPECTED: Final = re.compile(r"Expected (.+?)(?:, got .*)?$", re.DOTALL)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not fit at `pointer` (RFC 6901); `allowed` is what would."""

    pointer: str
    message: str
    allowed: str = ""

    def __str__(self) -> str:
        return f"{self.pointer or 'the whole'}: {self.message}"


def pointer_of(steps: Iterable[object], start: str = "") -> str:
    """Return the JSON pointer of a path of names and positions."""
    escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return start + "".join(f"/{step}" for step in escaped)


def problems_of(error: Exception, start: str = "") -> tuple[Problem, ...]:
    """Return what msgspec or pydantic has against a value that stands at `start`."""
    text = str(error)
    found = _PLACE.search(text)
    place = (
        pointer_of((next(filter(None, step)) for step in _STEP.findall(found[1])), start)
        if (found)
        else start
    )
    for one in (error, error.__cause__):
        details: Any = getattr(one, "errors", None)
        if callable(details):
            listed: Any = details()
            return tuple(_of_pydantic(detail, place) for detail in listed)
    message = text[: found.start()] if found else text
    expected = _EXPECTED.search(message)
    allowed = expected[1].replace("`", "") if expected else message
    return (Problem(pointer=place, message=message.replace("`", ""), allowed=allowed),)


def _of_pydantic(detail: Any, start: str) -> Problem:
    message = str(detail["msg"])
    return Problem(pointer=pointer_of(detail["loc"], start), message=message, allowed=message)
