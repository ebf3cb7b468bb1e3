# Copied from ai_lib/client/__init__.py by codegen; do not edit.
"""The client: one object to talk to any model, and what it hands out."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.client.call.call import (
        Call as Call,
    )
    from ai_lib.client.call.prepared_request import (
        PreparedRequest as PreparedRequest,
    )
    from ai_lib.client.execution.cancel_reason import (
        CancelReason as CancelReason,
        CancelState as CancelState,
    )
    from ai_lib.client.interceptors.stream_filter import (
        StreamFilter as StreamFilter,
    )
    from ai_lib.client.target.explain import (
        Explanation as Explanation,
    )
    from ai_lib.client.tools.conversation import (
        ToolRun as ToolRun,
    )
    from ai_lib.types.response import (
        CallStats as CallStats,
        ChatResponse as ChatResponse,
    )

    from .builder import (
        AiClientBuilder as AiClientBuilder,
    )
    from .chat import (
        ChatRequestBuilder as ChatRequestBuilder,
    )
    from .client import (
        AiClient as AiClient,
    )
    from .execution.cancel import (
        CancelHandle as CancelHandle,
        CancellableStream as CancellableStream,
        CancelToken as CancelToken,
        create_cancel_pair as create_cancel_pair,
        with_cancellation as with_cancellation,
    )
    from .execution.stream import (
        ChatStream as ChatStream,
    )
    from .execution.text_stream import (
        TextStream as TextStream,
    )
    from .interceptors.base import (
        Interceptor as Interceptor,
    )
    from .loading import (
        fetch_manifest as fetch_manifest,
    )
    from .one_question import (
        ask as ask,
    )
    from .tool_loop import (
        ToolStream as ToolStream,
    )
    from .typed_stream import (
        TypedStream as TypedStream,
    )
    from .worker import (
        worker_client as worker_client,
    )

_WHERE = {
    "AiClient": ".client",
    "AiClientBuilder": ".builder",
    "Call": "ai_lib.client.call.call",
    "CallStats": "ai_lib.types.response",
    "CancelHandle": ".execution.cancel",
    "CancelReason": "ai_lib.client.execution.cancel_reason",
    "CancelState": "ai_lib.client.execution.cancel_reason",
    "CancelToken": ".execution.cancel",
    "CancellableStream": ".execution.cancel",
    "ChatRequestBuilder": ".chat",
    "ChatResponse": "ai_lib.types.response",
    "ChatStream": ".execution.stream",
    "Explanation": "ai_lib.client.target.explain",
    "Interceptor": ".interceptors.base",
    "PreparedRequest": "ai_lib.client.call.prepared_request",
    "StreamFilter": "ai_lib.client.interceptors.stream_filter",
    "TextStream": ".execution.text_stream",
    "ToolRun": "ai_lib.client.tools.conversation",
    "ToolStream": ".tool_loop",
    "TypedStream": ".typed_stream",
    "ask": ".one_question",
    "create_cancel_pair": ".execution.cancel",
    "fetch_manifest": ".loading",
    "with_cancellation": ".execution.cancel",
    "worker_client": ".worker",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
