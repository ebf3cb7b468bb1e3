"""What a manifest's own streaming, error and termination sections change in its dialect."""

from collections.abc import Mapping

from ai_lib.types.json import JsonDict, JsonObject


def merged(*layers: JsonObject) -> JsonDict:
    """Merge objects key by key, later over earlier; lists and values are replaced whole."""
    result: JsonDict = {}
    for layer in layers:
        for key, value in layer.items():
            old = result.get(key)
            both = isinstance(old, Mapping) and isinstance(value, Mapping)
            result[key] = merged(old, value) if both and old is not None else value
    return result


def patched(base: JsonObject, patch: JsonObject) -> JsonDict:
    """Merge `patch` over `base`; a null in it takes away what `base` has there (RFC 7396).

    A null where `base` has nothing stays: templates may hold one.
    """
    result = dict(base)
    for key, value in patch.items():
        old = base.get(key)
        if value is None and key in base:
            del result[key]
        elif isinstance(old, Mapping) and isinstance(value, Mapping):
            result[key] = patched(old, value)
        else:
            result[key] = value
    return result


def overlay(document: JsonObject) -> JsonDict:
    """Return the dialect parts that `document` declares in the protocol's own words."""
    parts: JsonDict = {}
    if termination := (document.get("termination") or {}).get("mapping"):
        parts["termination"] = termination
    if error := _error(document):
        parts["error"] = error
    return parts


def _error(document: JsonObject) -> dict[str, list[str]]:
    features = document.get("features") or {}
    declared = (features.get("response_mapping") or {}).get("error") or {}
    return {
        name: [declared[f"{name}_path"]]
        for name in ("message", "code", "type", "param", "request_id")
        if f"{name}_path" in declared
    }
