"""Body fragments: setting dotted places and merging what options add."""

from collections.abc import Mapping

from ai_lib.errors.exceptions import RequestError
from ai_lib.types.json import JsonDict, JsonObject

Body = JsonDict


def put(body: Body, place: str, value: object) -> None:
    """Set `value` at a dotted place such as `generationConfig.topP`, making objects on the way.

    Raises RequestError when something that is no object stands in the way.
    """
    *way, last = place.split(".")
    node = body
    for name in way:
        inner = node.setdefault(name, {})
        if not isinstance(inner, dict):
            raise RequestError(f"{place!r} can't be set: {name!r} already holds a value")
        node = inner
    node[last] = _own(value)


def merge(body: Body, fragment: JsonObject) -> None:
    """Merge `fragment` into `body`, object by object; later values win."""
    for name, value in fragment.items():
        old = body.get(name)
        if isinstance(old, dict) and isinstance(value, Mapping):
            merge(old, value)
        else:
            body[name] = _own(value)


def _own(value: object) -> object:
    """Copy objects: what a manifest says stays as it is when something is merged over it."""
    if not isinstance(value, Mapping):
        return value
    return {name: _own(one) for name, one in value.items()}
