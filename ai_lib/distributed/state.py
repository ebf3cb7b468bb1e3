"""SharedState: the limits, circuits, cache and budget of several processes."""

from __future__ import annotations

import ssl
from typing import Literal

from ai_lib.cache.config import CacheConfig
from ai_lib.cache.key import CacheKeyGenerator
from ai_lib.distributed.address import parse_address
from ai_lib.distributed.limits import make_limits
from ai_lib.types.wire import check_seconds

from .budget import SharedStateBudget, check_limit
from .cache import SharedCacheManager
from .circuits import SharedCircuitStorage
from .concurrency import SharedBackpressure
from .limiter import SharedLimiter
from .store import OnOutage, StateConnection


class SharedState:
    """What processes on any number of machines share, in one store under one prefix.

    Each method gives a part, for a builder; `AiClientBuilder.share_state` sets all at once.
    Processes share what has the same prefix. A state may be pickled, and so may a builder with its
    parts: they travel by the address, without the password, which the other process takes from
    `AI_LIB_REDIS_PASSWORD`. Close it with `close()`, or use it in a `with` block.
    """

    def __init__(self, connection: StateConnection) -> None:
        self._connection = connection

    @classmethod
    def redis(
        cls,
        url: str | None = None,
        *,
        prefix: str = "ai-lib",
        on_outage: OnOutage = "local",
        processes: int = 1,
        timeout: float = 2.0,
        tls: ssl.SSLContext | None = None,
    ) -> SharedState:
        """Keep the state in Redis or Valkey (6.2 or newer); nothing is sent before the first call.

        `url` is `redis://user:password@host:6379/0`, `rediss://` for TLS, `unix:///path`,
        `redis+cluster://host1:6379,host2:6379`, or `redis+sentinel://host1:26379,host2/name/0`;
        without it, that of `AI_LIB_REDIS_URL`.

        While the store can't be reached, each process keeps to its share of the limits (`local`),
        or its calls raise `SharedStateUnavailable`, after which fallbacks are tried (`refuse`).
        The share is that of the processes that were seen last, and at first of `processes`.
        `timeout` bounds each wait for the store, in seconds.

        Raises:
            ValueError: the address can't be read, or a setting makes no sense.
        """
        if on_outage not in ("local", "refuse"):
            raise ValueError(f"on_outage is 'local' or 'refuse', not {on_outage!r}")
        if not prefix or "{" in prefix or "}" in prefix:
            raise ValueError("a prefix is a text without braces")
        if processes < 1:
            raise ValueError("processes is a number from 1 on")
        seconds = check_seconds("the store's timeout", timeout)
        address = parse_address(url)
        return cls(StateConnection(address, prefix, on_outage, processes, seconds, tls))

    def limiter(
        self,
        *,
        rpm: float | None = None,
        tpm: float | None = None,
        rps: float | None = None,
        window: float = 60.0,
        jitter: float = 0.0,
        name: str = "default",
    ) -> SharedLimiter:
        """Return a limiter for `builder.limiter`: of requests and tokens a minute, and a second.

        No window of the store's clock has more. `window` is the seconds that `rpm` and `tpm` are
        for. Each target has the limits for itself; so has each `name`.

        A request arrives later than it was granted, by what its process needs to wake up and send.
        With `jitter`, each window is counted as so many seconds longer: no window at the provider
        has more than the limit while requests are late by less.

        Raises:
            ValueError: no limit is given, one is no positive number, or a time makes no sense.
        """
        limits = make_limits(rpm, tpm, rps, window, jitter)
        return SharedLimiter(self._connection, limits, name)

    def circuits(self) -> SharedCircuitStorage:
        """Return a storage for `builder.circuit_storage`."""
        return SharedCircuitStorage(self._connection)

    def cache(
        self, config: CacheConfig | None = None, *, keys: CacheKeyGenerator | None = None
    ) -> SharedCacheManager:
        """Return a cache for `builder.cache`; of equal calls in all processes one is sent."""
        return SharedCacheManager(self._connection, config, keys)

    def budget(
        self,
        limit: float,
        *,
        currency: str = "USD",
        tag: str | None = None,
        window: float | None = None,
        unknown_price: Literal["refuse", "allow"] = "refuse",
    ) -> SharedStateBudget:
        """Return a budget for `builder.budget`: `limit` for good, or in each `window` of seconds.

        `tag` and `unknown_price` are as those of `Budget`.

        Raises:
            ValueError: the limit is no sum from 0 to 9,000,000, or the window no number above 0.
        """
        if window is not None:
            check_seconds("a budget's window", window)
        if unknown_price not in ("refuse", "allow"):
            raise ValueError(f"unknown_price is 'refuse' or 'allow', not {unknown_price!r}")
        sum_of_money = check_limit(limit)
        return SharedStateBudget(
            self._connection, sum_of_money, currency, tag, window, unknown_price
        )

    def concurrency(
        self, limit: int, *, lease: float = 600.0, name: str = "default"
    ) -> SharedBackpressure:
        """Return a limit on the attempts in flight of all processes, for `ResilientConfig`.

        A slot whose process is gone is free again after `lease` seconds, or after the time limit
        of its call, if that is shorter.

        Raises:
            ValueError: the limit is below 1, or the lease is no number of seconds above 0.
        """
        if limit < 1:
            raise ValueError("a limit of attempts in flight is a number from 1 on")
        seconds = check_seconds("a lease", lease)
        return SharedBackpressure(self._connection, limit, seconds, name)

    @property
    def is_reachable(self) -> bool:
        """Whether the store answered the last command, or none was sent yet."""
        return not self._connection.store.is_out

    async def close(self) -> None:
        """Close the connections. Parts that are used later open new ones."""
        self._connection.store.close()

    async def __aenter__(self) -> SharedState:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"SharedState({self._connection.store.address!r}, {self._connection.prefix!r})"
