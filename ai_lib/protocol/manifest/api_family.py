"""One of a manifest's API families, chosen: the manifest as that family is to be spoken.

`api_families` is a list of names, or a mapping from a name to what is the family's own: its
`dialect`, the name of its `endpoint`, and its `wire` section.
"""

from collections.abc import Mapping
from typing import Final

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.bundle import bundled_dialect, bundled_dialect_names
from ai_lib.protocol.json_merge import merged
from ai_lib.types.json import JsonDict, JsonObject

_USUAL: Final = frozenset(
    ("dialect", "wire", "payload_format", "api_style", "streaming", "response_paths", "termination")
)


def with_family(document: JsonObject, family: str | None, source: str) -> JsonObject:
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
    base = document if name == usual else _without_usual(document, name)
    return _spoken(base, own if isinstance(own, Mapping) else {}, name)


def _spoken(document: JsonObject, own: JsonObject, name: str) -> JsonDict:
    endpoints = dict(document.get("endpoints") or {})
    endpoint = own.get("endpoint", name)
    if endpoint in endpoints:
        endpoints["chat"] = endpoints[endpoint]
    parts = {key: own[key] for key in ("dialect", "wire") if key in own}
    return merged(document, parts, {"endpoints": endpoints, "default_api_family": name})


def _without_usual(document: JsonObject, family: str) -> JsonDict:
    """Return the document without what is the default family's, with the dialect of this one."""
    kept = {key: value for key, value in document.items() if key not in _USUAL}
    for dialect in bundled_dialect_names():
        if family in bundled_dialect(dialect)["chosen_by"].get("api_family", ()):
            kept["dialect"] = dialect
    endpoints = {**(document.get("endpoints") or {})}
    endpoints.pop("chat", None)
    return {**kept, "endpoints": endpoints}
