# Copied from ai_lib/errors/__init__.py by codegen; do not edit.
"""Every exception, and the thirteen standard error codes."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.errors.classify import (
        classify_http_error as classify_http_error,
    )
    from ai_lib.errors.codes import (
        STANDARD_ERROR_CODES as STANDARD_ERROR_CODES,
        StandardErrorCode as StandardErrorCode,
        standard_code as standard_code,
    )
    from ai_lib.errors.tree import (
        AiLibError as AiLibError,
        AnswerCutShort as AnswerCutShort,
        AnswerRefused as AnswerRefused,
        BackpressureError as BackpressureError,
        BatchError as BatchError,
        BudgetExceeded as BudgetExceeded,
        CacheError as CacheError,
        CapabilityError as CapabilityError,
        CircuitOpenError as CircuitOpenError,
        ConnectError as ConnectError,
        ConnectionLost as ConnectionLost,
        CredentialError as CredentialError,
        DecodeError as DecodeError,
        GuardrailError as GuardrailError,
        InvalidInput as InvalidInput,
        InvalidOutput as InvalidOutput,
        InvalidToolArguments as InvalidToolArguments,
        ItemTimeout as ItemTimeout,
        JournalError as JournalError,
        ManifestInvalid as ManifestInvalid,
        ManifestNotFound as ManifestNotFound,
        ManifestSyntaxError as ManifestSyntaxError,
        MediaError as MediaError,
        PluginError as PluginError,
        ProtocolError as ProtocolError,
        RateLimitExceeded as RateLimitExceeded,
        RemoteError as RemoteError,
        ReplyError as ReplyError,
        RequestError as RequestError,
        ResilienceError as ResilienceError,
        ResponseTooLarge as ResponseTooLarge,
        StreamCancelled as StreamCancelled,
        StreamTruncated as StreamTruncated,
        ToolRoundsExceeded as ToolRoundsExceeded,
        TransportError as TransportError,
        TransportTimeout as TransportTimeout,
        UnsupportedVersion as UnsupportedVersion,
        ValidationError as ValidationError,
    )

_WHERE = {
    "AiLibError": "ai_lib.errors.tree",
    "AnswerCutShort": "ai_lib.errors.tree",
    "AnswerRefused": "ai_lib.errors.tree",
    "BackpressureError": "ai_lib.errors.tree",
    "BatchError": "ai_lib.errors.tree",
    "BudgetExceeded": "ai_lib.errors.tree",
    "CacheError": "ai_lib.errors.tree",
    "CapabilityError": "ai_lib.errors.tree",
    "CircuitOpenError": "ai_lib.errors.tree",
    "ConnectError": "ai_lib.errors.tree",
    "ConnectionLost": "ai_lib.errors.tree",
    "CredentialError": "ai_lib.errors.tree",
    "DecodeError": "ai_lib.errors.tree",
    "GuardrailError": "ai_lib.errors.tree",
    "InvalidInput": "ai_lib.errors.tree",
    "InvalidOutput": "ai_lib.errors.tree",
    "InvalidToolArguments": "ai_lib.errors.tree",
    "ItemTimeout": "ai_lib.errors.tree",
    "JournalError": "ai_lib.errors.tree",
    "ManifestInvalid": "ai_lib.errors.tree",
    "ManifestNotFound": "ai_lib.errors.tree",
    "ManifestSyntaxError": "ai_lib.errors.tree",
    "MediaError": "ai_lib.errors.tree",
    "PluginError": "ai_lib.errors.tree",
    "ProtocolError": "ai_lib.errors.tree",
    "RateLimitExceeded": "ai_lib.errors.tree",
    "RemoteError": "ai_lib.errors.tree",
    "ReplyError": "ai_lib.errors.tree",
    "RequestError": "ai_lib.errors.tree",
    "ResilienceError": "ai_lib.errors.tree",
    "ResponseTooLarge": "ai_lib.errors.tree",
    "STANDARD_ERROR_CODES": "ai_lib.errors.codes",
    "StandardErrorCode": "ai_lib.errors.codes",
    "StreamCancelled": "ai_lib.errors.tree",
    "StreamTruncated": "ai_lib.errors.tree",
    "ToolRoundsExceeded": "ai_lib.errors.tree",
    "TransportError": "ai_lib.errors.tree",
    "TransportTimeout": "ai_lib.errors.tree",
    "UnsupportedVersion": "ai_lib.errors.tree",
    "ValidationError": "ai_lib.errors.tree",
    "classify_http_error": "ai_lib.errors.classify",
    "standard_code": "ai_lib.errors.codes",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
