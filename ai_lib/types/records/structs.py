"""Writes structs as dicts of JSON's types, and reads them back with every member checked."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

import msgspec

from ai_lib.errors.exceptions import InvalidArguments, RequestError
from ai_lib.types.json import JsonDict, require_finite, to_plain_value
from ai_lib.types.records.members import describe_unknown
from ai_lib.types.schema.tuples import restore_tuples

T = TypeVar("T", bound=msgspec.Struct)

FORMAT_VERSION: Final = 1
"""The version of the format that `write_struct` writes; all versions up to it are read."""

VERSION: Final = "version"
_ERROR_PATH: Final = re.compile(r"^(.*?)(?: - at `\$(.*)`)?$", re.DOTALL)


def write_struct(value: msgspec.Struct) -> JsonDict:
    """Return a struct as a dict of JSON's types, behind the version of the format.

    Raises:
        RequestError: a part of it has no form in JSON.
    """
    try:
        encoded = _encoder.encode(value)
        if b"null" in encoded:  # NaN and infinite numbers become null
            require_finite(value, _to_plain)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        kind = type(value).__name__
        raise RequestError(f"this {kind} can't be written as a dict: {error}") from error
    return {VERSION: FORMAT_VERSION, **msgspec.json.decode(encoded)}


def read_struct(kind: type[T], value: object, path: str = "") -> T:
    """Return the struct that a dict describes, whose members are all known. `path` names it.

    Raises:
        InvalidArguments: the version is newer than this release, a member is unknown, or a value
            does not fit.
    """
    path = path or kind.__name__
    if not isinstance(value, Mapping):
        raise InvalidArguments(f"{path}: a dict is wanted, not {value!r:.100}", path=path)
    members = dict(cast("Mapping[str, object]", value))
    _check_version(members.pop(VERSION, FORMAT_VERSION), path)
    read: T = read_tagged(kind, members, path)
    return read


def read_tagged(kind: Any, members: JsonDict, path: str) -> Any:
    """Return the struct of a class, or of one of several with tags, that a dict describes.

    Raises:
        InvalidArguments: a member is unknown, or a value does not fit.
    """
    try:
        read = restore_tuples(msgspec.convert(members, kind))
    except msgspec.ValidationError as error:
        raise _make_error(str(error), path) from error
    except RecursionError as error:
        raise InvalidArguments(f"{path}: it is nested too deeply", path=path) from error
    for inner_path, name, names in _find_unknown(members, read, path):
        raise describe_unknown(inner_path, name, names)
    return read


def _check_version(version: object, path: str) -> None:
    if type(version) is not int or version < 1:
        raise InvalidArguments(f"{path}.version: {version!r:.60} is no version", path=path)
    if version > FORMAT_VERSION:
        raise InvalidArguments(
            f"{path}.version: {version} is newer than this release reads, which is "
            f"{FORMAT_VERSION}; read it with the release that wrote it, or a later one",
            path=f"{path}.version",
        )


def _make_error(message: str, path: str) -> InvalidArguments:
    match = _ERROR_PATH.match(message)
    reason, inner_path = (match.group(1), match.group(2) or "") if match else (message, "")
    path = f"{path}{inner_path}"
    return InvalidArguments(f"{path}: {reason[:1].lower()}{reason[1:]}", path=path)


def _find_unknown(
    value: object, read: object, path: str
) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Find members of decoded JSON that the struct read from it does not have."""
    if isinstance(read, msgspec.Struct) and isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value)
        names = read.__struct_encode_fields__
        tag = read.__struct_config__.tag_field
        for name in members:
            if name not in names and name != tag:
                yield path, name, names
        for field, name in zip(read.__struct_fields__, names, strict=True):
            if name in members:
                yield from _find_unknown(members[name], getattr(read, field), f"{path}.{name}")
    elif isinstance(read, list | tuple) and isinstance(value, list | tuple):
        pairs = zip(cast("Sequence[object]", value), cast("Sequence[object]", read), strict=False)
        for index, (item, item_read) in enumerate(pairs):
            yield from _find_unknown(item, item_read, f"{path}[{index}]")


def _to_plain(value: object) -> object:
    return dict(cast("JsonDict", value)) if isinstance(value, Mapping) else to_plain_value(value)


_encoder: Final = msgspec.json.Encoder(enc_hook=_to_plain, decimal_format="number")
