"""Record: structs that are written as dicts of JSON's types, and read from them again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ai_lib.types.json import JsonDict, is_list

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

S = TypeVar("S", bound="Record")


class Record(msgspec.Struct, frozen=True):
    """A struct with a form as a dict, which pydantic reads and writes as well."""

    def to_dict(self) -> JsonDict:
        """Return all of it as a dict of JSON's types, with the `version` of the format.

        Raises:
            RequestError: a part of it has no form in JSON.
        """
        from ai_lib.types.records.structs import write_struct

        return write_struct(self)

    @classmethod
    def from_dict(cls: type[S], value: Mapping[str, object]) -> S:
        """Return what `to_dict` wrote, in this release or an earlier one.

        Raises:
            InvalidArguments: the version is newer than this release, a member is unknown, or a
                value does not fit; it says where.
        """
        from ai_lib.types.records.structs import read_struct

        return read_struct(cls, value)

    @classmethod
    def _read_other_form(cls, value: Mapping[str, object]) -> object:
        """Return what a dict of another library says, where there are such dicts."""
        raise NotImplementedError(f"{cls.__name__} has one form: {value!r:.60}")

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        from ai_lib.types.records.pydantic_schema import make_core_schema

        has_forms = "_read_other_form" in vars(cls)
        return make_core_schema(cls, handler, cls._read_other_form if has_forms else None)


def freeze_lists(value: msgspec.Struct, *names: str) -> None:
    """Turn the lists in these members of a struct into tuples, so that equal ones are equal."""
    for name in names:
        member: object = getattr(value, name)
        if is_list(member):
            msgspec.structs.force_setattr(value, name, tuple(member))
