"""Structs read back from JSON or msgpack, which have one kind of sequence: tuples again."""

from collections.abc import Sequence
from functools import lru_cache
from types import UnionType
from typing import Final, TypeVar, Union, cast, get_args, get_origin

import msgspec

T = TypeVar("T")


def with_tuples(value: T) -> T:
    """Return a struct with tuples where its fields are any sequence, as replies have them.

    Fields that are lists stay lists, and what is inside of decoded JSON stays as it is.
    """
    if not isinstance(value, msgspec.Struct):
        return value
    sequences = _sequences(type(value))
    changed: dict[str, object] = {}
    for name in value.__struct_fields__:
        field = getattr(value, name)
        if isinstance(field, list):
            items = [with_tuples(item) for item in cast("list[object]", field)]
            changed[name] = tuple(items) if name in sequences else items
        elif isinstance(field, msgspec.Struct):
            changed[name] = with_tuples(field)
    return msgspec.structs.replace(value, **changed) if changed else value


@lru_cache(maxsize=256)
def _sequences(kind: type[msgspec.Struct]) -> frozenset[str]:
    fields = msgspec.structs.fields(kind)
    return frozenset(one.name for one in fields if _is_sequence(one.type))


def _is_sequence(hint: object) -> bool:
    if get_origin(hint) in _KINDS:
        return True
    # An optional one; what is inside of a list or mapping is no field.
    optional = get_origin(hint) in (Union, UnionType)
    return optional and any(get_origin(part) in _KINDS for part in get_args(hint))


_KINDS: Final[tuple[object, ...]] = (Sequence, tuple)
