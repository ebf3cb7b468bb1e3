"""The data that callers and providers exchange: messages, tools, requests, events, responses."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.types.attempt import Attempt as Attempt
    from ai_lib.types.content import (
        AudioBlock as AudioBlock,
        Block as Block,
        Citation as Citation,
        ContentBlock as ContentBlock,
        DocumentBlock as DocumentBlock,
        HostedToolBlock as HostedToolBlock,
        ImageBlock as ImageBlock,
        OpaqueBlock as OpaqueBlock,
        Source as Source,
        TextBlock as TextBlock,
        ThinkingBlock as ThinkingBlock,
        TokenLogprob as TokenLogprob,
        ToolResultBlock as ToolResultBlock,
        ToolUseBlock as ToolUseBlock,
    )
    from ai_lib.types.cost import (
        CostBounds as CostBounds,
        CostEstimate as CostEstimate,
        TokenCount as TokenCount,
    )
    from ai_lib.types.events import (
        AudioDelta as AudioDelta,
        ContentDelta as ContentDelta,
        Event as Event,
        FinalCandidate as FinalCandidate,
        HostedToolDelta as HostedToolDelta,
        HostedToolEnded as HostedToolEnded,
        HostedToolStarted as HostedToolStarted,
        ImageContent as ImageContent,
        LogprobsDelta as LogprobsDelta,
        Metadata as Metadata,
        OpaqueContent as OpaqueContent,
        PartialContentDelta as PartialContentDelta,
        PartialToolCall as PartialToolCall,
        StreamEnd as StreamEnd,
        StreamingEvent as StreamingEvent,
        ThinkingDelta as ThinkingDelta,
        ToolCallEnded as ToolCallEnded,
        ToolCallStarted as ToolCallStarted,
    )
    from ai_lib.types.message import (
        Conversation as Conversation,
        Message as Message,
        MessageLike as MessageLike,
        MessageRole as MessageRole,
    )
    from ai_lib.types.request import (
        ChatRequest as ChatRequest,
        ResponseFormat as ResponseFormat,
    )
    from ai_lib.types.response import (
        CallStats as CallStats,
        Candidate as Candidate,
        ChatResponse as ChatResponse,
    )
    from ai_lib.types.tool import (
        ToolCall as ToolCall,
        ToolChoice as ToolChoice,
        ToolDefinition as ToolDefinition,
    )
    from ai_lib.types.upload import FilePart as FilePart
    from ai_lib.types.usage import (
        Usage as Usage,
    )
    from ai_lib.types.wire import (
        HttpRequest as HttpRequest,
        TimeoutOptions as TimeoutOptions,
    )

_WHERE = {
    "Attempt": "ai_lib.types.attempt",
    "AudioBlock": "ai_lib.types.content",
    "AudioDelta": "ai_lib.types.events",
    "Block": "ai_lib.types.content",
    "CallStats": "ai_lib.types.response",
    "Candidate": "ai_lib.types.response",
    "ChatRequest": "ai_lib.types.request",
    "ChatResponse": "ai_lib.types.response",
    "Citation": "ai_lib.types.content",
    "ContentBlock": "ai_lib.types.content",
    "ContentDelta": "ai_lib.types.events",
    "Conversation": "ai_lib.types.message",
    "CostBounds": "ai_lib.types.cost",
    "CostEstimate": "ai_lib.types.cost",
    "DocumentBlock": "ai_lib.types.content",
    "Event": "ai_lib.types.events",
    "FilePart": "ai_lib.types.upload",
    "FinalCandidate": "ai_lib.types.events",
    "HostedToolBlock": "ai_lib.types.content",
    "HostedToolDelta": "ai_lib.types.events",
    "HostedToolEnded": "ai_lib.types.events",
    "HostedToolStarted": "ai_lib.types.events",
    "HttpRequest": "ai_lib.types.wire",
    "ImageBlock": "ai_lib.types.content",
    "ImageContent": "ai_lib.types.events",
    "LogprobsDelta": "ai_lib.types.events",
    "Message": "ai_lib.types.message",
    "MessageLike": "ai_lib.types.message",
    "MessageRole": "ai_lib.types.message",
    "Metadata": "ai_lib.types.events",
    "OpaqueBlock": "ai_lib.types.content",
    "OpaqueContent": "ai_lib.types.events",
    "PartialContentDelta": "ai_lib.types.events",
    "PartialToolCall": "ai_lib.types.events",
    "ResponseFormat": "ai_lib.types.request",
    "Source": "ai_lib.types.content",
    "StreamEnd": "ai_lib.types.events",
    "StreamingEvent": "ai_lib.types.events",
    "TextBlock": "ai_lib.types.content",
    "ThinkingBlock": "ai_lib.types.content",
    "ThinkingDelta": "ai_lib.types.events",
    "TimeoutOptions": "ai_lib.types.wire",
    "TokenCount": "ai_lib.types.cost",
    "TokenLogprob": "ai_lib.types.content",
    "ToolCall": "ai_lib.types.tool",
    "ToolCallEnded": "ai_lib.types.events",
    "ToolCallStarted": "ai_lib.types.events",
    "ToolChoice": "ai_lib.types.tool",
    "ToolDefinition": "ai_lib.types.tool",
    "ToolResultBlock": "ai_lib.types.content",
    "ToolUseBlock": "ai_lib.types.content",
    "Usage": "ai_lib.types.usage",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
