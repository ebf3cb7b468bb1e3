"""The client: one object to talk to any model, and what it hands out."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.client.call import (
        Call as Call,
    )
    from ai_lib.client.cancellation import (
        CancelReason as CancelReason,
        CancelState as CancelState,
    )
    from ai_lib.client.explain import (
        Explanation as Explanation,
    )
    from ai_lib.client.operation import (
        Errand as Errand,
        Operation as Operation,
    )
    from ai_lib.client.screen import (
        Screen as Screen,
    )
    from ai_lib.client.tool_run import (
        ToolRun as ToolRun,
    )
    from ai_lib.types.response import (
        CallStats as CallStats,
        ChatResponse as ChatResponse,
    )

    from .builder import (
        AiClientBuilder as AiClientBuilder,
    )
    from .cancel import (
        CancelHandle as CancelHandle,
        CancellableStream as CancellableStream,
        CancelToken as CancelToken,
        create_cancel_pair as create_cancel_pair,
        with_cancellation as with_cancellation,
    )
    from .chat import (
        ChatRequestBuilder as ChatRequestBuilder,
    )
    from .client import (
        AiClient as AiClient,
    )
    from .interceptor import (
        Interceptor as Interceptor,
    )
    from .opening import (
        fetch_manifest as fetch_manifest,
    )
    from .stream import (
        ChatStream as ChatStream,
    )
    from .tool_loop import (
        ToolStream as ToolStream,
    )
    from .typed_stream import (
        TypedStream as TypedStream,
    )

_WHERE = {
    "AiClient": ".client",
    "AiClientBuilder": ".builder",
    "Call": "ai_lib.client.call",
    "CallStats": "ai_lib.types.response",
    "CancelHandle": ".cancel",
    "CancelReason": "ai_lib.client.cancellation",
    "CancelState": "ai_lib.client.cancellation",
    "CancelToken": ".cancel",
    "CancellableStream": ".cancel",
    "ChatRequestBuilder": ".chat",
    "ChatResponse": "ai_lib.types.response",
    "ChatStream": ".stream",
    "Errand": "ai_lib.client.operation",
    "Explanation": "ai_lib.client.explain",
    "Interceptor": ".interceptor",
    "Operation": "ai_lib.client.operation",
    "Screen": "ai_lib.client.screen",
    "ToolRun": "ai_lib.client.tool_run",
    "ToolStream": ".tool_loop",
    "TypedStream": ".typed_stream",
    "create_cancel_pair": ".cancel",
    "fetch_manifest": ".opening",
    "with_cancellation": ".cancel",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
