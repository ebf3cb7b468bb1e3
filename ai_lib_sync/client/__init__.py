# Copied from ai_lib/client/__init__.py by codegen; do not edit.
"""The client: one object to talk to any model, and what it hands out."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.client.cancel import (
        CancelReason as CancelReason,
        CancelToken as CancelToken,
    )
    from ai_lib.client.explain import (
        Explanation as Explanation,
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
    from .opening import (
        fetch_manifest as fetch_manifest,
    )
    from .stream import (
        ChatStream as ChatStream,
    )

_WHERE = {
    "AiClient": ".client",
    "AiClientBuilder": ".builder",
    "CancelReason": "ai_lib.client.cancel",
    "CancelToken": "ai_lib.client.cancel",
    "ChatRequestBuilder": ".chat",
    "ChatStream": ".stream",
    "Explanation": "ai_lib.client.explain",
    "fetch_manifest": ".opening",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
