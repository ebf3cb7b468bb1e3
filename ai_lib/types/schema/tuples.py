"""Restores tuples in structs that were read from JSON or msgpack, which have one sequence type."""

from collections.abc import Sequence
from functools import lru_cache
from types import UnionType
from typing import Final, TypeVar, Union, cast, get_args, get_origin

import msgspec

T = TypeVar("T")


def restore_tuples(value: T) -> T:
    """Return a struct with tuples where its fields are any sequence, as responses have them.

    Fields that are lists stay lists, and decoded JSON stays as it is.
    """
    if not isinstance(value, msgspec.Struct):
        return value
    sequence_fields = _list_sequence_fields(type(value))
    changed: dict[str, object] = {}
    for name in value.__struct_fields__:
        field = getattr(value, name)
        if isinstance(field, list | tuple):
            items = [restore_tuples(item) for item in cast("Sequence[object]", field)]
            is_tuple = name in sequence_fields or isinstance(field, tuple)
            changed[name] = tuple(items) if is_tuple else items
        elif isinstance(field, msgspec.Struct):
            changed[name] = restore_tuples(field)
    return msgspec.structs.replace(value, **changed) if changed else value


@lru_cache(maxsize=256)
def _list_sequence_fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    fields = msgspec.structs.fields(kind)
    return frozenset(field.name for field in fields if _is_sequence(field.type))


def _is_sequence(hint: object) -> bool:
    if get_origin(hint) in _KINDS:
        return True
    # An optional sequence counts; one inside a list or a mapping is no field.
    optional = get_origin(hint) in (Union, UnionType)
    return optional and any(get_origin(part) in _KINDS for part in get_args(hint))


_KINDS: Final[tuple[object, ...]] = (Sequence, tuple)
