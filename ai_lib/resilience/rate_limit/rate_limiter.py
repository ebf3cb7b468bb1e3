"""Waits until a rate limit lets an attempt go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ai_lib.errors.exceptions import RateLimitExceeded
from ai_lib.resilience.rate_limit.headers import RateLimitHeaders, read_limits
from ai_lib.resilience.rate_limit.quota import Quota, RateLimiterConfig, Reservation

from ..._runtime.backend import LeakyBucket, Lock, deadline, now, sleep

# The first in line looks again this often: a refund or a pause may have changed its turn.
_LOOK_AGAIN = 0.1
_FOREVER = float("inf")


class RateLimiter:
    """Rate limits shared by all tasks and threads, first come first served.

    Only the first in line looks at the clock; whoever is cancelled in line leaves nothing behind.
    `is_shared` says whether the counts are kept elsewhere.
    """

    is_shared = False

    def __init__(
        self,
        config: RateLimiterConfig | None = None,
        *,
        clock: Callable[[], float] = now,
        pause: Callable[[float], Awaitable[None]] = sleep,
    ) -> None:
        self.config = config or RateLimiterConfig()
        self.quota: Quota = Quota(self.config, clock())
        self._clock = clock
        self._pause = pause
        self._line = Lock()
        self._bucket: LeakyBucket | None = None
        if self.config.algorithm == "aiolimiter" and self.config.requests_per_second:
            self._bucket = LeakyBucket(self.config.burst, self.config.requests_per_second)

    async def reserve(
        self,
        tokens: float = 0.0,
        *,
        requests: float = 1.0,
        timeout: float | None = None,
        longest_pause: float = _FOREVER,
    ) -> Reservation:
        """Wait for a turn and reserve; settle or refund on the `quota` what this returns.

        Raises:
            RateLimitExceeded: the turn is further away than `timeout` seconds, or the provider
                asked to pause longer than `longest_pause` seconds.
        """
        reservation = Reservation(tokens, requests)
        ends = _FOREVER if timeout is None else self._clock() + timeout
        if not self._line.try_acquire():
            await self._stand_in_line(timeout)
        try:
            await self._be_first(reservation, ends, longest_pause)
        finally:
            self._line.release()
        return reservation

    async def _stand_in_line(self, timeout: float | None) -> None:
        try:
            with deadline(timeout):
                await self._line.acquire()
        except TimeoutError:
            raise _exceeded("the line was too long", None) from None

    async def _be_first(self, reservation: Reservation, ends: float, longest: float) -> None:
        while (wait := await self._ask(reservation, at := self._clock())) > 0:
            if self.quota.paused_for(at) > longest:
                raise _exceeded("the provider asked to pause", wait)
            if at + wait > ends:
                raise _exceeded("the turn comes too late", wait)
            await self._pause(min(wait, _LOOK_AGAIN))
        if self._bucket is not None:
            try:
                await self._bucket.acquire(min(reservation.requests, self.config.burst))
            except BaseException:
                self.quota.refund(reservation)
                raise

    async def _ask(self, reservation: Reservation, at: float) -> float:
        return self.quota.reserve(reservation, at)

    async def report(self) -> None:
        """Nothing is due where the counts are one's own."""

    async def acquire(
        self, requests: float = 1.0, *, tokens: float = 0.0, timeout: float | None = None
    ) -> float:
        """Wait for a turn, count it, and return the seconds waited. Raises as `reserve`."""
        began = self._clock()
        reservation = await self.reserve(tokens, requests=requests, timeout=timeout)
        self.quota.settle(reservation, tokens)
        return self._clock() - began

    def try_acquire(self, requests: float = 1.0, *, tokens: float = 0.0) -> bool:
        """Count it if it may go now and nobody is in line."""
        if not self._line.try_acquire():
            return False
        try:
            reservation = Reservation(tokens, requests)
            granted = self.quota.reserve(reservation, self._clock()) == 0
            if granted:
                self.quota.settle(reservation, tokens)
            return granted
        finally:
            self._line.release()

    def get_wait_time(self, requests: float = 1.0, *, tokens: float = 0.0) -> float:
        """Return the seconds until it might go, were it first in line."""
        return self.quota.wait(Reservation(tokens, requests), self._clock())

    def pause_for(self, seconds: float) -> None:
        """Let nobody go for so long."""
        self.quota.pause_until(self._clock() + seconds)

    def update_from_headers(
        self, headers: Mapping[str, str], own: Reservation | None = None
    ) -> None:
        """Take in an answer's headers; a limiter that knows no header names has no use for them."""

    @property
    def available_tokens(self) -> float:
        """How many requests may go at once, infinite when they are not limited."""
        return self.quota.available(self._clock())

    @property
    def is_limited(self) -> bool:
        """Whether a request would have to wait now."""
        return self.get_wait_time() > 0

    def get_stats(self) -> dict[str, float]:
        """Return how many requests may go, how many wait, and for how long nobody may."""
        return {
            "available": self.available_tokens,
            "waiting": self._line.waiting,
            "paused_for": self.quota.paused_for(self._clock()),
        }


class AdaptiveRateLimiter(RateLimiter):
    """A rate limiter that learns from the provider's answers what is left there.

    `headers` are the names the manifest gives; nothing is sent that the last answer said would be
    refused.
    """

    def __init__(
        self,
        config: RateLimiterConfig | None = None,
        headers: RateLimitHeaders | None = None,
        *,
        clock: Callable[[], float] = now,
        pause: Callable[[float], Awaitable[None]] = sleep,
    ) -> None:
        super().__init__(config, clock=clock, pause=pause)
        self.headers = headers or RateLimitHeaders()

    def update_from_headers(
        self, headers: Mapping[str, str], own: Reservation | None = None
    ) -> None:
        """Learn from an answer's headers; `own` is the reservation it was an answer to."""
        self.quota.learn(read_limits(headers, self.headers), self._clock(), own)

    def get_server_state(self) -> dict[str, float]:
        """Return what the provider last said is left of requests and tokens, while that holds."""
        return self.quota.state(self._clock())


def _exceeded(why: str, wait: float | None) -> RateLimitExceeded:
    when = "" if wait is None else f" (in {wait:.3g} s)"
    return RateLimitExceeded(
        f"the rate limit has no room for this call in time: {why}{when}; send less, raise the "
        "limit, or give the call more time",
        retry_after=wait,
    )
