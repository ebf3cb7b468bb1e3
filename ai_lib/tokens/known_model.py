"""What is known of a model that tokens are counted or paid for: its record, and how it counts."""

import os
from functools import lru_cache

import msgspec

from ai_lib.errors.exceptions import ManifestNotFound, ProtocolError
from ai_lib.protocol.bundle import find_bundled_manifest, list_bundled_names
from ai_lib.protocol.catalog import ManifestCatalog, read_environment_location
from ai_lib.protocol.dialect.token_rules import TokenShape
from ai_lib.protocol.manifest.models import ModelRecord


class KnownModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model by the name it is sent under, with its record where one is listed."""

    model: str
    shape: TokenShape = TokenShape()
    record: ModelRecord | None = None

    @property
    def encoding(self) -> str | None:
        """The name of the encoding that cuts its text, None where nothing says so."""
        return self.shape.find_encoding(self.model)


def known_model(name: str, catalog: ManifestCatalog | None = None) -> KnownModel:
    """Return what is known of a model, by its listed name or as `provider/model`.

    Of a model that nothing lists it is how its provider counts, and of one whose provider is not
    named that of the provider whose patterns have such a name; else nothing.
    """
    if catalog is None:
        return _usual(name, read_environment_location(), os.getcwd())
    return _known(name, catalog)


@lru_cache(maxsize=256)
def _usual(name: str, place: str, folder: str) -> KnownModel:
    return _known(name, _catalogue(place, folder))


@lru_cache(maxsize=4)
def _catalogue(place: str, folder: str) -> ManifestCatalog:
    return ManifestCatalog()


def _known(name: str, catalog: ManifestCatalog) -> KnownModel:
    record = find_record(name, catalog)
    if record is not None:
        return KnownModel(
            model=record.model_id, shape=_shape(record.provider, catalog), record=record
        )
    provider, slash, model = name.partition("/")
    if slash and model:
        return KnownModel(model=model, shape=_shape(provider, catalog))
    owner = _by_pattern(name)
    return KnownModel(model=name, shape=_shape(owner, catalog) if owner else TokenShape())


def find_record(name: str, catalog: ManifestCatalog) -> ModelRecord | None:
    """Return the record of a model, None when it is not listed or several have the name."""
    models = catalog.build_registry()
    try:
        return models.find(name)
    except ManifestNotFound:
        provider, _, model = name.partition("/")
        return models.get(provider, model) if model else None


def _shape(provider: str, catalog: ManifestCatalog) -> TokenShape:
    try:
        return catalog.load(provider).dialect.tokens
    except ProtocolError:
        return TokenShape()


def _by_pattern(name: str) -> str | None:
    for provider in list_bundled_names("manifests"):
        section = (find_bundled_manifest(provider) or {}).get("tokens") or {}
        if TokenShape(encodings=section.get("encodings") or {}).find_encoding(name):
            return provider
    return None
