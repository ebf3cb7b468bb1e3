# Generated from ai_lib/cli/live_commands.py by codegen; do not edit.
"""`ai-lib models --live`, and what `ai-lib doctor --check` says of a provider's own list."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ai_lib.cli.output import find_width, format_table, write_json, write_text
from ai_lib.errors.exceptions import AiLibError
from ai_lib.protocol.manifest.models import ModelRecord

from ..client.client import AiClient
from ..client.live_models import LiveModel

_COLUMNS = ("model", "created", "owner", "context", "answer")


def list_live_models(provider: str, *, base_url: str | None, as_json: bool) -> int:
    """Write the models that a provider lists now; return 0."""
    models = fetch_live_models(provider, base_url)
    if as_json:
        write_json([msgspec.to_builtins(model) for model in models])
    else:
        write_text(
            format_table(_COLUMNS, [_make_row(model) for model in models], width=find_width())
        )
    return 0


def fetch_live_models(provider: str, base_url: str | None = None) -> tuple[LiveModel, ...]:
    """Return the models that a provider lists for the key in force. Raises as `ModelService`."""
    # A list needs no model, but a client has one.
    with AiClient.create(f"{provider}/any", base_url=base_url) as client:
        return client.models.list()


def compare_with_live_list(provider: str, records: Iterable[ModelRecord]) -> str:
    """Return the sentence that says which models are new and gone; "" when nothing differs."""
    try:
        live = {model.id for model in fetch_live_models(provider)}
    except AiLibError as error:
        return f"{provider}: its list of models can't be read: {error.message}"
    return describe_difference(provider, live, records)


def describe_difference(provider: str, live: set[str], records: Iterable[ModelRecord]) -> str:
    """Return the sentence that says what a live list has and lacks against the registry."""
    listed_names, living = set[str](), dict[str, ModelRecord]()
    for record in records:
        listed_names.update(record.keys)
        if not record.lifecycle.is_retired():
            living[record.model_id] = record
    new = sorted(live - listed_names)
    missing_names = sorted(name for name, record in living.items() if live.isdisjoint(record.keys))
    parts = [f"new: {', '.join(new)}"] if new else []
    parts += [f"gone: {', '.join(missing_names)}"] if missing_names else []
    return f"{provider}: {'; '.join(parts)}" if parts else ""


def _make_row(model: LiveModel) -> dict[str, str]:
    return {
        "model": model.id,
        "created": "-" if model.created is None else f"{model.created:%Y-%m-%d}",
        "owner": model.owner or "-",
        "context": str(model.context_window or "-"),
        "answer": str(model.max_output_tokens or "-"),
    }
