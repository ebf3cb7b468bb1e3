"""Lists the members of structs, dataclasses, attrs classes, TypedDicts and named tuples."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, cast, get_args, get_origin, get_type_hints

import msgspec

from ai_lib.types.schema.pydantic_reader import is_installed
from ai_lib.types.schema.reading import DefaultEntry
from ai_lib.types.schema.type_names import TypeForm, get_type_name, substitute

_SHOWN_FACTORIES: Final = (list, dict, set, frozenset, tuple)


class ClassMember(msgspec.Struct, frozen=True):
    """One member: its name in JSON and in Python, its annotation, its default where one is set."""

    json_name: str
    name: str
    kind: Any
    is_required: bool = True
    default: DefaultEntry | None = None


def list_members(kind: TypeForm, args: tuple[TypeForm, ...]) -> list[ClassMember] | None:
    """Return the members of a class, its type variables filled.

    None for a dataclass with defaults or names that pydantic alone reads.

    Raises:
        TypeError: an annotation can't be resolved.
    """
    arguments = dict(zip(getattr(kind, "__parameters__", ()), args, strict=False))
    if issubclass(kind, msgspec.Struct):
        members = list(_list_struct_members(kind))
    elif issubclass(kind, tuple):
        return []
    elif issubclass(kind, dict):
        members = list(_list_keys(kind))
    elif dataclasses.is_dataclass(kind):
        members = list(_list_fields(kind))
        if is_installed() and any(map(_is_of_pydantic, members)):
            return None
    else:
        members = list(_list_attributes(kind))
    return [
        msgspec.structs.replace(member, kind=substitute(member.kind, arguments))
        for member in members
    ]


def list_positions(kind: TypeForm, args: tuple[TypeForm, ...]) -> list[TypeForm]:
    """Return the types of the positions of a named tuple, or of a struct that is an array."""
    arguments = dict(zip(getattr(kind, "__parameters__", ()), args, strict=False))
    if issubclass(kind, msgspec.Struct):
        return [substitute(member.kind, arguments) for member in _list_struct_members(kind)]
    hints = _resolve_hints(kind)
    return [substitute(hints.get(name, Any), arguments) for name in kind._fields]


def _list_struct_members(kind: type[msgspec.Struct]) -> Iterator[ClassMember]:
    try:
        fields = msgspec.structs.fields(kind)
    except NameError as error:
        raise _make_unresolved_error(kind, error) from error
    for field in fields:
        default = None
        if field.default is not msgspec.NODEFAULT:
            default = None if field.default is msgspec.UNSET else DefaultEntry(field.default)
        elif field.default_factory in _SHOWN_FACTORIES:
            default = DefaultEntry(_make_default(field.default_factory))
        yield ClassMember(field.encode_name, field.name, field.type, field.required, default)


def _list_fields(kind: TypeForm) -> Iterator[ClassMember]:
    hints = _resolve_hints(kind)
    for name, field in kind.__dataclass_fields__.items():
        hint = hints.get(name, Any)
        if isinstance(hint, dataclasses.InitVar):
            hint = cast("Any", hint).type
        elif field not in dataclasses.fields(kind) or not field.init:
            continue  # a class variable, or a field that the class itself sets
        default = None
        if field.default is not dataclasses.MISSING:
            default = DefaultEntry(field.default)
        elif field.default_factory in _SHOWN_FACTORIES:
            default = DefaultEntry(_make_default(field.default_factory))
        no_default = field.default is dataclasses.MISSING
        is_required = no_default and field.default_factory is dataclasses.MISSING
        text = field.metadata.get("description")
        yield ClassMember(
            name, name, Annotated[hint, text] if isinstance(text, str) else hint,
            is_required, default,
        )  # fmt: skip


def _make_default(factory: Any) -> object:
    return factory()


def _list_attributes(kind: TypeForm) -> Iterator[ClassMember]:
    hints = _resolve_hints(kind)
    for field in kind.__attrs_attrs__:
        if not field.init:
            continue
        is_required = type(field.default).__name__ == "_Nothing"
        has_factory = hasattr(field.default, "factory")
        default = None if is_required or has_factory else DefaultEntry(field.default)
        name: str = getattr(field, "alias", None) or field.name.lstrip("_")
        yield ClassMember(name, name, hints.get(field.name, Any), is_required, default)


def _list_keys(kind: TypeForm) -> Iterator[ClassMember]:
    for name, hint in _resolve_hints(kind).items():
        is_required = _read_requirement(hint)
        if is_required is None:
            is_required = name in kind.__required_keys__
        yield ClassMember(name, name, hint, is_required)


def _read_requirement(hint: TypeForm) -> bool | None:
    """Return what `Required` or `NotRequired` says around an annotation; None without them.

    A TypedDict does not know them itself where its annotations are texts.
    """
    while (origin := get_origin(hint)) is not None:
        qualifier = getattr(origin, "__name__", "") or str(origin).rpartition(".")[2]
        if qualifier in ("Required", "NotRequired"):
            return qualifier == "Required"
        if qualifier not in ("Annotated", "ReadOnly"):
            return None
        hint = get_args(hint)[0]
    return None


def _resolve_hints(kind: TypeForm) -> Mapping[str, TypeForm]:
    try:
        return get_type_hints(kind, include_extras=True)
    except NameError as error:
        raise _make_unresolved_error(kind, error) from error


def _make_unresolved_error(kind: object, error: NameError) -> TypeError:
    return TypeError(
        f"an annotation of {get_type_name(kind)} can't be resolved: {error}; import the name, or "
        "define it at the top of its module, outside of TYPE_CHECKING"
    )


def _is_of_pydantic(member: ClassMember) -> bool:
    """Whether a field's default is a `FieldInfo`, or its annotation has one with a name."""
    if member.default is not None and is_field_info(member.default.value):
        return True
    notes = get_args(member.kind)[1:] if get_origin(member.kind) is Annotated else ()
    return any(is_field_info(note) and getattr(note, "alias", None) for note in notes)


def is_field_info(value: object) -> bool:
    """Whether a default or a note is what pydantic's `Field(...)` makes."""
    return type(value).__name__ == "FieldInfo"
