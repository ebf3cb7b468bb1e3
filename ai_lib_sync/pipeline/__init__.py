# Copied from ai_lib/pipeline/__init__.py by codegen; do not edit.
"""Bytes to events: decoders, rules, tool calls, and the pipeline that joins them."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.pipeline.json_lines import (
        JsonLinesDecoder as JsonLinesDecoder,
    )
    from ai_lib.pipeline.pipeline import (
        Pipeline as Pipeline,
    )
    from ai_lib.pipeline.sse import (
        AnthropicSseDecoder as AnthropicSseDecoder,
        SseDecoder as SseDecoder,
    )
    from ai_lib.pipeline.text_tools import (
        TextToolCalls as TextToolCalls,
        parse_hybrid_tool_calls as parse_hybrid_tool_calls,
        parse_text_tool_calls as parse_text_tool_calls,
    )
    from ai_lib.pipeline.tool_calls import (
        ToolCallAccumulator as ToolCallAccumulator,
    )

_WHERE = {
    "AnthropicSseDecoder": "ai_lib.pipeline.sse",
    "JsonLinesDecoder": "ai_lib.pipeline.json_lines",
    "Pipeline": "ai_lib.pipeline.pipeline",
    "SseDecoder": "ai_lib.pipeline.sse",
    "TextToolCalls": "ai_lib.pipeline.text_tools",
    "ToolCallAccumulator": "ai_lib.pipeline.tool_calls",
    "parse_hybrid_tool_calls": "ai_lib.pipeline.text_tools",
    "parse_text_tool_calls": "ai_lib.pipeline.text_tools",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
