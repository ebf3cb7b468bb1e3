"""Says to pydantic what our structs are: fields of models, bodies, responses, JSON schemas."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Union, cast, get_args, get_origin, get_type_hints

import msgspec
from pydantic_core import PydanticCustomError, core_schema

from ai_lib.errors.exceptions import InvalidArguments
from ai_lib.types.records.structs import FORMAT_VERSION, VERSION

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

Kind = type[msgspec.Struct]
ReadDict = Callable[[Mapping[str, object]], object]

# The structs whose schemas are being made: one that holds itself refers to its own.
_under_way: Final[list[Kind]] = []


def make_core_schema(
    kind: Kind, handler: "GetCoreSchemaHandler", read_dict: ReadDict | None
) -> "CoreSchema":
    """Return the schema of a struct: an instance, or a dict of its members as `to_dict` has them.

    Unknown members are refused. With `read_dict`, dicts of other forms are read by it. What is
    written is `to_dict()` without the version.
    """
    reference = f"{kind.__module__}.{kind.__qualname__}:{id(kind)}"
    if kind in _under_way:
        return core_schema.definition_reference_schema(reference)
    _under_way.append(kind)
    try:
        members = core_schema.typed_dict_schema(
            dict(_make_fields(kind, handler)), extra_behavior="forbid"
        )
    finally:
        _under_way.pop()
    return core_schema.no_info_wrap_validator_function(
        _make_validator(kind, read_dict),
        members,
        serialization=core_schema.plain_serializer_function_ser_schema(_write),
        ref=reference,
    )


def _make_validator(
    kind: Kind, read_dict: ReadDict | None
) -> Callable[[Any, Callable[[Any], Any]], object]:
    config = kind.__struct_config__

    def validate(value: Any, read: Callable[[Any], Any]) -> object:
        if isinstance(value, kind):
            return value
        if read_dict is not None and isinstance(value, Mapping):
            return _read_by(read_dict, cast("Mapping[str, object]", value))
        members: dict[str, Any] = read(value)
        members.pop(VERSION, None)
        if config.tag_field:
            members.pop(config.tag_field, None)
        return kind(**members)

    return validate


def _read_by(read_dict: ReadDict, value: Mapping[str, object]) -> object:
    try:
        return read_dict(value)
    except InvalidArguments as error:
        # What is told to a browser has no exception in it.
        reason = {"reason": error.message}
        raise PydanticCustomError("invalid_arguments", "{reason}", reason) from error


def _make_fields(
    kind: Kind, handler: "GetCoreSchemaHandler"
) -> Iterator[tuple[str, core_schema.TypedDictField]]:
    config = kind.__struct_config__
    if config.tag_field:
        yield (
            config.tag_field,
            core_schema.typed_dict_field(core_schema.literal_schema([config.tag])),
        )
    hints = get_type_hints(kind)
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        if not any(get_origin(part) is Callable for part in (hint, *get_args(hint))):
            schema = _make_schema(hint, handler)
            yield field.encode_name, core_schema.typed_dict_field(schema, required=field.required)
    version = core_schema.int_schema(ge=1, le=FORMAT_VERSION)
    yield VERSION, core_schema.typed_dict_field(version, required=False)


def _make_schema(hint: Any, handler: "GetCoreSchemaHandler") -> "CoreSchema":
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _make_union(parts, handler)
    if origin is Sequence or (origin is tuple and parts[-1:] == (Ellipsis,)):
        items = _make_schema(parts[0], handler)
        return core_schema.tuple_schema([items], variadic_item_index=0)
    if origin is Mapping:
        values = _make_schema(parts[1], handler)
        return core_schema.dict_schema(core_schema.str_schema(), values)
    return handler.generate_schema(hint)


def _make_union(parts: Sequence[Any], handler: "GetCoreSchemaHandler") -> "CoreSchema":
    structs = [
        part for part in parts if isinstance(part, type) and issubclass(part, msgspec.Struct)
    ]
    others = [part for part in parts if part not in structs and part is not type(None)]
    schemas = [_make_schema(part, handler) for part in others]
    if len(structs) > 1:
        choices = {
            str(part.__struct_config__.tag): handler.generate_schema(part) for part in structs
        }
        schemas.append(core_schema.tagged_union_schema(choices, _find_tag))
    else:
        schemas += [handler.generate_schema(part) for part in structs]
    schema = schemas[0] if len(schemas) == 1 else core_schema.union_schema(list(schemas))
    return core_schema.nullable_schema(schema) if type(None) in parts else schema


def _find_tag(value: Any) -> object:
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value).get("type")
    config = getattr(value, "__struct_config__", None)
    return getattr(config, "tag", None)


def _write(value: Any) -> object:
    written = dict(value.to_dict())
    written.pop(VERSION)
    return written
