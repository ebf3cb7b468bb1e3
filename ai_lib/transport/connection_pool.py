"""A pool of connections for requests that no manifest describes, and for several clients."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ai_lib._runtime.forks import LocalState
from ai_lib.errors.exceptions import RequestError
from ai_lib.transport.http.url import parse_target
from ai_lib.transport.options import PoolConfig, PoolStats, TransportOptions

from .pool_client import PoolClient
from .transport import HttpTransport


class ConnectionPool(LocalState):
    """Keeps connections to any number of providers for the next request.

        async with ConnectionPool(PoolConfig.high_throughput()) as pool:
            client = await pool.get_client("provider", "https://api.example.com")
            response = await client.post("/v1/chat/completions", json=payload)

    `config` bounds the connections to each host, `options` says how bytes are exchanged. A pool
    serves any number of event loops and threads. Its `transport` may serve `AiClient`s as well:
    give it to their builder.
    """

    advice = "make one in each process"

    def __init__(
        self, config: PoolConfig | None = None, *, options: TransportOptions | None = None
    ) -> None:
        options = options or TransportOptions()
        if config is not None:
            options = msgspec.structs.replace(options, pool=config)
        self.config = options.pool
        self.transport = HttpTransport(options)
        self._addresses: dict[str, set[str]] = {}
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether the pool was closed."""
        return self._closed

    async def get_client(
        self, provider: str, base_url: str, headers: Mapping[str, str] | None = None
    ) -> PoolClient:
        """Return a client for one address; its connections are counted under the provider's name.

        `headers` go out with each of its requests. Nothing is sent yet.

        Raises:
            RequestError: the address is no URL, or the pool was closed.
        """
        if self._closed:
            raise RequestError("this pool was closed; make another one")
        parse_target(base_url)
        self._addresses.setdefault(provider, set()).add(base_url)
        return PoolClient(self.transport, base_url, headers)

    def get_active_providers(self) -> list[str]:
        """Return the names of the providers that clients were made for, in that order."""
        return list(self._addresses)

    def get_stats(self, provider: str | None = None) -> dict[str, dict[str, int]]:
        """Return the counts by provider, of one or of all; those of an unknown one are 0.

        Providers at the same host and port share their connections, and so these counts. They are
        `active_connections`, `idle_connections`, `waiting_requests`, and so far
        `opened_connections`, `closed_connections` and `reused_connections`.
        """
        names = self.get_active_providers() if provider is None else [provider]
        return {name: self._count(name) for name in names}

    def _count(self, provider: str) -> dict[str, int]:
        addresses = {parse_target(url).origin: url for url in self._addresses.get(provider, ())}
        stats = [self.transport.stats(url) for url in addresses.values()]
        return {
            name: sum(getattr(origin_stats, field) for origin_stats in stats)
            for name, field in _STATS_FIELDS.items()
        }

    def stats(self) -> PoolStats:
        """Return the counts over all hosts."""
        return self.transport.stats()

    async def aclose(self) -> None:
        """Close every connection; requests under way end with `ConnectionLost`."""
        self._closed = True
        await self.transport.aclose()

    async def __aenter__(self) -> ConnectionPool:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<ConnectionPool {', '.join(self._addresses) or 'unused'}>"


_STATS_FIELDS = {
    "active_connections": "active",
    "idle_connections": "idle",
    "waiting_requests": "waiting",
    "opened_connections": "opened",
    "closed_connections": "closed",
    "reused_connections": "reused",
}
