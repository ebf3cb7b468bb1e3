"""Models as manifests list them."""

from collections.abc import Mapping
from typing import Final

from ai_lib.errors.exceptions import ManifestNotFound
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.capabilities import read_capabilities
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.routing.model_info import ModelInfo, info_of


def listed_models(provider: str, catalog: ManifestCatalog | None = None) -> list[ModelInfo]:
    """Return the models that a provider's manifest lists for chat, by its id.

    Raises:
        ManifestNotFound: there is no such provider.
        ProtocolError: its manifest can't be used.
    """
    catalog = catalog or ManifestCatalog()
    declared = _declared(provider, catalog)
    records = [one for one in catalog.build_registry().list_models() if one.provider == provider]
    return [info for one in records if (info := info_of(one, declared)).supports("text")]


def listed_model(name: str, catalog: ManifestCatalog) -> ModelInfo:
    """Return what is listed of a model, by a name of its or as `provider/model`.

    What its record does not say is as its provider declares it of all its models.

    Raises as `listed_models`.
    """
    provider, model = catalog.split_model_name(name)
    record = catalog.build_registry().get(provider, model)
    unlisted = ModelRecord(name=model, provider=provider, model_id=model, source="")
    return info_of(record or unlisted, _declared(provider, catalog))


def _declared(provider: str, catalog: ManifestCatalog) -> Mapping[str, bool]:
    manifest = catalog.load(provider).manifest
    found = read_capabilities(manifest.raw.get("capabilities"))
    if found is None:
        raise ManifestNotFound(f"{manifest.source}: its capabilities make no sense")
    return dict.fromkeys(frozenset(found[0] or ("text",)) & _OF_ALL, True)


# What a provider's models share. Of anything else it says that some of them can.
_OF_ALL: Final = frozenset({"text", "streaming", "tools", "parallel_tools", "structured_output"})
