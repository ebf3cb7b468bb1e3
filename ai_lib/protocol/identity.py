"""Which names stand for one provider: a tree's identity map, read."""

from collections.abc import Mapping
from typing import Final

from ai_lib.types.json import JsonValue

IDENTITY_PLACE: Final = "dist/provider-identity.json"


def canonical_id(document: JsonValue, name: str, version: str) -> str | None:
    """Return the id under which a tree of that version keeps the provider `name`, or None.

    `document` is the map as published: `families`, each with `canonical_id`, `aliases` and, for
    each version's tree, a `primary_id`. What is misshapen in it is passed over.
    """
    families = document.get("families") if isinstance(document, Mapping) else None
    for family in families if isinstance(families, list) else ():
        if isinstance(family, Mapping) and name in _names(family):
            return _primary(family, version)
    return None


def _names(family: Mapping[str, JsonValue]) -> list[object]:
    aliases = family.get("aliases")
    return [family.get("canonical_id"), *(aliases if isinstance(aliases, list) else ())]


def _primary(family: Mapping[str, JsonValue], version: str) -> str | None:
    trees = family.get("trees")
    tree = trees.get(version) if isinstance(trees, Mapping) else None
    found = tree.get("primary_id") if isinstance(tree, Mapping) else None
    found = found or family.get("canonical_id")
    return found if isinstance(found, str) else None
