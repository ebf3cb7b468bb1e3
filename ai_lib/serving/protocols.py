"""The protocols in which browsers read a stream, as tables: what each step of it is written as.

A name with a dollar sign is a fact of the step; a member whose fact is unknown is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

Protocol: TypeAlias = Literal["ai-lib", "ai-sdk", "ag-ui"]
"""Our own events; the UI message stream of the AI SDK; the Agent User Interaction Protocol."""
Template: TypeAlias = Mapping[str, object]
Steps: TypeAlias = Mapping[str, Sequence[Template]]

_EVENT_STREAM: Final = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
HEADERS: Final[Mapping[Protocol, Mapping[str, str]]] = {
    "ai-lib": _EVENT_STREAM,
    "ai-sdk": {**_EVENT_STREAM, "x-vercel-ai-ui-message-stream": "v1"},
    "ag-ui": _EVENT_STREAM,
}
"""The headers of a response in each protocol."""

LAST_LINES: Final[Mapping[Protocol, str]] = {"ai-sdk": "[DONE]"}
"""What is sent after everything else, where a protocol has such a line."""

FINISH_REASONS: Final[Mapping[str, str]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "context_window": "length",
    "tool_use": "tool-calls",
    "refusal": "content-filter",
    "error": "error",
}
"""The AI SDK's words for the standard termination reasons; for others it is `other`."""

_ARGUMENTS: Final = {"type": "TOOL_CALL_ARGS", "toolCallId": "$id", "delta": "$delta"}
_REASONING: Final = {"messageId": "$id"}
STEPS: Final[Mapping[Protocol, Steps]] = {
    "ai-lib": {"error": [{"type": "error", "error": "$code", "message": "$message"}]},
    # https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
    "ai-sdk": {
        "start": [{"type": "start", "messageId": "$run_id"}, {"type": "start-step"}],
        "text_start": [{"type": "text-start", "id": "$id"}],
        "text_delta": [{"type": "text-delta", "id": "$id", "delta": "$delta"}],
        "text_end": [{"type": "text-end", "id": "$id"}],
        "thinking_start": [{"type": "reasoning-start", "id": "$id"}],
        "thinking_delta": [{"type": "reasoning-delta", "id": "$id", "delta": "$delta"}],
        "thinking_end": [{"type": "reasoning-end", "id": "$id"}],
        "tool_start": [{"type": "tool-input-start", "toolCallId": "$id", "toolName": "$name"}],
        "tool_delta": [
            {"type": "tool-input-delta", "toolCallId": "$id", "inputTextDelta": "$delta"}
        ],
        "tool_end": [
            {
                "type": "tool-input-available",
                "toolCallId": "$id",
                "toolName": "$name",
                "input": "$arguments",
            }
        ],
        "source": [{"type": "source-url", "sourceId": "$id", "url": "$url", "title": "$title"}],
        "file": [{"type": "file", "url": "$url", "mediaType": "$media_type"}],
        "finish": [{"type": "finish-step"}, {"type": "finish", "finishReason": "$reason"}],
        "error": [{"type": "error", "errorText": "$message"}],
    },
    # https://docs.ag-ui.com/concepts/events
    "ag-ui": {
        "start": [{"type": "RUN_STARTED", "threadId": "$thread_id", "runId": "$run_id"}],
        "text_start": [{"type": "TEXT_MESSAGE_START", "messageId": "$id", "role": "assistant"}],
        "text_delta": [{"type": "TEXT_MESSAGE_CONTENT", "messageId": "$id", "delta": "$delta"}],
        "text_end": [{"type": "TEXT_MESSAGE_END", "messageId": "$id"}],
        "thinking_start": [
            {"type": "REASONING_START", **_REASONING},
            {"type": "REASONING_MESSAGE_START", **_REASONING, "role": "reasoning"},
        ],
        "thinking_delta": [
            {"type": "REASONING_MESSAGE_CONTENT", **_REASONING, "delta": "$delta"},
        ],
        "thinking_end": [
            {"type": "REASONING_MESSAGE_END", **_REASONING},
            {"type": "REASONING_END", **_REASONING},
        ],
        "tool_start": [{"type": "TOOL_CALL_START", "toolCallId": "$id", "toolCallName": "$name"}],
        "tool_delta": [_ARGUMENTS],
        "tool_end": [{"type": "TOOL_CALL_END", "toolCallId": "$id"}],
        "source": [
            {"type": "CUSTOM", "name": "source", "value": {"url": "$url", "title": "$title"}}
        ],
        "file": [
            {"type": "CUSTOM", "name": "file", "value": {"url": "$url", "mediaType": "$media_type"}}
        ],
        "finish": [{"type": "RUN_FINISHED", "threadId": "$thread_id", "runId": "$run_id"}],
        "error": [{"type": "RUN_ERROR", "message": "$message", "code": "$code"}],
    },
}
"""What each step is written as; a step that a protocol lacks is not written."""
