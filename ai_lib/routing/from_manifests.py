"""Loads models from the manifests that list them."""

from collections.abc import Mapping
from typing import Final

from ai_lib.errors.exceptions import ManifestNotFound
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.capabilities import read_capabilities
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.routing.model_info import ModelInfo, build_model_info


def load_models(provider: str, catalog: ManifestCatalog | None = None) -> list[ModelInfo]:
    """Return the models that a provider's manifest lists for chat, by its id.

    Raises:
        ManifestNotFound: there is no such provider.
        ProtocolError: its manifest can't be used.
    """
    catalog = catalog or ManifestCatalog()
    declared = _load_declared(provider, catalog)
    records = catalog.build_registry().list_models()
    models = [build_model_info(r, declared) for r in records if r.provider == provider]
    return [model for model in models if model.supports("text")]


def load_model(name: str, catalog: ManifestCatalog) -> ModelInfo:
    """Return a listed model, by one of its names or as `provider/model`.

    The provider's declaration for all its models fills in what the model's record does not state.

    Raises as `load_models`.
    """
    provider, model = catalog.split_model_name(name)
    record = catalog.build_registry().get(provider, model)
    unlisted = ModelRecord(name=model, provider=provider, model_id=model, source="")
    return build_model_info(record or unlisted, _load_declared(provider, catalog))


def _load_declared(provider: str, catalog: ManifestCatalog) -> Mapping[str, bool]:
    manifest = catalog.load(provider).manifest
    capabilities = read_capabilities(manifest.raw.get("capabilities"))
    if capabilities is None:
        raise ManifestNotFound(f"{manifest.source}: its capabilities make no sense")
    return dict.fromkeys(frozenset(capabilities[0] or ("text",)) & _SHARED, True)


# What a provider's models share. Any other capability is one that only some of them have.
_SHARED: Final = frozenset({"text", "streaming", "tools", "parallel_tools", "structured_output"})
