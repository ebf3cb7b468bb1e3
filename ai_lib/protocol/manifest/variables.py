"""Reads the variables of a manifest: the parts of its addresses that only its user knows."""

import re
from typing import Final

from ai_lib.protocol.manifest.endpoints import Fail
from ai_lib.protocol.manifest.model import AddressPart
from ai_lib.protocol.manifest.schema import RawAddressPart, RawManifest

# One label of a host's name, or one segment of a path.
_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
_NAME: Final = re.compile(r"[a-z_]+")


def read_variables(raw_manifest: RawManifest, build_error: Fail) -> dict[str, AddressPart]:
    """Return the variables by name, in the order in which they are filled."""
    return {
        name: _read_variable(name, variable, build_error)
        for name, variable in (raw_manifest.variables or {}).items()
    }


def _read_variable(name: str, variable: RawAddressPart, build_error: Fail) -> AddressPart:
    if not _NAME.fullmatch(name) or name == "model":
        raise build_error(f"$.variables.{name}: a name has small letters, and is not `model`")
    try:
        pattern = re.compile(variable.pattern or _LABEL)
    except re.error as error:
        raise build_error(f"$.variables.{name}.pattern is wrong: {error}") from error
    return AddressPart(
        env=read_names(variable.env),
        pattern=pattern,
        default=variable.default,
        found_by=variable.found_by,
        by=variable.by,
        values=variable.values or {},
    )


def read_names(value: object) -> tuple[str, ...]:
    """Return the names in a list, or the one that stands alone."""
    names = value if isinstance(value, list) else [value]
    return tuple(name for name in names if isinstance(name, str) and name)
