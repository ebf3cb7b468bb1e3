"""Sets values at dotted paths of a body, and merges fragments into it."""

from collections.abc import Mapping

from ai_lib.errors.exceptions import RequestError
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.query.path import MISSING
from ai_lib.types.json import JsonDict, JsonObject

Body = JsonDict


def set_path(body: Body, path: str, value: object) -> None:
    """Set `value` at a dotted path such as `generationConfig.topP`, and create missing objects.

    Raises RequestError when a value on the path is no object.
    """
    *parents, last = path.split(".")
    node = body
    for name in parents:
        inner = node.setdefault(name, {})
        if not isinstance(inner, dict):
            raise RequestError(f"{path!r} can't be set: {name!r} already holds a value")
        node = inner
    node[last] = _copy_objects(value)


def merge(body: Body, fragment: JsonObject) -> None:
    """Merge `fragment` into `body`, object by object; later values win."""
    for name, value in fragment.items():
        old = body.get(name)
        if isinstance(old, dict) and isinstance(value, Mapping):
            merge(old, value)
        else:
            body[name] = _copy_objects(value)


def merge_filled(body: Body, fragment: JsonObject, values: Mapping[str, object]) -> None:
    """Merge a fragment into `body`, its placeholders filled."""
    filled = fill_template(dict(fragment), values)
    if filled is not MISSING and isinstance(filled, dict):
        merge(body, filled)


def _copy_objects(value: object) -> object:
    """Copy objects, so that a later merge does not change the manifest's."""
    if not isinstance(value, Mapping):
        return value
    return {name: _copy_objects(member) for name, member in value.items()}
