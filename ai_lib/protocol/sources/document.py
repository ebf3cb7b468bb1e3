"""Reads the text of a manifest, YAML 1.2 or JSON, into a JSON value of bounded size."""

import datetime
import json
from collections.abc import Callable, Iterable
from time import thread_time  # noqa: TID251 (the parser has no caller that could stop it)
from typing import Any, Final, NoReturn

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.types.json import JsonDict, JsonValue

MAX_BYTES: Final = 1024 * 1024
MAX_SECONDS: Final = 5.0
MAX_DEPTH: Final = 48
# YAML aliases share their value, so a short text can stand for an endless value.
MAX_NODES: Final = 100_000
_LARGEST: Final = 2**63


def read_text(text: str, source: str) -> JsonValue:
    """Return the document in `text`: JSON when `source` ends in `.json`, else YAML 1.2.

    Keys become strings and dates ISO 8601 text, as JSON would write them.

    Raises:
        ProtocolError: the text does not parse (the message has line and column), has a key twice,
            is larger or nested deeper than any manifest, takes longer than 5 s to read, or holds a
            value that JSON can't.
    """
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise _build_error(source, f"is larger than {MAX_BYTES} bytes")
    try:
        loaded = _read_json(text) if is_json(source) else _read_yaml(text, source)
    except _Refusal as error:
        raise _build_error(source, str(error)) from None
    except ValueError as error:
        raise _build_error(source, f"can't be read: {error}") from error
    except RecursionError:
        raise _build_error(source, f"is nested deeper than {MAX_DEPTH} levels") from None
    return copy_as_json(loaded, source)


def is_json(source: str) -> bool:
    """Whether a file or address of that name holds JSON rather than YAML."""
    return source.partition("#")[0].endswith(".json")


def copy_as_json(value: object, source: str) -> JsonValue:
    """Return a copy of `value` that JSON can write.

    Raises ProtocolError when it holds a value that JSON can't, or is too large or too deep.
    """
    return _JsonBuilder(source).copy(value, 0)


class _Refusal(Exception):
    """Raised inside a parser when the text can't be used; the message says why."""


def _read_json(text: str) -> object:
    return json.loads(text, object_pairs_hook=_build_object, parse_constant=_refuse_constant)


def _build_object(pairs: Iterable[tuple[str, object]]) -> JsonDict:
    object_value: JsonDict = {}
    for key, value in pairs:
        if key in object_value:
            raise _Refusal(f"names the key {key!r} twice in one object")
        object_value[key] = value
    return object_value


def _refuse_constant(name: str) -> NoReturn:
    raise _Refusal(f"holds {name}, which is not JSON")


def _read_yaml(text: str, source: str) -> object:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False  # YAML 1.2 lets an anchor be used again
    _limit_time(yaml)
    try:
        value: object = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        position = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        reason = str(error.problem or error.context).strip().partition("\n")[0]
        raise _build_error(source, f"{position}{reason}") from error
    except YAMLError as error:
        reason = str(error).strip().partition("\n")[0]
        raise _build_error(source, f"is not YAML: {reason}") from error
    except (TypeError, AttributeError, LookupError, AssertionError, ArithmeticError) as error:
        # The parser's own constructors raise these for scalars that look like another type.
        raise _build_error(source, f"holds a value that YAML does not know: {error}") from error
    return value


def _limit_time(yaml: Any) -> None:
    """Make the parser raise `_Refusal` once it has taken longer than any manifest."""
    from ruamel.yaml.scanner import Scanner

    ends_at = thread_time() + MAX_SECONDS  # a busy machine is no slow manifest

    def limit(function: Callable[..., Any]) -> Callable[..., Any]:
        def call_in_time(*arguments: Any, **options: Any) -> Any:
            if thread_time() > ends_at:
                raise _Refusal(f"takes longer than {MAX_SECONDS:g} s to read")
            return function(*arguments, **options)

        return call_in_time

    for part, kind, names in (
        ("Scanner", Scanner, ("fetch_more_tokens",)),
        ("Constructor", yaml.Constructor, ("construct_object", "flatten_mapping")),
    ):
        limited_methods = {name: limit(getattr(kind, name)) for name in names}
        setattr(yaml, part, type(part, (kind,), limited_methods))


class _JsonBuilder:
    """Copies a value and counts the values in it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._left = MAX_NODES

    def copy(self, value: object, depth: int) -> JsonValue:
        self._left -= 1
        if self._left < 0:
            raise _build_error(self._source, f"has more than {MAX_NODES} values")
        if depth > MAX_DEPTH:
            raise _build_error(self._source, f"is nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, dict):
            return {
                self._convert_key(key): self.copy(item, depth + 1)
                for key, item in list(value.items())
            }
        if isinstance(value, list | tuple):
            return [self.copy(item, depth + 1) for item in value]
        return self._convert_scalar(value)

    def _convert_key(self, key: object) -> str:
        scalar = self._convert_scalar(key)
        if isinstance(scalar, str):
            return scalar
        if scalar is None or isinstance(scalar, bool):
            return json.dumps(scalar)
        return str(scalar)

    def _convert_scalar(self, value: object) -> str | int | float | bool | None:
        if isinstance(value, str):
            return self._check_text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int) and -_LARGEST <= value < _LARGEST:
            return int(value)
        if isinstance(value, float) and value - value == 0:
            return float(value)
        if isinstance(value, datetime.date):
            return value.isoformat()
        kind = "a number out of range" if isinstance(value, int | float) else _describe_type(value)
        raise _build_error(self._source, f"holds {kind}, which has no place in a manifest")

    def _check_text(self, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _build_error(self._source, "holds half of a surrogate pair") from None
        return str(value)


def _describe_type(value: object) -> str:
    return f"a value of type {type(value).__name__}"


def _build_error(source: str, reason: str) -> ProtocolError:
    return ProtocolError(f"{source}: {reason}", source=source)
