"""Problems of JSON values: where they are, what is wrong, what is allowed."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from ai_lib.types.json import JsonValue, is_list, is_object

_POSITION: Final = re.compile(r" - at `(?:key in )?`?\$([^`]*)`+$")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[(\.\.\.)\]")
_EXPECTED: Final = re.compile(r"Expected (.+?)(?:, got .*)?$", re.DOTALL)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One problem of a JSON value at `pointer` (RFC 6901); `allowed` says what would be valid."""

    pointer: str
    message: str
    allowed: str = ""

    def __str__(self) -> str:
        return f"{self.pointer or 'the whole'}: {self.message}"


def make_pointer(steps: Iterable[object], start: str = "") -> str:
    """Return the JSON pointer of a path of names and positions."""
    escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return start + "".join(f"/{step}" for step in escaped)


def read_problems(
    error: Exception, start: str = "", value: JsonValue = None
) -> tuple[Problem, ...]:
    """Return the problems that msgspec or pydantic reports of a value at `start`.

    pydantic names the alternatives of unions among its steps; those that `value` lacks are no part
    of the pointers.
    """
    text = str(error)
    match = _POSITION.search(text)
    pointer = (
        make_pointer((next(filter(None, step)) for step in _STEP.findall(match[1])), start)
        if match
        else start
    )
    for source in (error, error.__cause__):
        details: Any = getattr(source, "errors", None)
        if callable(details):
            listed: Any = details()
            return tuple(_read_pydantic(detail, pointer, value) for detail in listed)
    message = text[: match.start()] if match else text
    expected = _EXPECTED.search(message)
    allowed = expected[1].replace("`", "") if expected else message
    return (Problem(pointer=pointer, message=message.replace("`", ""), allowed=allowed),)


def _read_pydantic(detail: Any, start: str, value: JsonValue) -> Problem:
    message = str(detail["msg"])
    steps: Sequence[Any] = detail["loc"]
    if value is not None:
        steps = list(_walk(steps, value, is_missing=detail["type"] == "missing"))
    return Problem(pointer=make_pointer(steps, start), message=message, allowed=message)


def _walk(steps: Sequence[Any], value: JsonValue, *, is_missing: bool) -> Iterator[Any]:
    for number, step in enumerate(steps, 1):
        if is_object(value):
            if step in value or (is_missing and number == len(steps)):
                yield step
                value = value.get(step)
        elif is_list(value) and isinstance(step, int):
            yield step
            value = value[step]
