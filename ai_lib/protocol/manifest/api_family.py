"""Selects one of a manifest's API families.

`api_families` is a list of names, or a mapping from a name to the family's own section: its
`dialect`, the name of its `endpoint`, its `wire` part, and an `overlay` over the whole manifest.
"""

from collections.abc import Mapping
from typing import Final

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.bundle import list_bundled_dialects, load_bundled_dialect
from ai_lib.protocol.json_merge import merge
from ai_lib.types.json import JsonDict, JsonObject

_DEFAULT_FAMILY_KEYS: Final = frozenset(
    ("dialect", "wire", "payload_format", "api_style", "streaming", "response_paths", "termination")
)


def select_api_family(document: JsonObject, family: str | None, source: str) -> JsonObject:
    """Return the manifest document for `family`, or for its default family when that is None.

    The keys at the manifest's top (`dialect`, `wire`, `streaming`) are those of the default family.

    Raises:
        ProtocolError: the manifest has no such family; the message lists those it has.
    """
    families = document.get("api_families") or ()
    default_family = document.get("default_api_family")
    name = family or default_family
    if name is None or (name not in families and name == default_family):
        return document
    if name not in families:
        family_names = ", ".join(map(str, families)) or "none"
        raise ProtocolError(
            f"{source}: there is no API family {family!r}; the manifest has {family_names}",
            source=source,
        )
    family_section = families[name] if isinstance(families, Mapping) else {}
    base = document if name == default_family else _remove_default_family(document, name)
    return _apply_family(base, family_section if isinstance(family_section, Mapping) else {}, name)


def _apply_family(document: JsonObject, family_section: JsonObject, name: str) -> JsonDict:
    endpoints = dict(document.get("endpoints") or {})
    endpoint = family_section.get("endpoint", name)
    if endpoint in endpoints:
        endpoints["chat"] = endpoints[endpoint]
    parts = {key: family_section[key] for key in ("dialect", "wire") if key in family_section}
    overlay = family_section.get("overlay")
    overlay = overlay if isinstance(overlay, Mapping) else {}
    return merge(document, parts, {"endpoints": endpoints, "default_api_family": name}, overlay)


def _remove_default_family(document: JsonObject, family: str) -> JsonDict:
    """Return the document without the default family's keys, with the dialect of `family`."""
    common_parts = {
        key: value for key, value in document.items() if key not in _DEFAULT_FAMILY_KEYS
    }
    for dialect in list_bundled_dialects():
        if family in load_bundled_dialect(dialect)["chosen_by"].get("api_family", ()):
            common_parts["dialect"] = dialect
    endpoints = {**(document.get("endpoints") or {})}
    endpoints.pop("chat", None)
    return {**common_parts, "endpoints": endpoints}
