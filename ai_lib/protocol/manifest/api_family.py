"""One of a manifest's API families, chosen: the manifest as that family is to be spoken.

`api_families` is a list of names, or a mapping from a name to what is the family's own: its
`dialect`, the name of its `endpoint`, and its `wire` section.
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
    """Return a manifest document as `family`, else its default family, is to be spoken.

    What stands at the manifest's top (`dialect`, `wire`, `streaming`) is the default family's.

    Raises:
        ProtocolError: the manifest has no such family; those it has are listed.
    """
    families = document.get("api_families") or ()
    usual = document.get("default_api_family")
    name = family or usual
    if name is None or (name not in families and name == usual):
        return document
    if name not in families:
        known = ", ".join(map(str, families)) or "none"
        raise ProtocolError(
            f"{source}: there is no API family {family!r}; the manifest has {known}", source=source
        )
    own = families[name] if isinstance(families, Mapping) else {}
    base = document if name == usual else _remove_default_family(document, name)
    return _apply_family(base, own if isinstance(own, Mapping) else {}, name)


def _apply_family(document: JsonObject, own: JsonObject, name: str) -> JsonDict:
    endpoints = dict(document.get("endpoints") or {})
    endpoint = own.get("endpoint", name)
    if endpoint in endpoints:
        endpoints["chat"] = endpoints[endpoint]
    parts = {key: own[key] for key in ("dialect", "wire") if key in own}
    return merge(document, parts, {"endpoints": endpoints, "default_api_family": name})


def _remove_default_family(document: JsonObject, family: str) -> JsonDict:
    """Return the document without what is the default family's, with the dialect of this one."""
    kept = {key: value for key, value in document.items() if key not in _DEFAULT_FAMILY_KEYS}
    for dialect in list_bundled_dialects():
        if family in load_bundled_dialect(dialect)["chosen_by"].get("api_family", ()):
            kept["dialect"] = dialect
    endpoints = {**(document.get("endpoints") or {})}
    endpoints.pop("chat", None)
    return {**kept, "endpoints": endpoints}
