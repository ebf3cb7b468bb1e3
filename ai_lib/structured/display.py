"""A typed answer as Markdown for a notebook: its JSON and the figures of the call."""

from typing import Protocol

import msgspec

from ai_lib.types.display import figures, joined
from ai_lib.types.json import JsonValue
from ai_lib.types.markup.html import note
from ai_lib.types.markup.markdown import harmless
from ai_lib.types.response import ChatResponse
from ai_lib.types.schema.schema import to_json


class Answered(Protocol):
    """A typed answer."""

    @property
    def data(self) -> JsonValue: ...
    @property
    def value(self) -> object: ...
    @property
    def response(self) -> ChatResponse: ...
    @property
    def asks(self) -> int: ...


def output_sheet(output: Answered) -> str:
    """Return the answer with its figures."""
    return joined(_json(msgspec.json.encode(output.data)), note(output_figures(output)))


def output_figures(output: Answered) -> str:
    """Return its type and the figures of all asks in one line."""
    reply, name = output.response, type(output.value).__name__
    parts = [name] if name not in ("dict", "list", "str") else []
    parts += figures(reply.model, reply.total_usage, reply.attempts, reply.cost)
    return " · ".join([*parts, f"{output.asks} asks"] if output.asks > 1 else parts)


def growing_sheet(partial: object) -> str:
    """Return the answer as far as it is known."""
    return _json(to_json(partial))


def _json(data: bytes) -> str:
    return harmless(f"```json\n{msgspec.json.format(data, indent=2).decode()}\n```")
