"""The limiter of the card behind our interface: asyncio only, and it says so."""

import asyncio

import pytest
import trio

import ai_lib
import ai_lib_sync.resilience
from ai_lib.errors import RequestError
from ai_lib.resilience import RateLimiter, RateLimiterConfig
from tests.guards import Stopwatch

pytestmark = pytest.mark.async_only

CONFIG = RateLimiterConfig(requests_per_second=200, burst_size=10, algorithm="aiolimiter")


def test_it_paces_on_asyncio_in_loop_after_loop() -> None:
    limiter = RateLimiter(CONFIG)

    async def run() -> float:
        stopwatch = Stopwatch()
        for _ in range(30):
            await limiter.acquire()
        return stopwatch.seconds

    # 10 at once, 20 more at 200 a second.
    for _ in range(2):
        assert asyncio.run(run()) > 0.09


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
