"""Merges JSON objects: one over another, or by a JSON merge patch (RFC 7396)."""

from collections.abc import Mapping

from ai_lib.types.json import JsonDict, JsonObject


def merge(*layers: JsonObject) -> JsonDict:
    """Merge objects key by key, later over earlier; lists and values are replaced whole."""
    result: JsonDict = {}
    for layer in layers:
        for key, value in layer.items():
            old = result.get(key)
            are_objects = isinstance(old, Mapping) and isinstance(value, Mapping)
            result[key] = merge(old, value) if are_objects and old is not None else value
    return result


def apply_merge_patch(base: JsonObject, patch: JsonObject) -> JsonDict:
    """Merge `patch` over `base`; a null in `patch` removes the key from `base` (RFC 7396).

    A null stays where `base` has no such key: templates may hold one.
    """
    result = dict(base)
    for key, value in patch.items():
        old = base.get(key)
        if value is None and key in base:
            del result[key]
        elif isinstance(old, Mapping) and isinstance(value, Mapping):
            result[key] = apply_merge_patch(old, value)
        else:
            result[key] = value
    return result
