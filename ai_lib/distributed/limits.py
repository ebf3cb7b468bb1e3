"""The limits of a shared rate limiter, and the share of them that one process keeps."""

import math
from typing import Final

import msgspec

from ai_lib.resilience.rate_limit.meters import Window, WindowEntry

_MICRO: Final = 1_000_000


class WindowSettings(msgspec.Struct, frozen=True, kw_only=True):
    """At most `limit` requests or tokens in any span of `seconds`."""

    unit: str
    limit: int
    seconds: float

    @property
    def name(self) -> str:
        """The name that its counts have in the store."""
        return f"{self.unit}:{self.microseconds}"

    @property
    def microseconds(self) -> int:
        """The length of its window."""
        return round(self.seconds * _MICRO)

    def cost(self, tokens: int) -> int:
        """Return what one request counts."""
        return tokens if self.unit == "tokens" else 1


def make_limits(
    rpm: float | None, tpm: float | None, rps: float | None, window: float, jitter: float = 0.0
) -> tuple[WindowSettings, ...]:
    """Return the limits of these figures; a rate below 1 is one request in a longer window.

    Each window is longer by `jitter` seconds.

    Raises:
        ValueError: a figure is no positive number, or there is none.
    """
    figures = (("requests", rpm, window), ("tokens", tpm, window), ("requests", rps, 1.0))
    rates = [(unit, number, span) for unit, number, span in figures if number is not None]
    if not rates or not all(0 < number < math.inf for _, number, _ in rates):
        raise ValueError("a shared limiter needs rpm=, tpm= or rps=, each a number above 0")
    if not 0.01 <= window <= 86_400:
        raise ValueError("a limiter's window is 0.01 to 86,400 seconds")
    if not 0 <= jitter <= 3600:
        raise ValueError("a limiter's jitter is 0 to 3,600 seconds")
    return tuple(
        WindowSettings(
            unit=unit,
            limit=max(1, int(number)),
            seconds=(span if number >= 1 else span / number) + jitter,
        )
        for unit, number, span in rates
    )


class LocalQuota:
    """What one process has sent lately, and its share of the limits while it is on its own.

    The limits are divided by the processes that were seen last. Its caller guards it with a lock.
    """

    def __init__(self, limits: tuple[WindowSettings, ...]) -> None:
        self._limits = limits
        self._windows = [Window(limit.limit, limit.seconds) for limit in limits]
        self.seconds = max(limit.seconds for limit in limits)
        self.processes = 1
        self.identity: int | None = None
        self.careful_until = -math.inf
        self.releases = 0

    def is_careful(self, at: float) -> bool:
        """Whether the store may not know all that was sent lately, so that the share holds."""
        return at < self.careful_until

    def note_outage(self, at: float) -> None:
        """Keep to the share, and for one window more once the store is there again."""
        self.careful_until = max(self.careful_until, at + self.seconds)

    def note_contact(self, processes: int, age: float, identity: int, at: float) -> None:
        """Take over how many share the limits; a store that lost its counts is an outage."""
        self.processes = max(1, processes)
        if self.identity not in (None, identity):
            self.note_outage(at - min(age, self.seconds))
        self.identity = identity

    def get_wait_time(self, tokens: int, at: float) -> float:
        """Return the seconds until this process may send, by its share alone."""
        longest = 0.0
        for limit, window in zip(self._limits, self._windows, strict=True):
            window.limit = max(1.0, limit.limit / self.processes)
            longest = max(longest, window.get_wait_time(limit.cost(tokens), at))
        return longest

    def take(self, tokens: int, at: float) -> list[tuple[Window, WindowEntry, bool]]:
        """Count a request as sent."""
        for window in self._windows:
            window.get_used(at)  # forgets what has left the window
        return [
            (window, window.take(limit.cost(tokens), at), limit.unit == "tokens")
            for limit, window in zip(self._limits, self._windows, strict=True)
        ]
