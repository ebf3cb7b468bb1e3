"""The limiter of the card behind our interface: asyncio only, and it says so."""

import asyncio
import time

import pytest
import trio

import ai_lib
import ai_lib_sync.resilience
from ai_lib.errors import RequestError
from ai_lib.resilience import RateLimiter, RateLimiterConfig

pytestmark = pytest.mark.async_only

CONFIG = RateLimiterConfig(requests_per_second=200, burst_size=10, algorithm="aiolimiter")


def test_it_paces_on_asyncio_in_loop_after_loop() -> None:
    limiter = RateLimiter(CONFIG)

    async def run() -> float:
        began = time.monotonic()
        for _ in range(30):
            await limiter.acquire()
        return time.monotonic() - began

    # 10 at once, 20 more at 200 a second.
    for _ in range(2):
        assert 0.09 < asyncio.run(run()) < 1.0


def test_a_window_of_ours_still_holds() -> None:
    limiter = RateLimiter(
        RateLimiterConfig(
            requests_per_second=200, burst_size=10, requests_per_minute=1, algorithm="aiolimiter"
        )
    )

    async def run() -> None:
        await limiter.acquire()
        with pytest.raises(ai_lib.AiLibError, match="rate limit"):
            await limiter.acquire(timeout=1)

    asyncio.run(run())


def test_trio_and_threads_are_told_to_use_the_other_one() -> None:
    limiter = RateLimiter(CONFIG)
    with pytest.raises(RequestError, match=r"asyncio only.*gcra"):
        trio.run(limiter.acquire)
    with pytest.raises(RequestError, match=r"asyncio only.*gcra"):
        ai_lib_sync.resilience.RateLimiter(CONFIG)
