"""Talk to any LLM provider; what differs between them is data."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib._version import (
        __version__ as __version__,
    )
    from ai_lib.errors import (
        AiLibError as AiLibError,
        ProtocolError as ProtocolError,
        RemoteError as RemoteError,
        TransportError as TransportError,
    )
    from ai_lib.resilience.config import (
        ResilientConfig as ResilientConfig,
    )
    from ai_lib.types import (
        AudioDelta as AudioDelta,
        CallStats as CallStats,
        Candidate as Candidate,
        ChatResponse as ChatResponse,
        ContentBlock as ContentBlock,
        ContentDelta as ContentDelta,
        Event as Event,
        FinalCandidate as FinalCandidate,
        HostedToolDelta as HostedToolDelta,
        HostedToolEnded as HostedToolEnded,
        HostedToolStarted as HostedToolStarted,
        ImageContent as ImageContent,
        LogprobsDelta as LogprobsDelta,
        Message as Message,
        MessageRole as MessageRole,
        Metadata as Metadata,
        OpaqueContent as OpaqueContent,
        PartialContentDelta as PartialContentDelta,
        PartialToolCall as PartialToolCall,
        StreamEnd as StreamEnd,
        StreamingEvent as StreamingEvent,
        ThinkingDelta as ThinkingDelta,
        ToolCall as ToolCall,
        ToolCallEnded as ToolCallEnded,
        ToolCallStarted as ToolCallStarted,
        ToolChoice as ToolChoice,
        ToolDefinition as ToolDefinition,
        Usage as Usage,
    )

    from .client import (
        AiClient as AiClient,
        AiClientBuilder as AiClientBuilder,
        CancelToken as CancelToken,
        ChatRequestBuilder as ChatRequestBuilder,
        ChatStream as ChatStream,
        ask as ask,
    )
    from .embeddings import (
        EmbeddingClient as EmbeddingClient,
    )

_WHERE = {
    "AiClient": ".client",
    "AiClientBuilder": ".client",
    "AiLibError": "ai_lib.errors",
    "AudioDelta": "ai_lib.types",
    "CallStats": "ai_lib.types",
    "CancelToken": ".client",
    "Candidate": "ai_lib.types",
    "ChatRequestBuilder": ".client",
    "ChatResponse": "ai_lib.types",
    "ChatStream": ".client",
    "ContentBlock": "ai_lib.types",
    "ContentDelta": "ai_lib.types",
    "EmbeddingClient": ".embeddings",
    "Event": "ai_lib.types",
    "FinalCandidate": "ai_lib.types",
    "HostedToolDelta": "ai_lib.types",
    "HostedToolEnded": "ai_lib.types",
    "HostedToolStarted": "ai_lib.types",
    "ImageContent": "ai_lib.types",
    "LogprobsDelta": "ai_lib.types",
    "Message": "ai_lib.types",
    "MessageRole": "ai_lib.types",
    "Metadata": "ai_lib.types",
    "OpaqueContent": "ai_lib.types",
    "PartialContentDelta": "ai_lib.types",
    "PartialToolCall": "ai_lib.types",
    "ProtocolError": "ai_lib.errors",
    "RemoteError": "ai_lib.errors",
    "ResilientConfig": "ai_lib.resilience.config",
    "StreamEnd": "ai_lib.types",
    "StreamingEvent": "ai_lib.types",
    "ThinkingDelta": "ai_lib.types",
    "ToolCall": "ai_lib.types",
    "ToolCallEnded": "ai_lib.types",
    "ToolCallStarted": "ai_lib.types",
    "ToolChoice": "ai_lib.types",
    "ToolDefinition": "ai_lib.types",
    "TransportError": "ai_lib.errors",
    "Usage": "ai_lib.types",
    "__version__": "ai_lib._version",
    "ask": ".client",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
