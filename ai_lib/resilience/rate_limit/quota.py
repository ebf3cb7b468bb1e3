"""The arithmetic of one target's rate limits: requests and tokens, reserved and settled."""

from collections.abc import Sequence
from threading import RLock
from typing import Final, Literal

import msgspec

from ai_lib._runtime import forks
from ai_lib._runtime.forks import ForkedState
from ai_lib.resilience.rate_limit.headers import LimitStatus, ObservedLimits
from ai_lib.resilience.rate_limit.meters import Gcra, RemainingQuota, Window, WindowEntry

# A provider may ask for any wait; other callers are held back no longer than that.
MAX_PAUSE_SECONDS: Final = 3600.0


class RateLimiterConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Limits on what is sent; 0 and None are no limit.

    - `requests_per_second` paces requests, with `burst_size` of them at once after a rest and
      `initial_tokens` of those at the start.
    - `requests_per_minute` and `tokens_per_minute` are never exceeded in any minute. Tokens are
      reserved before sending (estimated input and largest output) and settled after.
    - `oversized` decides about a request of more tokens than `tokens_per_minute`: `refuse` it, or
      let it `borrow`. Then it is sent once nothing else counts, and no other is until as many
      minutes have passed as its tokens take.
    - `algorithm` paces requests per second by `gcra`, which works everywhere, or by `aiolimiter`,
      which works on asyncio only.
    """

    requests_per_second: float = 0.0
    burst_size: int | None = None
    initial_tokens: float | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    algorithm: Literal["gcra", "aiolimiter"] = "gcra"
    oversized: Literal["refuse", "borrow"] = "refuse"

    def __post_init__(self) -> None:
        limits = (self.requests_per_second, self.requests_per_minute, self.tokens_per_minute)
        if not all((limit or 0) >= 0 for limit in limits):
            raise ValueError("a rate limit is a number from 0 on")
        if self.burst_size is not None and self.burst_size < 1:
            raise ValueError("burst_size must be at least 1, or nothing could ever be sent")
        if self.oversized not in ("refuse", "borrow"):
            raise ValueError(f"oversized is 'refuse' or 'borrow', not {self.oversized!r}")

    def refuses(self, tokens: float) -> bool:
        """Whether a request of so many tokens can never be sent."""
        limit = self.tokens_per_minute
        return bool(limit) and tokens > (limit or 0.0) and self.oversized == "refuse"

    @classmethod
    def from_rps(cls, rps: float, burst_multiplier: float = 1.5) -> "RateLimiterConfig":
        """Limit the requests a second; after a rest, `burst_multiplier` times as many at once."""
        return cls(requests_per_second=rps, burst_size=max(1, int(rps * burst_multiplier)))

    @classmethod
    def from_rpm(
        cls, rpm: float, tokens_per_minute: float | None = None, burst_multiplier: float = 1.5
    ) -> "RateLimiterConfig":
        """Limit the requests (and tokens) in any minute, and pace the requests evenly."""
        paced = cls.from_rps(rpm / 60, burst_multiplier)
        return msgspec.structs.replace(
            paced, requests_per_minute=rpm, tokens_per_minute=tokens_per_minute
        )

    @classmethod
    def no_limit(cls) -> "RateLimiterConfig":
        """Set no limit; the provider's own limits still count."""
        return cls()

    @property
    def burst(self) -> int:
        """How many requests may be sent at once after a rest."""
        return self.burst_size or max(1, int(self.requests_per_second))


class Reservation:
    """What one attempt will use, held until it is settled or refunded.

    `is_reported` is true once the provider's count, read from its response, includes it. `ticket`
    is its name where a `Limiter` keeps the limits.
    """

    __slots__ = ("entries", "generation", "is_held", "is_reported", "requests", "ticket", "tokens")

    def __init__(self, tokens: float = 0.0, requests: float = 1.0) -> None:
        self.requests = requests
        self.tokens = tokens
        self.is_held = False
        self.generation = forks.generation
        self.is_reported = False
        self.ticket = ""
        self.entries: list[tuple[Window, WindowEntry, bool]] = []


class _UnitLimits:
    """The limits on requests, or on tokens: our windows, the provider's, and what remains there."""

    def __init__(self, limit: float | None) -> None:
        self.configured = [Window(limit, 60.0)] if limit else []
        self.learned: Window | None = None
        self.windows: Sequence[Window] = self.configured
        self.remaining = RemainingQuota()
        self.outstanding = 0.0

    def forget_sent(self) -> None:
        self.outstanding = 0.0
        for window in self.windows:
            window.clear()

    def get_wait_time(self, cost: float, at: float) -> float:
        longest = self.remaining.get_wait_time(cost, at) if cost else 0.0
        for window in self.windows:
            longest = max(longest, window.get_wait_time(cost, at))
        return longest

    def take(self, cost: float, at: float) -> Sequence[tuple[Window, WindowEntry]]:
        self.remaining.take(cost)
        self.outstanding += cost
        return [(window, window.take(cost, at)) for window in self.windows] if self.windows else ()

    def learn(self, status: LimitStatus, answered: float, at: float) -> None:
        if status.limit and status.window:
            if self.learned is None or self.learned.seconds != status.window:
                self.learned = Window(status.limit, status.window)
                self.windows = [*self.configured, self.learned]
            self.learned.limit = status.limit
        if status.remaining is not None and status.reset is not None:
            # The provider may not have counted yet what is still under way.
            self.remaining.amount = status.remaining - (self.outstanding - answered)
            self.remaining.resets_at = at + min(status.reset, MAX_PAUSE_SECONDS)


class Quota(ForkedState):
    """Rate limits shared by every caller of one target; safe to use from any thread.

    `reserve` is for the first in line. It returns 0 when the reservation was made, else the seconds
    to wait before the next try. The caller gives the time.
    """

    def __init__(self, config: RateLimiterConfig, at: float) -> None:
        # A finalizer that refunds a reservation may run while this very thread holds the lock.
        self._lock = RLock()
        self._pacer: Gcra | None = None
        self._paused_until = float("-inf")
        self._requests = _UnitLimits(config.requests_per_minute)
        self._tokens = _UnitLimits(config.tokens_per_minute)
        if config.requests_per_second and config.algorithm == "gcra":
            self._pacer = Gcra(config.requests_per_second, config.burst, config.initial_tokens)
            if config.initial_tokens is not None:
                self._pacer.start(at)

    def renew_in_child(self) -> None:
        """Renew the lock, and count nothing that the parent sent. A provider's pause lasts."""
        super().renew_in_child()
        self._requests.forget_sent()
        self._tokens.forget_sent()

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens are limited, so that estimating them is worth while."""
        tokens = self._tokens
        return bool(tokens.windows) or tokens.remaining.amount != float("inf")

    def reserve(self, reservation: Reservation, at: float) -> float:
        """Make the reservation and return 0, or return the seconds until it may be made."""
        with self._lock:
            wait = self._get_wait_time(reservation, at)
            if wait > 0:
                return wait
            requests, tokens = reservation.requests, reservation.tokens
            if self._pacer is not None:
                self._pacer.take(requests, at)
            reservation.entries = []
            for window, entry in self._requests.take(requests, at):
                reservation.entries.append((window, entry, False))
            for window, entry in self._tokens.take(tokens, at):
                reservation.entries.append((window, entry, True))
            reservation.is_held = True
            return 0.0

    def get_wait_time(self, reservation: Reservation, at: float) -> float:
        """Return the seconds until the reservation could be made."""
        with self._lock:
            return self._get_wait_time(reservation, at)

    def _get_wait_time(self, reservation: Reservation, at: float) -> float:
        requests, tokens = reservation.requests, reservation.tokens
        return max(
            self._paused_until - at,
            self._pacer.get_wait_time(requests, at) if self._pacer is not None else 0.0,
            self._requests.get_wait_time(requests, at),
            self._tokens.get_wait_time(tokens, at) if tokens else 0.0,
            0.0,
        )

    def settle(self, reservation: Reservation, tokens: float) -> None:
        """Count the tokens that the attempt really used."""
        self._end(reservation, reservation.requests, tokens)

    def refund(self, reservation: Reservation) -> None:
        """Undo a reservation whose attempt never reached the provider."""
        self._end(reservation, 0.0, 0.0)

    def _end(self, reservation: Reservation, requests: float, tokens: float) -> None:
        with self._lock:
            if not reservation.is_held or reservation.generation != forks.generation:
                return
            reservation.is_held = False
            for window, entry, is_of_tokens in reservation.entries:
                window.correct(entry, tokens if is_of_tokens else requests)
            self._requests.outstanding -= reservation.requests
            self._tokens.outstanding -= reservation.tokens
            if not reservation.is_reported:
                self._requests.remaining.take(requests - reservation.requests)
                self._tokens.remaining.take(tokens - reservation.tokens)
            if self._pacer is not None and not requests:
                self._pacer.give_back(reservation.requests)

    def learn(
        self, limits: ObservedLimits, at: float, reservation: Reservation | None = None
    ) -> None:
        """Learn from a response's headers; `reservation` is that of the attempt it answers."""
        if reservation is None or not reservation.is_held:
            reservation = Reservation(requests=0.0)
        with self._lock:
            self._requests.learn(limits.requests, reservation.requests, at)
            self._tokens.learn(limits.tokens, reservation.tokens, at)
            reservation.is_reported = True

    def pause_until(self, moment: float) -> None:
        """Let no attempt be sent before that moment."""
        with self._lock:
            self._paused_until = max(self._paused_until, moment)

    def get_pause(self, at: float) -> float:
        """Return the seconds until attempts may be sent again, 0 when not paused."""
        return max(0.0, self._paused_until - at)

    def get_available(self, at: float) -> float:
        """Return how many requests may be sent at once, infinite when they are not limited."""
        with self._lock:
            if self._paused_until > at:
                return 0.0
            rooms = [window.limit - window.get_used(at) for window in self._requests.windows]
            if self._pacer is not None:
                rooms.append(self._pacer.get_available(at))
            if self._requests.remaining.is_valid(at):
                rooms.append(self._requests.remaining.amount)
            return max(0.0, min(rooms, default=float("inf")))

    def get_server_state(self, at: float) -> dict[str, float]:
        """Return the provider's remaining requests and tokens, as far as they were not reset."""
        with self._lock:
            quotas = {"requests": self._requests.remaining, "tokens": self._tokens.remaining}
            return {name: quota.amount for name, quota in quotas.items() if quota.is_valid(at)}
