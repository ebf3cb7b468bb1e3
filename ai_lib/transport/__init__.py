"""Bytes out, bytes in: connections, proxies, TLS, timeouts, size limits. Knows no provider."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.transport.credentials.credential_cache import CredentialCache as CredentialCache
    from ai_lib.transport.credentials.lookup import (
        Credential as Credential,
        CredentialReport as CredentialReport,
        describe_credential as describe_credential,
        resolve_api_key as resolve_api_key,
        resolve_credential as resolve_credential,
    )
    from ai_lib.transport.credentials.source import (
        CredentialSource as CredentialSource,
        IssuedCredential as IssuedCredential,
    )
    from ai_lib.transport.http.headers import Headers as Headers
    from ai_lib.transport.options import (
        PoolConfig as PoolConfig,
        PoolStats as PoolStats,
        TransportOptions as TransportOptions,
    )
    from ai_lib.transport.pool_response import PoolResponse as PoolResponse

    from .connection_pool import ConnectionPool as ConnectionPool
    from .pool_client import PoolClient as PoolClient
    from .response import HttpResponse as HttpResponse
    from .transport import HttpTransport as HttpTransport

_WHERE = {
    "ConnectionPool": ".connection_pool",
    "Credential": "ai_lib.transport.credentials.lookup",
    "CredentialCache": "ai_lib.transport.credentials.credential_cache",
    "CredentialReport": "ai_lib.transport.credentials.lookup",
    "CredentialSource": "ai_lib.transport.credentials.source",
    "Headers": "ai_lib.transport.http.headers",
    "HttpResponse": ".response",
    "HttpTransport": ".transport",
    "IssuedCredential": "ai_lib.transport.credentials.source",
    "PoolClient": ".pool_client",
    "PoolConfig": "ai_lib.transport.options",
    "PoolResponse": "ai_lib.transport.pool_response",
    "PoolStats": "ai_lib.transport.options",
    "TransportOptions": "ai_lib.transport.options",
    "describe_credential": "ai_lib.transport.credentials.lookup",
    "resolve_api_key": "ai_lib.transport.credentials.lookup",
    "resolve_credential": "ai_lib.transport.credentials.lookup",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
