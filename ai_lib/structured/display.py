"""Shows a typed answer as Markdown in a notebook: its JSON and a summary of the call."""

from typing import Protocol

import msgspec

from ai_lib.types.display import join_paragraphs, summary_parts
from ai_lib.types.json import JsonValue
from ai_lib.types.markup.html import render_note
from ai_lib.types.markup.markdown import sanitize_markdown
from ai_lib.types.response import ChatResponse
from ai_lib.types.schema.schema import to_json


class StructuredOutputLike(Protocol):
    """What a `StructuredOutput` has."""

    @property
    def data(self) -> JsonValue: ...
    @property
    def value(self) -> object: ...
    @property
    def response(self) -> ChatResponse: ...
    @property
    def asks(self) -> int: ...


def output_markdown(output: StructuredOutputLike) -> str:
    """Return the answer and its summary."""
    return join_paragraphs(
        _json(msgspec.json.encode(output.data)), render_note(output_summary(output))
    )


def output_summary(output: StructuredOutputLike) -> str:
    """Return one line: the type, and the model, usage, time and cost of all asks."""
    response, name = output.response, type(output.value).__name__
    parts = [name] if name not in ("dict", "list", "str") else []
    parts += summary_parts(response.model, response.total_usage, response.attempts, response.cost)
    return " · ".join([*parts, f"{output.asks} asks"] if output.asks > 1 else parts)


def partial_markdown(partial: object) -> str:
    """Return a partial answer as Markdown."""
    return _json(to_json(partial))


def _json(data: bytes) -> str:
    return sanitize_markdown(f"```json\n{msgspec.json.format(data, indent=2).decode()}\n```")
