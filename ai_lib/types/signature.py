"""A Python function's signature as the JSON Schema of a tool."""

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import msgspec

from ai_lib.types.json import JsonDict, JsonObject


def describe(function: Callable[..., object]) -> str | None:
    """Return the first paragraph of a function's docstring, on one line."""
    doc = inspect.getdoc(function)
    return doc.split("\n\n")[0].replace("\n", " ") if doc else None


def schema_of(function: Callable[..., object]) -> JsonObject:
    """Return the JSON Schema of a function's parameters, told from its annotations.

    Raises TypeError when an annotation has no schema, or the function takes *args or **kwargs.
    """
    hints = get_type_hints(function, include_extras=True)
    hints.pop("return", None)
    fields = [_field(name, p, hints) for name, p in inspect.signature(function).parameters.items()]
    shape = msgspec.defstruct("Parameters", fields, kw_only=True)
    try:
        _, components = msgspec.json.schema_components([shape], ref_template="#/$defs/{name}")
    except TypeError as error:
        raise TypeError(
            f"the parameters of {function.__name__}() have no schema: {error}"
        ) from error
    own: JsonDict = components.pop("Parameters")
    own.pop("title", None)
    if components:
        own["$defs"] = components
    return own


def _field(
    name: str, parameter: inspect.Parameter, hints: JsonDict
) -> tuple[str, type] | tuple[str, type, object]:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise TypeError(f"a tool can't take *args or **kwargs, as {name!r} does")
    annotation = hints.get(name, Any)
    if parameter.default is parameter.empty:
        return (name, annotation)
    return (name, annotation, parameter.default)
