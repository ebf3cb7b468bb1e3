"""What is known of a model that tokens are counted or paid for: its record, and how it counts."""

import os
from functools import lru_cache

import msgspec

from ai_lib.errors.exceptions import ManifestNotFound, ProtocolError
from ai_lib.protocol.bundle import bundled_manifest, bundled_names
from ai_lib.protocol.catalog import ManifestCatalog, declared_place
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
        return self.shape.encoding(self.model)


def known_model(name: str, catalogue: ManifestCatalog | None = None) -> KnownModel:
    """Return what is known of a model, by its listed name or as `provider/model`.

    Of a model that nothing lists it is how its provider counts, and of one whose provider is not
    named that of the provider whose patterns have such a name; else nothing.
    """
    if catalogue is None:
        return _usual(name, declared_place(), os.getcwd())
    return _known(name, catalogue)


@lru_cache(maxsize=256)
def _usual(name: str, place: str, folder: str) -> KnownModel:
    return _known(name, _catalogue(place, folder))


@lru_cache(maxsize=4)
def _catalogue(place: str, folder: str) -> ManifestCatalog:
    return ManifestCatalog()


def _known(name: str, catalogue: ManifestCatalog) -> KnownModel:
    record = find_record(name, catalogue)
    if record is not None:
        return KnownModel(
            model=record.model_id, shape=_shape(record.provider, catalogue), record=record
        )
    provider, slash, model = name.partition("/")
    if slash and model:
        return KnownModel(model=model, shape=_shape(provider, catalogue))
    owner = _by_pattern(name)
    return KnownModel(model=name, shape=_shape(owner, catalogue) if owner else TokenShape())


def find_record(name: str, catalogue: ManifestCatalog) -> ModelRecord | None:
    """Return the record of a model, None when it is not listed or several have the name."""
    models = catalogue.models()
    try:
        return models.find(name)
    except ManifestNotFound:
        provider, _, model = name.partition("/")
        return models.get(provider, model) if model else None


def _shape(provider: str, catalogue: ManifestCatalog) -> TokenShape:
    try:
        return catalogue.load(provider).dialect.tokens
    except ProtocolError:
        return TokenShape()


def _by_pattern(name: str) -> str | None:
    for provider in bundled_names("manifests"):
        section = (bundled_manifest(provider) or {}).get("tokens") or {}
        if TokenShape(encodings=section.get("encodings") or {}).encoding(name):
            return provider
    return None
