"""Names of types, type aliases, and type variables filled."""

import re
import sys
from collections.abc import Mapping
from typing import Any, Final, TypeAlias, get_args, get_origin

# What may be written as an annotation: a class, a generic alias or a special form (PEP 747).
TypeForm: TypeAlias = Any
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_.-]+")


def get_type_name(kind: object) -> str:
    """Return a name for a type; for a generic one with its arguments, such as `Box_int`."""
    origin, args = get_origin(kind), get_args(kind)
    name = getattr(kind if origin is None else origin, "__name__", None)
    if not isinstance(name, str):
        return _NOT_IN_NAMES.sub("_", str(kind)).strip("_")
    inner = [get_type_name(arg) for arg in args if isinstance(origin, type)]
    return _NOT_IN_NAMES.sub("_", "_".join([name, *inner])).strip("_")


def is_subclass(kind: object, base: type[Any]) -> bool:
    """Whether it is a class, and one of `base`."""
    return isinstance(kind, type) and issubclass(kind, base)


def is_alias_type(kind: object) -> bool:
    """Whether it is an alias made by `type X = ...`, with or without arguments."""
    return type(get_origin(kind) or kind).__name__ == "TypeAliasType"


def substitute(kind: TypeForm, arguments: Mapping[TypeForm, TypeForm]) -> TypeForm:
    """Return a type with its type variables replaced."""
    if not arguments:
        return kind
    try:
        if kind in arguments:
            return arguments[kind]
    except TypeError:
        return kind
    parameters: tuple[TypeForm, ...] = getattr(kind, "__parameters__", ())
    if not parameters or isinstance(kind, type):
        return kind
    return kind[tuple(arguments.get(parameter, parameter) for parameter in parameters)]


def read_annotations(holder: object) -> dict[str, TypeForm]:
    """Return the annotations of a class or function, those that can't be resolved as texts."""
    if sys.version_info >= (3, 14):
        import annotationlib

        resolved: dict[str, TypeForm] = annotationlib.get_annotations(
            holder, format=annotationlib.Format.FORWARDREF
        )
        return resolved
    annotations: dict[str, TypeForm] = dict(getattr(holder, "__annotations__", None) or {})
    return annotations
