"""What processes share in a store, with the store's commands one at a time, over the loopback.

The store is the one at `AI_LIB_REDIS_URL`.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections import deque
from urllib.parse import urlsplit

from ai_lib.distributed import SharedState

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class RoundTrip:
    """The floor: the smallest command and its reply, on an event loop's plain streams."""

    def __init__(self, url: str) -> None:
        del url
        parts = urlsplit(os.environ["AI_LIB_REDIS_URL"])
        self._address = (parts.hostname or "127.0.0.1", parts.port or 6379)
        self._streams: Pair | None = None

    async def reserve(self, _: str) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        writer.write(b"PING\r\n")
        await reader.readline()
        return 1

    settle = reserve


class SharedLimits:
    """Limits of requests and tokens that are never reached."""

    def __init__(self, url: str) -> None:
        del url
        state = SharedState.redis(prefix=f"bench-{uuid.uuid4().hex}", on_outage="refuse")
        self._limiter = state.limiter(rpm=100_000_000, tpm=100_000_000_000)
        self._tickets: deque[str] = deque()

    async def reserve(self, target: str) -> int:
        ticket = uuid.uuid4().hex
        await self._limiter.reserve(target, ticket, 200)
        self._tickets.append(ticket)
        return 1

    async def settle(self, target: str) -> int:
        await self._limiter.settle(target, self._tickets.popleft(), 40)
        return 1
