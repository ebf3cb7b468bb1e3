"""Resolves `metadata.models_of`: models of others, as their own manifests list them.

A provider that resells models refers to them. What is said of a model by its vendor holds for it
there too: sizes, capabilities, parameters, prices, and how it is told how much to think. Days of
its life and its successor do not: each provider sets its own.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final

from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.types.json import JsonDict, JsonObject, JsonValue, as_list, as_object

# What a provider says for itself.
_OWN: Final = frozenset(
    {"deprecated_on", "retires_on", "retired_on", "release_date", "successor", "source", "as_of"}
)


def resolve_model_references(document: JsonObject) -> JsonObject:
    """Return a manifest with the models of other bundled manifests that it refers to.

    A reference names the `provider` and has patterns of the `models`. Retired ones are left out.
    What the manifest says of a model itself counts, member by member.
    """
    metadata = as_object(document.get("metadata"))
    references = as_list(metadata.get("models_of"))
    if not references:
        return document
    models: dict[str, JsonValue] = {}
    reasoning: dict[str, JsonValue] = {}
    for reference in map(as_object, references):
        source = as_object(
            (find_bundled_manifest(str(reference.get("provider"))) or {}).get("metadata")
        )
        patterns = [text for text in as_list(reference.get("models")) if isinstance(text, str)]
        models.update(_select_models(as_object(source.get("models")), patterns))
        reasoning.update(_select(as_object(source.get("reasoning")), patterns))
    for name, entry in as_object(metadata.get("models")).items():
        models[name] = {**as_object(models.get(name)), **as_object(entry)}
    resolved: JsonDict = {key: value for key, value in metadata.items() if key != "models_of"}
    resolved["models"] = models
    if reasoning:
        resolved["reasoning"] = {**reasoning, **as_object(metadata.get("reasoning"))}
    return {**document, "metadata": resolved}


def _select_models(entries: JsonObject, patterns: list[str]) -> Iterator[tuple[str, JsonValue]]:
    for name, entry in _select(entries, patterns):
        if isinstance(entry, Mapping) and entry.get("status") != "retired":
            yield name, {key: value for key, value in entry.items() if key not in _OWN}


def _select(entries: JsonObject, patterns: list[str]) -> Iterator[tuple[str, JsonValue]]:
    for name, entry in entries.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            yield name, entry
