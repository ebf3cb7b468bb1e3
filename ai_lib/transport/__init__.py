"""Bytes out, bytes in: connections, proxies, TLS, clocks, size limits. Knows no provider."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.transport.answer import PoolAnswer as PoolAnswer
    from ai_lib.transport.credentials import (
        Credential as Credential,
        CredentialReport as CredentialReport,
        describe_credential as describe_credential,
        resolve_api_key as resolve_api_key,
        resolve_credential as resolve_credential,
    )
    from ai_lib.transport.headers import Headers as Headers
    from ai_lib.transport.options import (
        PoolConfig as PoolConfig,
        PoolStats as PoolStats,
        TransportOptions as TransportOptions,
    )

    from .connection_pool import ConnectionPool as ConnectionPool
    from .http import HttpTransport as HttpTransport
    from .pool_client import PoolClient as PoolClient
    from .reply import WireReply as WireReply

_WHERE = {
    "ConnectionPool": ".connection_pool",
    "Credential": "ai_lib.transport.credentials",
    "CredentialReport": "ai_lib.transport.credentials",
    "Headers": "ai_lib.transport.headers",
    "HttpTransport": ".http",
    "PoolAnswer": "ai_lib.transport.answer",
    "PoolClient": ".pool_client",
    "PoolConfig": "ai_lib.transport.options",
    "PoolStats": "ai_lib.transport.options",
    "TransportOptions": "ai_lib.transport.options",
    "WireReply": ".reply",
    "describe_credential": "ai_lib.transport.credentials",
    "resolve_api_key": "ai_lib.transport.credentials",
    "resolve_credential": "ai_lib.transport.credentials",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
