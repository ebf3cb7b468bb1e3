"""OperationRequest: what is asked of a provider beside chat, in standard names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ai_lib.request.operations.media import MediaFile
from ai_lib.types.json import JsonObject, JsonValue


class OperationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One operation: `texts` are what people wrote, `values` the options, `files` the media.

    Guardrails and plugins see the texts, each a text or a list of texts. `extra` are fields that
    are merged into the body unchanged.
    """

    name: str
    texts: Mapping[str, JsonValue] = {}
    values: Mapping[str, JsonValue] = {}
    files: Mapping[str, Sequence[MediaFile]] = {}
    extra: JsonObject = {}
