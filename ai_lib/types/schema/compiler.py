"""Makes the reader of a Python type: one for each of its parts, of every library's kinds."""

import collections
import collections.abc
import dataclasses
import decimal
import enum
import sys
import typing
from collections.abc import Callable, Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from ai_lib.types.json import JsonDict, JsonValue
from ai_lib.types.schema import plain_readers as plain
from ai_lib.types.schema.class_members import list_members, list_positions
from ai_lib.types.schema.constraints import ConstrainedReader, read_notes
from ai_lib.types.schema.container_readers import ListReader, MapReader, TupleReader
from ai_lib.types.schema.definitions import DefinitionStore
from ai_lib.types.schema.object_reader import ObjectMember, ObjectReader
from ai_lib.types.schema.pydantic_reader import (
    PydanticReader,
    is_installed,
    is_pydantic_note,
    is_pydantic_type,
)
from ai_lib.types.schema.reading import MISFIT, ReadContext, TypeReader
from ai_lib.types.schema.type_names import (
    TypeForm,
    get_type_name,
    is_alias_type,
    is_subclass,
    substitute,
)
from ai_lib.types.schema.union_reader import UnionReader

_PLAIN: Final[Mapping[object, Callable[[], TypeReader]]] = {
    Any: plain.AnyReader,
    object: plain.AnyReader,
    None: plain.NullReader,
    NoneType: plain.NullReader,
    bool: plain.BoolReader,
    int: plain.IntReader,
    float: plain.FloatReader,
    str: plain.TextReader,
}
_abc: Final = collections.abc
_LISTS: Final[Mapping[object, Callable[[Iterable[Any]], object]]] = {
    **dict.fromkeys((list, _abc.Sequence, _abc.MutableSequence), list),
    **dict.fromkeys((_abc.Iterable, _abc.Collection, _abc.Iterator, _abc.Container), list),
    **dict.fromkeys((set, _abc.Set, _abc.MutableSet), set),
    frozenset: frozenset,
    collections.deque: collections.deque,
}
_MAPS: Final[Mapping[object, Callable[[dict[Any, Any]], object]]] = {
    **dict.fromkeys((dict, _abc.Mapping, _abc.MutableMapping), dict),
    collections.OrderedDict: collections.OrderedDict,
    collections.Counter: collections.Counter,
}


class _LateReader(TypeReader):
    """A named alias; it may hold itself, so that its reader is set once it is known."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.inner: TypeReader = plain.AnyReader()

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        return definitions.refer(self, self._name, lambda: self.inner.describe(definitions))

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        return self.inner.read(value, pointer, reading)

    def rank(self, value: JsonValue) -> int:
        return self.inner.rank(value)

    def name(self) -> str:
        return self._name


class _SubclassReader(TypeReader):
    """A subclass of `str`, `int` or `float`."""

    def __init__(self, kind: type, inner: TypeReader) -> None:
        self._kind = kind
        self._inner = inner

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        return self._inner.describe(definitions)

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        result = self._inner.read(value, pointer, reading)
        try:
            return result if result is MISFIT else self._kind(result)
        except ValueError as error:
            return reading.refuse(pointer, str(error))

    def name(self) -> str:
        return self._kind.__name__


class TypeReaderBuilder:
    """Makes readers; a class that holds itself gets one reader."""

    def __init__(self, scope: Mapping[str, object] | None = None) -> None:
        self._known: dict[object, TypeReader] = {}
        # Where names in texts are looked up: that of the function or class that is read.
        self._scope = scope or {}

    def make(self, kind: TypeForm) -> TypeReader:
        """Return the reader of a type.

        Raises:
            TypeError: JSON can't say the type, or a part of it.
        """
        if isinstance(kind, str | typing.ForwardRef):
            return self._make_reference(kind)
        try:
            known_reader = self._known.get(kind)
            plain_reader = _PLAIN.get(kind)
        except TypeError:  # an annotation that can't be a key, such as a Literal of a list
            known_reader = plain_reader = None
        if known_reader is not None:
            return known_reader
        if plain_reader is not None:
            return plain_reader()
        if is_alias_type(kind):
            return self._make_alias(kind)
        origin = get_origin(kind)
        if origin is not None:
            return self._make_generic(kind, origin, get_args(kind))
        if isinstance(kind, TypeVar):
            return self.make(_read_type_variable(kind))
        if hasattr(kind, "__supertype__"):
            return self.make(kind.__supertype__)
        return self._make_class(kind)

    def _make_reference(self, reference: str | typing.ForwardRef) -> TypeReader:
        """Return the reader of a name, which an alias that holds itself has in a text."""
        name = reference if isinstance(reference, str) else reference.__forward_arg__
        key = name, id(self._scope)
        if key not in self._known:
            if name not in self._scope:
                raise TypeError(
                    f"{name!r} in a text can't be resolved: write the type itself, or a named "
                    "alias (`type X = ...`, TypeAliasType) where it holds itself"
                )
            reader = self._known[key] = _LateReader(name)
            reader.inner = self.make(self._scope[name])
        return self._known[key]

    def _make_alias(self, kind: Any) -> TypeReader:
        reader = self._known[kind] = _LateReader(get_type_name(kind))
        origin = get_origin(kind) or kind
        arguments = dict(zip(origin.__type_params__, get_args(kind), strict=False))
        reader.inner = self.make(substitute(origin.__value__, arguments))
        return reader

    def _make_generic(
        self, kind: TypeForm, origin: TypeForm, args: tuple[TypeForm, ...]
    ) -> TypeReader:
        if origin is Annotated:
            return self._make_annotated(kind)
        if origin is Literal:
            return plain.ChoiceReader([(_literal_value(arg), arg) for arg in args], None)
        if origin in (Union, UnionType):
            members = [arg for arg in args if arg is not msgspec.UnsetType]
            readers = [self.make(member) for member in members]
            return readers[0] if len(readers) == 1 else UnionReader(readers)
        if origin in _LISTS:
            return ListReader(self.make(args[0]), _LISTS[origin])
        if origin in _MAPS:
            key, item = args if len(args) == 2 else (args[0], int)  # a Counter has one argument
            return MapReader(self.make(key), self.make(item), _MAPS[origin])
        if origin is collections.defaultdict:
            factory = args[1] if isinstance(args[1], type) else None
            return MapReader(
                self.make(args[0]),
                self.make(args[1]),
                lambda members: collections.defaultdict(factory, members),
            )
        if origin is tuple:
            return self._make_tuple(args)
        if origin in (typing.ClassVar, typing.Final) or _is_qualifier(origin):
            return self.make(args[0])
        if isinstance(origin, type) and origin not in (type, get_origin(Callable[..., Any])):
            return self._make_class(origin, kind, args)
        raise _make_no_schema_error(kind)

    def _make_tuple(self, args: tuple[TypeForm, ...]) -> TypeReader:
        if len(args) == 2 and args[1] is Ellipsis:
            return ListReader(self.make(args[0]), tuple)
        return TupleReader([self.make(arg) for arg in args if arg != ()])

    def _make_annotated(self, kind: TypeForm) -> TypeReader:
        inner, *notes = get_args(kind)
        if is_installed() and any(map(is_pydantic_note, notes)):
            try:
                return self._with_texts(PydanticReader(kind, get_type_name(inner)), notes)
            except TypeError:
                pass  # something inside is not pydantic's; its notes are read here
        bounds = read_notes(notes)
        reader = self.make(inner)
        return ConstrainedReader(reader, bounds) if bounds else reader

    def _with_texts(self, reader: TypeReader, notes: list[Any]) -> TypeReader:
        """Add the descriptions that are texts, which pydantic passes over."""
        bounds = read_notes(note for note in notes if isinstance(note, str))
        return ConstrainedReader(reader, bounds) if bounds else reader

    def _make_class(
        self, origin: TypeForm, kind: TypeForm = None, args: tuple[TypeForm, ...] = ()
    ) -> TypeReader:
        kind = origin if kind is None else kind
        formatted = plain.make_formatted_reader(origin)
        if formatted is not None:
            return formatted
        if origin is decimal.Decimal:
            return plain.DecimalReader()
        if origin in _LISTS:
            return ListReader(plain.AnyReader(), _LISTS[origin])
        if origin is tuple:
            return ListReader(plain.AnyReader(), tuple)
        if origin in _MAPS or origin is collections.defaultdict:
            return MapReader(plain.TextReader(), plain.AnyReader(), _MAPS.get(origin, dict))
        if is_subclass(origin, enum.Enum):
            return plain.make_enum_reader(origin)
        if is_pydantic_type(kind) or is_pydantic_type(origin):
            return self._remember(kind, PydanticReader(kind, get_type_name(kind)))
        if _is_described_class(origin):
            return self._make_object(origin, kind, args)
        for base in (str, int, float):
            if is_subclass(origin, base):
                return _SubclassReader(origin, _PLAIN[base]())
        if isinstance(origin, type) and is_installed():
            return PydanticReader(kind, get_type_name(kind))
        raise _make_no_schema_error(kind)

    def _make_object(
        self, origin: TypeForm, kind: TypeForm, args: tuple[TypeForm, ...]
    ) -> TypeReader:
        module = sys.modules.get(origin.__module__)
        scope, self._scope = self._scope, vars(module) if module is not None else {}
        try:
            return self._make_object_in_scope(origin, kind, args)
        finally:
            self._scope = scope

    def _make_object_in_scope(
        self, origin: TypeForm, kind: TypeForm, args: tuple[TypeForm, ...]
    ) -> TypeReader:
        members = list_members(origin, args)
        if members is None:  # pydantic alone can read it: names or checks beside its annotations
            return self._remember(kind, PydanticReader(kind, get_type_name(kind)))
        if is_subclass(origin, tuple) or _is_array(origin):
            types = list_positions(origin, args)
            return TupleReader(
                [self.make(position) for position in types], lambda values: origin(*values)
            )
        is_dict = is_subclass(origin, dict)
        reader = ObjectReader(origin, get_type_name(kind), dict if is_dict else origin)
        self._remember(kind, reader)
        config = getattr(origin, "__struct_config__", None)
        if config is not None:
            reader.is_closed = config.forbid_unknown_fields
            reader.tag = (config.tag_field, config.tag) if config.tag is not None else None
        reader.members = tuple(
            ObjectMember(
                member.json_name,
                member.name,
                self._make_member(kind, member.name, member.kind),
                member.is_required,
                member.default,
            )
            for member in members
        )
        return reader

    def _make_member(self, kind: TypeForm, name: str, member: TypeForm) -> TypeReader:
        try:
            return self.make(member)
        except TypeError as error:
            raise TypeError(f"{get_type_name(kind)}.{name}: {error}") from error

    def _remember(self, kind: object, reader: TypeReader) -> TypeReader:
        self._known[kind] = reader
        return reader


def _is_described_class(kind: object) -> bool:
    if not isinstance(kind, type):
        return False
    is_named_tuple = is_subclass(kind, tuple) and hasattr(kind, "_fields")
    is_struct = is_subclass(kind, msgspec.Struct)
    is_attrs = hasattr(kind, "__attrs_attrs__")
    is_typed_dict = is_subclass(kind, dict) and hasattr(kind, "__total__")
    return (
        is_named_tuple or is_struct or is_attrs or is_typed_dict or dataclasses.is_dataclass(kind)
    )


def _is_array(kind: type) -> bool:
    config = getattr(kind, "__struct_config__", None)
    return config is not None and config.array_like


def _is_qualifier(origin: object) -> bool:
    return str(origin).rpartition(".")[2] in ("Required", "NotRequired", "ReadOnly")


def _read_type_variable(variable: TypeVar) -> object:
    if variable.__constraints__:
        return Union[variable.__constraints__]  # noqa: UP007
    return variable.__bound__ or Any


def _literal_value(value: Any) -> JsonValue:
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(f"Literal[{value!r}] has no JSON Schema: give texts, numbers or booleans")


def _make_no_schema_error(kind: object) -> TypeError:
    return TypeError(
        f"{get_type_name(kind)} has no JSON Schema: write a type that JSON can say, such as str, "
        "float, list[str], a dataclass, a TypedDict or a model"
    )
