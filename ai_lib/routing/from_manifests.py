"""Models as manifests list them."""

from collections.abc import Mapping
from typing import Final

from ai_lib.errors.exceptions import ManifestNotFound
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.capabilities import read_capabilities
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.routing.model_info import ModelInfo, info_of


def listed_models(provider: str, catalogue: ManifestCatalog | None = None) -> list[ModelInfo]:
    """Return the models that a provider's manifest lists for chat, by its id.

    Raises:
        ManifestNotFound: there is no such provider.
        ProtocolError: its manifest can't be used.
    """
    catalogue = catalogue or ManifestCatalog()
    declared = _declared(provider, catalogue)
    records = [one for one in catalogue.models().all() if one.provider == provider]
    return [info for one in records if (info := info_of(one, declared)).supports("text")]


def listed_model(name: str, catalogue: ManifestCatalog) -> ModelInfo:
    """Return what is listed of a model, by a name of its or as `provider/model`.

    What its record does not say is as its provider declares it of all its models.

    Raises as `listed_models`.
    """
    provider, model = catalogue.split(name)
    record = catalogue.models().get(provider, model)
    unlisted = ModelRecord(name=model, provider=provider, model_id=model, source="")
    return info_of(record or unlisted, _declared(provider, catalogue))


def _declared(provider: str, catalogue: ManifestCatalog) -> Mapping[str, bool]:
    manifest = catalogue.load(provider).manifest
    found = read_capabilities(manifest.raw.get("capabilities"))
    if found is None:
        raise ManifestNotFound(f"{manifest.source}: its capabilities make no sense")
    return dict.fromkeys(frozenset(found[0] or ("text",)) & _OF_ALL, True)


# What a provider's models share. Of anything else it says that some of them can.
_OF_ALL: Final = frozenset({"text", "streaming", "tools", "parallel_tools", "structured_output"})
