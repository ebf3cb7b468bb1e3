"""Checks the output of a model against a schema or a type."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec

from ai_lib.errors.exceptions import InvalidOutput
from ai_lib.structured.output_type import OutputShape, SchemaMismatch
from ai_lib.types.json import JsonValue
from ai_lib.types.problem import Problem

T = TypeVar("T")

_MOST_PROBLEMS: Final = 20
_MOST_LETTERS: Final = 500
_MOST_CHARACTERS: Final = 1_900  # with the words around them, below 2,000


class OutputResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a check; true when the output is valid.

    `data` is the decoded JSON, `value` the same as a value of the type; `problems` says what is
    wrong and where.
    """

    valid: bool
    value: Any = None
    data: JsonValue = None
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[str, ...]:
        """The problems as texts."""
        return tuple(map(str, self.problems))

    def __bool__(self) -> bool:
        return self.valid


class OutputValidator:
    """Checks output against a type, a JSON Schema, or a `SchemaGenerator`; None takes any JSON.

    The JSON may be in a code fence or in prose. Without `strict`, numbers and booleans of a type
    may be strings.

    Raises:
        TypeError: the type has no schema.
    """

    def __init__(self, schema: object = None, *, strict: bool = True) -> None:
        self._strict = strict
        self._shape = OutputShape.of({} if schema is None else schema, strict=strict)

    def validate(self, output: JsonValue) -> OutputResult:
        """Check text, or decoded JSON."""
        return _check(self._shape, output)

    def validate_or_raise(self, output: JsonValue) -> JsonValue:
        """Check, and return the decoded JSON.

        Raises:
            InvalidOutput: the output does not fit.
        """
        return _check_or_raise(self._shape, output).data

    def parse(self, output: JsonValue, kind: type[T]) -> T:
        """Check, and return the output as a value of a type.

        Raises:
            InvalidOutput: the output does not fit the validator's schema or the type.
            TypeError: the type has no schema.
        """
        data = self.validate_or_raise(output)
        value: T = _check_or_raise(OutputShape.of(kind, strict=self._strict), data, output).value
        return value


def _check(shape: OutputShape[Any], output: JsonValue) -> OutputResult:
    try:
        if isinstance(output, str):
            value, data = shape.read_text(output)
        else:
            value, data = shape.read(output), output
    except SchemaMismatch as error:
        return OutputResult(valid=False, problems=error.problems)
    return OutputResult(valid=True, value=value, data=data)


def _check_or_raise(
    shape: OutputShape[Any], output: JsonValue, raw: JsonValue = None
) -> OutputResult:
    result = _check(shape, output)
    if not result:
        raw = output if raw is None else raw
        text = raw if isinstance(raw, str) else msgspec.json.encode(raw).decode()
        raise make_invalid_output(result.problems, text)
    return result


def summarize_problems(problems: Sequence[str]) -> str:
    """Return at most 20 problems in at most 2,000 characters; it says how many more there are."""
    listed: list[str] = []
    size = 0
    for problem in problems[:_MOST_PROBLEMS]:
        text = problem if len(problem) <= _MOST_LETTERS else f"{problem[:_MOST_LETTERS]}..."
        size += len(text) + 2
        if size > _MOST_CHARACTERS:
            break
        listed.append(text)
    if len(listed) < len(problems):
        listed.append(f"and {len(problems) - len(listed)} more")
    return "; ".join(listed)


def make_invalid_output(problems: tuple[Problem, ...], raw: str, asks: int = 0) -> InvalidOutput:
    """Return the error for an answer with these problems, after so many asks."""
    texts = [str(problem) for problem in problems]
    times = f" after {asks} asks" if asks > 1 else ""
    return InvalidOutput(
        f"the output does not fit its schema{times}: {summarize_problems(texts)}",
        raw=raw,
        pointer=problems[0].pointer,
        allowed=problems[0].allowed,
        problems=texts,
    )
