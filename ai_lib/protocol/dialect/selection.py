"""Selects the wire dialect of a manifest by what it declares, never by its id."""

import re
from typing import Final

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.bundle import list_bundled_dialects, load_bundled_dialect
from ai_lib.protocol.dialect.batches import name_operations
from ai_lib.protocol.dialect.event_map import add_root
from ai_lib.protocol.dialect.model import Dialect
from ai_lib.protocol.dialect.overlay import build_overlay, list_rules
from ai_lib.protocol.dialect.rule_merge import find_read_paths, normalize_path
from ai_lib.protocol.json_merge import apply_merge_patch
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.types.json import JsonDict, JsonObject

# A manifest that names an unknown format gets no other dialect, although its address or framing
# may look familiar.
_DECISIVE: Final = frozenset({"payload_format", "api_style"})
_VAGUE: Final = frozenset(
    {"tool_model", "response_format", "api_family", "compatibility", "decoder", "path", "reply"}
)
_VERSION: Final = re.compile(r"_v\d+\Z")
_EMPTY_DIALECT: Final[JsonObject] = {
    "request": {"body": {}, "messages": {"roles": {}, "blocks": {}}}
}


def select_dialect(manifest: ProtocolManifest) -> Dialect:
    """Return the dialect that a manifest names or declares, with the manifest's own parts merged.

    A manifest without a dialect gets an empty one: its operations can be called, but no chat.

    Raises:
        ProtocolError: there is no dialect of that name, or a part of it is unknown or misshapen.
    """
    base = read_base_dialect(manifest)
    dialect_document = apply_merge_patch(base, build_overlay(manifest.raw, base))
    if isinstance(operations := dialect_document.get("operations"), dict):
        dialect_document = _move_embeddings(dialect_document, operations)
    if isinstance(batches := dialect_document.get("batches"), dict):
        operations = name_operations(batches, dialect_document.get("operations") or {})
        dialect_document = {**dialect_document, "operations": operations}
    try:
        return msgspec.convert(dialect_document, Dialect)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"the wire dialect is misshapen: {error}") from error


def _move_embeddings(document: JsonDict, operations: JsonObject) -> JsonDict:
    """Return a dialect whose operation `embeddings` is its section of that name.

    Its members are those of the section, and come before them.
    """
    own_section = operations.get("embeddings")
    if not isinstance(own_section, dict):
        return document
    others = {name: part for name, part in operations.items() if name != "embeddings"}
    section = apply_merge_patch(document.get("embeddings") or {}, own_section)
    return {**document, "operations": others, "embeddings": section}


def read_base_dialect(manifest: ProtocolManifest) -> JsonObject:
    """Return the dialect's document as the manifest chooses and patches it.

    Its own sections on how replies are read are not in it yet.

    Raises:
        ProtocolError: there is no dialect of that name.
    """
    name = manifest.dialect or _find_declared_dialect(manifest)
    base: JsonObject = {
        "dialect": manifest.id,
        **(load_bundled_dialect(name) if name else _EMPTY_DIALECT),
    }
    other = base.get("operations_of")
    if isinstance(other, str):
        base = {**base, "operations": load_bundled_dialect(other).get("operations", {})}
    base = apply_merge_patch(base, manifest.wire)
    # How tokens are counted depends on the models, not on the API family.
    return apply_merge_patch(base, {"tokens": manifest.raw.get("tokens") or {}})


def explain_missing_dialect(manifest: ProtocolManifest) -> str:
    """Return a message that says why a manifest has no chat dialect and what to write into it."""
    declared = [
        f"{name} {value!r}"
        for name, values in manifest.hints.items()
        if name in _DECISIVE
        for value in values
    ]
    reason = f"nobody speaks {' or '.join(declared)}" if declared else "no wire dialect is chosen"
    described = list_reply_sections(manifest)
    if described:
        reason = (
            f"{reason}; its {', '.join(described)} say how replies are read, but nothing says how "
            "a request is written"
        )
    kindred = find_kindred_dialect(manifest)
    if kindred:
        return (
            f"{manifest.source}: {reason}; its replies are those of {kindred}: set "
            f"`dialect: {kindred}` if its requests are, too, or describe them under `wire:`"
        )
    dialect_names = ", ".join(list_bundled_dialects())
    return (
        f"{manifest.source}: {reason}; set `dialect:` to one of {dialect_names}, or describe one "
        "under `wire:`"
    )


def list_reply_sections(manifest: ProtocolManifest) -> list[str]:
    """Return the sections of a manifest that say how replies are read."""
    streaming = manifest.raw.get("streaming")
    sections = ["response_paths"] if manifest.raw.get("response_paths") else []
    if isinstance(streaming, dict):
        names = ("event_map", "frame_selector", "content_path", "stop_condition")
        sections += [f"streaming.{name}" for name in names if streaming.get(name)]
    return sections


def find_kindred_dialect(manifest: ProtocolManifest) -> str | None:
    """Return the dialect whose replies have their text where the manifest says, or None."""
    paths = manifest.hints.get("reply", ())
    for name in list_bundled_dialects():
        if paths and all(_reads_text_at(load_bundled_dialect(name), path) for path in paths):
            return name
    return None


def _reads_text_at(dialect: JsonObject, path: str) -> bool:
    try:
        keys = normalize_path(add_root(path))
    except ProtocolError:  # a path that does not parse is reported when it is compiled
        return False
    shapes = [dialect.get(part) or {} for part in ("reply", "stream")]
    return any(
        keys in find_read_paths(list_rules(shape), "PartialContentDelta") for shape in shapes
    )


def _find_declared_dialect(manifest: ProtocolManifest) -> str | None:
    """Return the bundled dialect that the manifest's strongest matching hint chooses, or None."""
    is_named = not _DECISIVE.isdisjoint(manifest.hints)
    for key, values in manifest.hints.items():
        if is_named and key in _VAGUE:
            return None
        if key == "reply" and "request" in manifest.wire:
            return None  # it describes its own dialect, whose replies may look familiar
        for value in values:
            for name in list_bundled_dialects():
                if _is_chosen_by(load_bundled_dialect(name), key, value):
                    return name
    return None


def _is_chosen_by(dialect: JsonObject, key: str, value: str) -> bool:
    chosen_by = dialect.get("chosen_by", {})
    if key == "path":
        return value.endswith(str(dialect["request"].get("path")))
    if key == "reply":
        return _reads_text_at(dialect, value)
    if key == "response_format":
        return value in chosen_by.get("payload_format", ())
    if key == "compatibility":
        return value in chosen_by.get("adapter", ())
    if key == "decoder":
        family = value.removesuffix("_sse").removesuffix("_json").removesuffix("_native")
        return family != value and family in chosen_by.get("payload_format", ())
    if value in chosen_by.get(key, ()):
        return True
    # A label that ends in a version means the family before it, whatever its key.
    family = _VERSION.sub("", value)
    return family != value and any(family in names for names in chosen_by.values())
