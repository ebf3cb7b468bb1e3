"""Fills the address of a target whose parts the caller or the environment knows."""

import os
from collections.abc import Mapping
from functools import partial

from ai_lib.protocol.addresses import (
    build_missing_error,
    find_base_url,
    list_missing_variables,
    resolve_variables,
)
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.transport.credentials.kinds import find_value


def fill_address(
    compiled: CompiledManifest, own_values: Mapping[str, str], base_url: str | None, is_sent: bool
) -> tuple[CompiledManifest, str | None]:
    """Return the manifest with the values of its variables, and the base URL in its place.

    `own_values` and `base_url` are the caller's. With `is_sent` requests will
    be sent, so that none may be missing.

    Raises:
        RequestError: a value is missing or can't stand there.
    """
    manifest = compiled.manifest
    base_url = base_url or find_base_url(manifest)
    values = resolve_variables(manifest, own_values, partial(find_value, environ=os.environ))
    compiled = compiled.with_manifest(variable_values=values)
    if is_sent:
        manifest = compiled.manifest
        paths = (compiled.request.plain_path.path, compiled.request.stream_path.path)
        address = "".join(path.replace("{model}", "") for path in paths)
        address += "" if base_url else manifest.base_url
        missing = list_missing_variables(address, manifest)
        if missing:
            raise build_missing_error(missing, manifest)
    return compiled, base_url


def check_variable_names(own_values: Mapping[str, str], compiled: CompiledManifest) -> None:
    """Refuse variables that a provider's addresses do not have.

    Raises:
        ValueError: there is no variable of that name; the message lists those there are.
    """
    variables = compiled.manifest.variables
    names = [name for name, variable in variables.items() if variable.by is None]
    unknown = ", ".join(sorted(own_values.keys() - set(names)))
    if unknown:
        others = ", ".join(names) or "none"
        raise ValueError(f"{compiled.id} has no variable {unknown} in its address; it has {others}")
