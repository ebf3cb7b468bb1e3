"""Lists whom the page may ask: providers whose key is found, and the mock provider as each."""

from __future__ import annotations

from ai_lib.errors.exceptions import AiLibError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.routing.from_manifests import load_models
from ai_lib.transport.credentials.lookup import describe_credential
from ai_lib.types.json import JsonDict

_ANY_MODEL = "any-model"


def list_sources(mocked_names: tuple[str, ...], *, has_real: bool) -> list[JsonDict]:
    """Return the providers that can chat, with their models: real ones first, then mocked ones."""
    catalog = ManifestCatalog()
    records = {(r.provider, r.model_id): r for r in catalog.build_registry().list_models()}
    real: list[JsonDict] = []
    mocked: list[JsonDict] = []
    for name in mocked_names:
        try:
            compiled = catalog.load(name)
            names = [model.name for model in load_models(name, catalog)]
            status = describe_credential(compiled.manifest).status
        except AiLibError:  # a provider that can't be used is not listed
            continue
        # A pattern stands for models that only the provider lists.
        model_names = [model for model in names if "*" not in model]
        if not names and not compiled.find_endpoint("chat"):
            continue
        models = [
            _describe_model(compiled, model, records.get((name, model)))
            for model in model_names or [_ANY_MODEL]
        ]
        models = [model for model in models if not model.pop("is_left_out")] or models[:1]
        mocked.append({"source": "mock", "provider": name, "models": models})
        if has_real and status == "available":
            real.append({"source": "real", "provider": name, "models": models})
    return [*real, *mocked]


def _describe_model(compiled: CompiledManifest, name: str, record: ModelRecord | None) -> JsonDict:
    """Return a model's name, and which switches make sense for it."""
    abilities = compiled.manifest.capabilities or frozenset()
    prices = record.prices if record is not None else None
    return {
        "name": name,
        "tools": _can(record, "tools", default="tools" in abilities),
        # What nothing says of a model it is not asked for.
        "thinking": _can(record, "reasoning", default=record is None and "reasoning" in abilities),
        "images": _can(record, "vision", default=record is None and "vision" in abilities),
        "prices": None
        if prices is None or prices.input is None
        else [prices.input, prices.output, prices.currency],
        "is_left_out": record is not None
        and (record.lifecycle.is_retired() or record.supports("embeddings") is True),
    }


def _can(record: ModelRecord | None, ability: str, *, default: bool) -> bool:
    supports = record.supports(ability) if record is not None else None
    return default if supports is None else supports
