# Copied from ai_lib/pipeline/__init__.py by codegen; do not edit.
"""Turns bytes into events: decoders, rules, tool calls, and the pipeline that joins them."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.pipeline.assembly.tool_calls import (
        ToolCallAccumulator as ToolCallAccumulator,
    )
    from ai_lib.pipeline.decoders.json import (
        JsonLinesDecoder as JsonLinesDecoder,
    )
    from ai_lib.pipeline.decoders.sse import (
        AnthropicSseDecoder as AnthropicSseDecoder,
        SseDecoder as SseDecoder,
    )
    from ai_lib.pipeline.event_mapper import (
        AnthropicEventMapper as AnthropicEventMapper,
        DefaultEventMapper as DefaultEventMapper,
        ProtocolEventMapper as ProtocolEventMapper,
    )
    from ai_lib.pipeline.pipeline import (
        Pipeline as Pipeline,
    )
    from ai_lib.pipeline.rules.fan_out import (
        FanOut as FanOut,
    )
    from ai_lib.pipeline.selector import (
        JsonPathSelector as JsonPathSelector,
    )
    from ai_lib.pipeline.text_calls.parse import (
        TextToolCalls as TextToolCalls,
        parse_hybrid_tool_calls as parse_hybrid_tool_calls,
        parse_text_tool_calls as parse_text_tool_calls,
    )
    from ai_lib.pipeline.transforms import (
        ReplicateTransform as ReplicateTransform,
        SplitTransform as SplitTransform,
        Transform as Transform,
    )

_WHERE = {
    "AnthropicEventMapper": "ai_lib.pipeline.event_mapper",
    "AnthropicSseDecoder": "ai_lib.pipeline.decoders.sse",
    "DefaultEventMapper": "ai_lib.pipeline.event_mapper",
    "FanOut": "ai_lib.pipeline.rules.fan_out",
    "JsonLinesDecoder": "ai_lib.pipeline.decoders.json",
    "JsonPathSelector": "ai_lib.pipeline.selector",
    "Pipeline": "ai_lib.pipeline.pipeline",
    "ProtocolEventMapper": "ai_lib.pipeline.event_mapper",
    "ReplicateTransform": "ai_lib.pipeline.transforms",
    "SplitTransform": "ai_lib.pipeline.transforms",
    "SseDecoder": "ai_lib.pipeline.decoders.sse",
    "TextToolCalls": "ai_lib.pipeline.text_calls.parse",
    "ToolCallAccumulator": "ai_lib.pipeline.assembly.tool_calls",
    "Transform": "ai_lib.pipeline.transforms",
    "parse_hybrid_tool_calls": "ai_lib.pipeline.text_calls.parse",
    "parse_text_tool_calls": "ai_lib.pipeline.text_calls.parse",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
