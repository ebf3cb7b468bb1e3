"""Reads objects with known members: structs, dataclasses, attrs classes, TypedDicts."""

from collections.abc import Callable, Mapping

import msgspec

from ai_lib.types.json import JsonDict, JsonValue, is_object
from ai_lib.types.problem import make_pointer
from ai_lib.types.schema.container_readers import read_object
from ai_lib.types.schema.default_values import MISSING_DEFAULT, describe_default
from ai_lib.types.schema.definitions import DefinitionStore, read_class_text
from ai_lib.types.schema.reading import MISFIT, DefaultEntry, ReadContext, TypeReader


class ObjectMember(msgspec.Struct, frozen=True):
    """One member: its name in JSON, its name in Python, its type, and its default if it has one."""

    json_name: str
    name: str
    reader: TypeReader
    is_required: bool = True
    default: DefaultEntry | None = None


class ObjectReader(TypeReader):
    """An object of a class; its members are set once they are known, as a class may hold itself.

    `tag` is a member with one value that tells the class from others.
    """

    def __init__(self, kind: type, title: str, make: Callable[..., object]) -> None:
        self._kind = kind
        self._title = title
        self._make = make
        self._identity: object = kind
        self.members: tuple[ObjectMember, ...] = ()
        self.tag: tuple[str, str | int] | None = None
        self.is_closed = False

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        return definitions.refer(self, self._title, lambda: self._describe(definitions))

    def _describe(self, definitions: DefinitionStore) -> JsonDict:
        text = read_class_text(self._kind)
        properties: JsonDict = {}
        required: list[str] = []
        if self.tag is not None:
            properties[self.tag[0]] = {"enum": [self.tag[1]]}
            required.append(self.tag[0])
        for member in self.members:
            schema = member.reader.describe(definitions)
            if member.default is not None:
                default = describe_default(member.default.value)
                if default is not MISSING_DEFAULT:
                    schema = {**schema, "default": default}
            properties[member.json_name] = schema
            if member.is_required:
                required.append(member.json_name)
        return {
            "title": self._title,
            **({"description": text} if text else {}),
            "type": "object",
            "properties": properties,
            "required": required,
            **({"additionalProperties": False} if self.is_closed else {}),
        }

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        values_in_json = read_object(value, pointer, reading)
        if values_in_json is None:
            return reading.expect(pointer, "object", value)
        problem_count = len(reading.problems)
        self._check_names(values_in_json, pointer, reading)
        values: dict[str, object] = {}
        for member in self.members:
            if member.json_name not in values_in_json:
                if member.is_required:
                    reading.refuse(
                        pointer,
                        f"Object missing required field {member.json_name}",
                        f"a member {member.json_name!r}",
                    )
                continue
            result = _read_member(member, values_in_json, pointer, reading)
            if result is not MISFIT:
                values[member.name] = result
        if len(reading.problems) > problem_count:
            return MISFIT
        try:
            return self._make(**values)
        except (ValueError, TypeError) as error:  # of the class's own checks
            return reading.refuse(pointer, str(error))

    def _check_names(
        self, members: Mapping[str, JsonValue], pointer: str, reading: ReadContext
    ) -> None:
        if self.tag is not None:
            name, value = self.tag
            if name not in members:
                reading.refuse(pointer, f"Object missing required field {name}", repr(value))
            elif members[name] != value:
                reading.refuse(pointer, f"{name} is not {value!r}", repr(value))
        if self.is_closed:
            names = {member.json_name for member in self.members}
            names |= {self.tag[0]} if self.tag else set()
            for name in members.keys() - names:
                reading.refuse(pointer, f"has {name!r}, which is not allowed", ", ".join(names))

    def rank(self, value: JsonValue) -> int:
        if not is_object(value):
            return 0
        names = {member.json_name for member in self.members}
        return 2 * len(value.keys() & names) - len(value.keys() - names) + 2

    def name(self) -> str:
        return self._title


def _read_member(
    member: ObjectMember, members: Mapping[str, JsonValue], pointer: str, reading: ReadContext
) -> object:
    """Return a member's value; `MISFIT` too where null stands for one that was left out."""
    value = members[member.json_name]
    position = make_pointer([member.json_name], pointer)
    if value is None and not member.is_required and reading.coerce:
        attempt = ReadContext(coerce=True)
        result = member.reader.read(value, position, attempt)
        if result is MISFIT:
            reading.adaptations.append(f"{position}: null was read as absent")
        return result
    return member.reader.read(value, position, reading)
