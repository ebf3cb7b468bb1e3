"""The arithmetic of one target's rate limits: requests and tokens, reserved and settled."""

from collections.abc import Sequence
from threading import RLock
from typing import Literal

import msgspec

from ai_lib.resilience.rate_limit.headers import Observed, ObservedLimits
from ai_lib.resilience.rate_limit.meters import Gcra, RemainingQuota, Window, WindowEntry


class RateLimiterConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Limits on what goes out; what is 0 or None is not limited.

    - `requests_per_second` paces requests, with `burst_size` of them at once after a rest and
      `initial_tokens` of those at the start.
    - `requests_per_minute` and `tokens_per_minute` are never exceeded in any minute. Tokens are
      reserved before sending (estimated input and largest output) and settled after.
    - `algorithm` paces requests per second by `gcra`, which works everywhere, or by `aiolimiter`,
      which works on asyncio only.
    """

    requests_per_second: float = 0.0
    burst_size: int | None = None
    initial_tokens: float | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    algorithm: Literal["gcra", "aiolimiter"] = "gcra"

    def __post_init__(self) -> None:
        limits = (self.requests_per_second, self.requests_per_minute, self.tokens_per_minute)
        if min(limit or 0 for limit in limits) < 0:
            raise ValueError("a rate limit can't be negative")
        if self.burst_size is not None and self.burst_size < 1:
            raise ValueError("burst_size must be at least 1, or nothing could ever be sent")

    @classmethod
    def from_rps(cls, rps: float, burst_multiplier: float = 1.5) -> "RateLimiterConfig":
        """So many requests a second, `burst_multiplier` times as many at once after a rest."""
        return cls(requests_per_second=rps, burst_size=max(1, int(rps * burst_multiplier)))

    @classmethod
    def from_rpm(
        cls, rpm: float, tokens_per_minute: float | None = None, burst_multiplier: float = 1.5
    ) -> "RateLimiterConfig":
        """So many requests (and tokens) in any minute, paced evenly."""
        paced = cls.from_rps(rpm / 60, burst_multiplier)
        return msgspec.structs.replace(
            paced, requests_per_minute=rpm, tokens_per_minute=tokens_per_minute
        )

    @classmethod
    def unlimited(cls) -> "RateLimiterConfig":
        """No limit of one's own; what the provider says still counts."""
        return cls()

    @property
    def burst(self) -> int:
        """How many requests may go at once after a rest."""
        return self.burst_size or max(1, int(self.requests_per_second))


class Reservation:
    """What one attempt will use: `held` until it is settled or refunded.

    `told` is true once the provider's own count, taken from its answer, includes it. `ticket` is
    its name where limits are kept elsewhere.
    """

    __slots__ = ("entries", "held", "requests", "ticket", "tokens", "told")

    def __init__(self, tokens: float = 0.0, requests: float = 1.0) -> None:
        self.requests = requests
        self.tokens = tokens
        self.held = False
        self.told = False
        self.ticket = ""
        self.entries: list[tuple[Window, WindowEntry, bool]] = []


class _Measure:
    """The limits on one of the two: windows of ours and of the provider's, what is left there."""

    def __init__(self, limit: float | None) -> None:
        self.own = [Window(limit, 60.0)] if limit else []
        self.learned: Window | None = None
        self.windows: Sequence[Window] = self.own
        self.budget = RemainingQuota()
        self.outstanding = 0.0

    def wait(self, cost: float, at: float) -> float:
        longest = self.budget.wait(cost, at) if cost else 0.0
        for window in self.windows:
            longest = max(longest, window.wait(cost, at))
        return longest

    def take(self, cost: float, at: float) -> Sequence[tuple[Window, WindowEntry]]:
        self.budget.remaining -= cost
        self.outstanding += cost
        return [(window, window.take(cost, at)) for window in self.windows] if self.windows else ()

    def learn(self, seen: Observed, own: float, at: float) -> None:
        if seen.limit and seen.window:
            if self.learned is None or self.learned.seconds != seen.window:
                self.learned = Window(seen.limit, seen.window)
                self.windows = [*self.own, self.learned]
            self.learned.limit = seen.limit
        if seen.remaining is not None and seen.reset is not None:
            # The provider may not have counted yet what is still under way.
            self.budget.remaining = seen.remaining - (self.outstanding - own)
            self.budget.resets_at = at + seen.reset


class Quota:
    """Rate limits shared by every caller of one target; safe to use from any thread.

    `reserve` is for whoever is first in line: it gives 0 when the reservation was made, else the
    seconds to wait before asking again. The time is given by the caller.
    """

    def __init__(self, config: RateLimiterConfig, at: float) -> None:
        # A finalizer that lets a reservation go may run while this very thread holds the lock.
        self._lock = RLock()
        self._pace: Gcra | None = None
        self._paused_until = float("-inf")
        self._requests = _Measure(config.requests_per_minute)
        self._tokens = _Measure(config.tokens_per_minute)
        if config.requests_per_second and config.algorithm == "gcra":
            self._pace = Gcra(config.requests_per_second, config.burst, config.initial_tokens)
            if config.initial_tokens is not None:
                self._pace.start(at)

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens are limited, so that estimating them is worth while."""
        tokens = self._tokens
        return bool(tokens.windows) or tokens.budget.remaining != float("inf")

    def reserve(self, reservation: Reservation, at: float) -> float:
        """Make the reservation and return 0, or return the seconds until it may be made."""
        with self._lock:
            wait = self._wait(reservation, at)
            if wait > 0:
                return wait
            requests, tokens = reservation.requests, reservation.tokens
            if self._pace is not None:
                self._pace.take(requests, at)
            taken = self._requests.take(requests, at)
            reservation.entries = []
            for window, entry in taken:
                reservation.entries.append((window, entry, False))
            for window, entry in self._tokens.take(tokens, at):
                reservation.entries.append((window, entry, True))
            reservation.held = True
            return 0.0

    def wait(self, reservation: Reservation, at: float) -> float:
        """Return the seconds until the reservation could be made."""
        with self._lock:
            return self._wait(reservation, at)

    def _wait(self, reservation: Reservation, at: float) -> float:
        requests, tokens = reservation.requests, reservation.tokens
        return max(
            self._paused_until - at,
            self._pace.wait(requests, at) if self._pace is not None else 0.0,
            self._requests.wait(requests, at),
            self._tokens.wait(tokens, at) if tokens else 0.0,
            0.0,
        )

    def settle(self, reservation: Reservation, tokens: float) -> None:
        """Say how many tokens the attempt really used."""
        self._end(reservation, reservation.requests, tokens)

    def refund(self, reservation: Reservation) -> None:
        """Undo a reservation whose attempt never reached the provider."""
        self._end(reservation, 0.0, 0.0)

    def _end(self, reservation: Reservation, requests: float, tokens: float) -> None:
        with self._lock:
            if not reservation.held:
                return
            reservation.held = False
            for window, entry, of_tokens in reservation.entries:
                window.correct(entry, tokens if of_tokens else requests)
            self._requests.outstanding -= reservation.requests
            self._tokens.outstanding -= reservation.tokens
            if not reservation.told:
                self._requests.budget.take(requests - reservation.requests)
                self._tokens.budget.take(tokens - reservation.tokens)
            if self._pace is not None and not requests:
                self._pace.give_back(reservation.requests)

    def learn(self, seen: ObservedLimits, at: float, own: Reservation | None = None) -> None:
        """Take in what an answer's headers said; `own` is the reservation it was an answer to."""
        held = own if own is not None and own.held else Reservation(requests=0.0)
        with self._lock:
            self._requests.learn(seen.requests, held.requests, at)
            self._tokens.learn(seen.tokens, held.tokens, at)
            held.told = True

    def pause_until(self, moment: float) -> None:
        """Let nobody send before that moment."""
        with self._lock:
            self._paused_until = max(self._paused_until, moment)

    def paused_for(self, at: float) -> float:
        """Return the seconds for which nobody may send, 0 when not paused."""
        return max(0.0, self._paused_until - at)

    def available(self, at: float) -> float:
        """Return how many requests may go at once, infinite when requests are not limited."""
        with self._lock:
            if self._paused_until > at:
                return 0.0
            found = [window.limit - window.used(at) for window in self._requests.windows]
            if self._pace is not None:
                found.append(self._pace.available(at))
            if self._requests.budget.holds(at):
                found.append(self._requests.budget.remaining)
            return max(0.0, min(found, default=float("inf")))

    def state(self, at: float) -> dict[str, float]:
        """Return what the provider last said is left, for requests and tokens, while that holds."""
        with self._lock:
            budgets = {"requests": self._requests.budget, "tokens": self._tokens.budget}
            return {name: budget.remaining for name, budget in budgets.items() if budget.holds(at)}
