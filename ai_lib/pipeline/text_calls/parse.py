"""Finds the tool calls in a whole text."""

import os
from collections.abc import Mapping, Sequence

import msgspec

from ai_lib.pipeline.text_calls.call import DIALECTS, TextCall, TextCallContext
from ai_lib.pipeline.text_calls.reader import TextCallReader
from ai_lib.types.json import JSON_ENCODER, JsonObject
from ai_lib.types.schema.reading import holds_decimal, to_floats
from ai_lib.types.tool import ToolCall


class TextToolCalls(msgspec.Struct, frozen=True, kw_only=True):
    """The tool calls in a text, and the text without them."""

    text: str
    calls: Sequence[ToolCall]


def parse_text_tool_calls(
    text: str,
    *,
    lenient: bool = True,
    dialects: Mapping[str, str] = DIALECTS,
    offered: Mapping[str, JsonObject] | None = None,
) -> TextToolCalls:
    """Return the tool calls in a text. Malformed calls are left in the text.

    Without `lenient`, only the canonical form is a call. `dialects` maps tags to tools. With
    `offered`, the schemas of the tools' arguments by their names, calls without a marker of their
    own are found too: bare JSON, JSON in a code block, Python.
    """
    reader = TextCallReader(TextCallContext(dialects=dialects, offered=offered, lenient=lenient))
    remaining = reader.feed(text) + reader.end()
    calls = tuple(_make_call(call, index) for index, call in enumerate(reader.calls))
    return TextToolCalls(text=remaining.strip() if calls else remaining, calls=calls)


def parse_hybrid_tool_calls(
    text: str,
    native: Sequence[ToolCall],
    *,
    lenient: bool = True,
    dialects: Mapping[str, str] = DIALECTS,
) -> TextToolCalls:
    """Return the native calls and the whole text; without native calls, those in the text."""
    if native:
        return TextToolCalls(text=text, calls=tuple(native))
    return parse_text_tool_calls(text, lenient=lenient, dialects=dialects)


def _make_call(call: TextCall, index: int) -> ToolCall:
    is_rounded = holds_decimal(call.arguments)
    return ToolCall(
        id=f"call_{os.urandom(8).hex()}",
        name=call.name,
        arguments=to_floats(call.arguments),
        index=index,
        exact_json=JSON_ENCODER.encode(call.arguments).decode() if is_rounded else "",
    )
