"""One of a manifest's API families, chosen: the manifest as that family is to be spoken.

`api_families` is a list of names, or a mapping from a name to what differs: its `dialect`, its
`endpoints`, its `wire`, or any other section of the manifest.
"""

from collections.abc import Mapping

from ai_lib.errors.tree import ProtocolError
from ai_lib.protocol.bundle import bundled_dialect, bundled_dialect_names
from ai_lib.protocol.overlay import merged
from ai_lib.types.json import JsonDict, JsonObject


def with_family(document: JsonObject, family: str | None, source: str) -> JsonObject:
    """Return a manifest document as `family`, else its default family, is to be spoken.

    Raises:
        ProtocolError: the manifest has no such family; those it has are listed.
    """
    families = document.get("api_families") or ()
    name = family or document.get("default_api_family")
    if isinstance(families, Mapping) and name in families:
        return merged(document, families[name] or {}, {"default_api_family": name})
    if family is None:
        return document
    if name not in families:
        known = ", ".join(map(str, families)) or "none"
        raise ProtocolError(
            f"{source}: there is no API family {family!r}; the manifest has {known}", source=source
        )
    return merged(_without_chat(document, family), {"default_api_family": family})


def _without_chat(document: JsonObject, family: str) -> JsonDict:
    """Return the document with the family's own dialect and endpoint in place of the usual."""
    named = {**document}
    for section in ("dialect", "payload_format", "api_style", "streaming", "response_paths"):
        named.pop(section, None)
    names = (n for n in bundled_dialect_names() if family in _families(bundled_dialect(n)))
    dialect = next(names, None)
    if dialect is not None:
        named["dialect"] = dialect
    endpoints = dict(document.get("endpoints") or {})
    chat = endpoints.pop(family, None)
    endpoints.pop("chat", None)
    return {**named, "endpoints": {**endpoints, **({"chat": chat} if chat else {})}}


def _families(dialect: JsonObject) -> tuple[str, ...]:
    return tuple(dialect["chosen_by"].get("api_family", ()))
