"""The text of a manifest, YAML 1.2 or JSON, read into a plain and bounded JSON value."""

import datetime
import json
from collections.abc import Iterable
from typing import Final, NoReturn

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.types.json import JsonDict, JsonValue

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 48
# Aliases of YAML share what they name, so a short text can stand for a value without end.
MAX_NODES: Final = 100_000
_LARGEST: Final = 2**63


def read_text(text: str, source: str) -> JsonValue:
    """Return the document in `text`: JSON when `source` ends in `.json`, else YAML 1.2.

    Keys become strings and dates ISO 8601 text, as JSON would write them.

    Raises:
        ProtocolError: it does not parse (with line and column), names a key twice, is larger or
            nested deeper than any manifest, or holds what JSON can't.
    """
    if len(text) > MAX_BYTES:
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
    """Return a copy of `value` that JSON could write, or raise ProtocolError saying why not."""
    return _JsonBuilder(source).copy(value, 0)


class _Refusal(Exception):
    """The text can't be used; the message says why."""


def _read_json(text: str) -> object:
    return json.loads(text, object_pairs_hook=_build_object, parse_constant=_refuse_constant)


def _build_object(pairs: Iterable[tuple[str, object]]) -> JsonDict:
    found: JsonDict = {}
    for key, value in pairs:
        if key in found:
            raise _Refusal(f"names the key {key!r} twice in one object")
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _Refusal(f"holds {name}, which is not JSON")


def _read_yaml(text: str, source: str) -> object:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False  # YAML 1.2 lets an anchor be used again
    try:
        value: object = yaml.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        reason = str(error.problem or error.context).strip().partition("\n")[0]
        raise _build_error(source, f"{place}{reason}") from error
    except YAMLError as error:
        reason = str(error).strip().partition("\n")[0]
        raise _build_error(source, f"is not YAML: {reason}") from error
    except (TypeError, AttributeError, LookupError, AssertionError, ArithmeticError) as error:
        # What the parser's own constructors raise for scalars they half understand.
        raise _build_error(source, f"holds a value that YAML does not know: {error}") from error
    return value


class _JsonBuilder:
    """Copies a value, counting what it copies."""

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
            return {self._key(key): self.copy(item, depth + 1) for key, item in list(value.items())}
        if isinstance(value, list | tuple):
            return [self.copy(item, depth + 1) for item in value]
        return self._scalar(value)

    def _key(self, key: object) -> str:
        found = self._scalar(key)
        if isinstance(found, str):
            return found
        if found is None or isinstance(found, bool):
            return json.dumps(found)
        return str(found)

    def _scalar(self, value: object) -> str | int | float | bool | None:
        if isinstance(value, str):
            return self._text(value)
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

    def _text(self, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _build_error(self._source, "holds half of a surrogate pair") from None
        return str(value)


def _describe_type(value: object) -> str:
    return f"a value of type {type(value).__name__}"


def _build_error(source: str, reason: str) -> ProtocolError:
    return ProtocolError(f"{source}: {reason}", source=source)
