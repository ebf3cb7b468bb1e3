"""Writes the mock provider's list of models and its counts of tokens."""

from datetime import datetime, timezone
from typing import Final

import msgspec

from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.manifest.lifecycle import ModelLifecycle
from ai_lib.protocol.manifest.models import ModelRecord, read_manifest_models
from ai_lib.testing.mock.providers import MockedProvider
from ai_lib.types.json import JsonValue

_EPOCH: Final = datetime(2025, 1, 1, tzinfo=timezone.utc)


def write_model_list(provider: MockedProvider) -> bytes:
    """Return the list of the models that the manifest lists and that are not retired."""
    shape = provider.serve.models
    records = read_manifest_models(dict(provider.manifest.raw), provider.manifest.source)
    living = [record for record in records if not record.lifecycle.is_retired()]
    items = [fill_template(shape.item, _make_values(record)) for record in living] if shape else []
    body: JsonValue = items
    if shape is not None and shape.body is not None:
        body = fill_template(shape.body, {"items": items})
    return msgspec.json.encode(body)


def _make_values(record: ModelRecord) -> dict[str, object]:
    created = _find_creation(record.lifecycle)
    return {
        "id": record.model_id,
        "owner": record.provider,
        "created": int(created.timestamp()),
        "created_at": created.isoformat().replace("+00:00", "Z"),
        "context_window": record.context_window or 0,
        "max_output_tokens": record.max_output_tokens or 0,
    }


def _find_creation(lifecycle: ModelLifecycle) -> datetime:
    day = lifecycle.released_on
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc) if day else _EPOCH


def write_token_count(provider: MockedProvider, body: object) -> bytes:
    """Return the count of a request: a token for every four characters of its JSON."""
    tokens = max(1, len(msgspec.json.encode(body)) // 4)
    values = {"prompt_tokens": tokens, "token_ids": list(range(tokens))}
    return msgspec.json.encode(fill_template(provider.serve.counting, values))
