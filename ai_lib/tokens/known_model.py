"""Resolves the name of a model to its record and its token rules."""

import os
from functools import lru_cache

import msgspec

from ai_lib.errors.exceptions import ManifestNotFound, ProtocolError
from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_names
from ai_lib.protocol.catalog import ManifestCatalog, read_environment_location
from ai_lib.protocol.dialect.token_rules import TokenShape
from ai_lib.protocol.manifest.models import ModelRecord


class KnownModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model by the name that is sent, with its token rules, and its record if it is listed."""

    model: str
    shape: TokenShape = TokenShape()
    record: ModelRecord | None = None

    @property
    def encoding(self) -> str | None:
        """The name of its encoding, None where it is unknown."""
        return self.shape.find_encoding(self.model)


def resolve_model(name: str, catalog: ManifestCatalog | None = None) -> KnownModel:
    """Return a model and its token rules, by its listed name or as `provider/model`.

    A model that is not listed has the token rules of its provider. If the name has no provider,
    that is the one whose patterns match the name. Else there are no rules.
    """
    if catalog is None:
        return _resolve_by_default(name, read_environment_location(), os.getcwd())
    return _resolve(name, catalog)


@lru_cache(maxsize=256)
def _resolve_by_default(name: str, location: str, folder: str) -> KnownModel:
    return _resolve(name, _load_catalog(location, folder))


@lru_cache(maxsize=4)
def _load_catalog(location: str, folder: str) -> ManifestCatalog:
    return ManifestCatalog()


def _resolve(name: str, catalog: ManifestCatalog) -> KnownModel:
    record = find_record(name, catalog)
    if record is not None:
        return KnownModel(
            model=record.model_id, shape=_load_shape(record.provider, catalog), record=record
        )
    provider, slash, model = name.partition("/")
    if slash and model:
        return KnownModel(model=model, shape=_load_shape(provider, catalog))
    owner = _match_provider(name)
    return KnownModel(model=name, shape=_load_shape(owner, catalog) if owner else TokenShape())


def find_record(name: str, catalog: ManifestCatalog) -> ModelRecord | None:
    """Return the record of a model, None when it is not listed or several have the name."""
    models = catalog.build_registry()
    try:
        return models.find(name)
    except ManifestNotFound:
        provider, _, model = name.partition("/")
        return models.get(provider, model) if model else None


def _load_shape(provider: str, catalog: ManifestCatalog) -> TokenShape:
    try:
        return catalog.load(provider).dialect.tokens
    except ProtocolError:
        return TokenShape()


def _match_provider(name: str) -> str | None:
    for provider in list_bundled_names("manifests"):
        section = (find_bundled_manifest(provider) or {}).get("tokens") or {}
        if TokenShape(encodings=section.get("encodings") or {}).find_encoding(name):
            return provider
    return None
