"""Builds requests for the bundled providers, and shows their bodies."""

import json
from typing import Any

from ai_lib.request.chat import BuiltRequest, build_chat
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from tests.pipeline.manifests import bundled

# A provider for each dialect, and which of its API families speaks it.
DIALECTS = {
    "chat": ("openai", None),
    "responses": ("openai", "responses"),
    "messages": ("anthropic", None),
    "generate": ("gemini", None),
    "chat v2": ("cohere", None),
}


def built(dialect: str, *messages: Message, **request: Any) -> BuiltRequest:
    """Give the request in this dialect."""
    return build_chat(
        ChatRequest(messages=messages or (Message.user("Hi"),), **request),
        bundled(*DIALECTS[dialect]),
        model="m",
        credential="nobody's",
        base_url="http://127.0.0.1/v1",
        fit_media=False,  # the forms are in question, not what the vendors' limits let through
    )


def body(dialect: str, *messages: Message, **request: Any) -> dict[str, Any]:
    """Give its body."""
    decoded: dict[str, Any] = json.loads(built(dialect, *messages, **request).wire.body)
    return decoded
