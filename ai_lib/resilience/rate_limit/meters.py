"""How much may still go out: pacing, a window, and what the provider said is left.

Each answers `wait` (seconds until a cost fits; 0 when it does now) and is told by `take` that it
went out. The time is always given by the caller; whoever shares one guards it with a lock.
"""

from collections import deque

# Less than this is rounding: waiting for it would not move a clock.
_INSTANT = 1e-9


class Gcra:
    """Paces at `rate` a second, `burst` at once after a rest (generic cell rate algorithm).

    The first `initial` may go at once; that is the whole burst unless it is given.
    """

    __slots__ = ("_full_at", "_interval", "burst")

    def __init__(self, rate: float, burst: float, initial: float | None = None) -> None:
        self.burst = burst
        self._interval = 1 / rate
        # The moment at which the whole burst is available again.
        self._full_at = float("-inf") if initial is None else (burst - initial) * self._interval

    def start(self, at: float) -> None:
        """Count a partial initial burst from this moment."""
        self._full_at += at

    def wait(self, cost: float, at: float) -> float:
        """Return the seconds until `cost` may go."""
        return _positive(self._after(cost, at) - self.burst * self._interval - at)

    def take(self, cost: float, at: float) -> None:
        """Count `cost` as gone."""
        self._full_at = self._after(cost, at)

    def give_back(self, cost: float) -> None:
        """Count `cost` as not gone after all."""
        self._full_at -= min(cost, self.burst) * self._interval

    def available(self, at: float) -> float:
        """Return how much may go at once."""
        return self.burst - max(0.0, self._full_at - at) / self._interval

    def _after(self, cost: float, at: float) -> float:
        return max(self._full_at, at) + min(cost, self.burst) * self._interval


class WindowEntry:
    """What went out at one moment; its amount may be corrected while it counts."""

    __slots__ = ("amount", "at", "counts")

    def __init__(self, amount: float, at: float) -> None:
        self.amount = amount
        self.at = at
        self.counts = True


class Window:
    """At most `limit` in any span of so many seconds, exactly."""

    def __init__(self, limit: float, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._entries: deque[WindowEntry] = deque()
        self._sum = 0.0

    def wait(self, cost: float, at: float) -> float:
        """Return the seconds until `cost` fits; one over the limit counts as the limit."""
        if not cost:
            return 0.0
        self._expire(at)
        excess = self._sum + min(cost, self.limit) - self.limit
        if excess <= _INSTANT:
            return 0.0
        for entry in self._entries:
            excess -= entry.amount
            if excess <= _INSTANT:
                return _positive(entry.at + self.seconds - at)
        return 0.0

    def take(self, cost: float, at: float) -> WindowEntry:
        """Count `cost` as gone."""
        entry = WindowEntry(min(cost, self.limit), at)
        self._entries.append(entry)
        self._sum += entry.amount
        return entry

    def correct(self, entry: WindowEntry, amount: float) -> None:
        """Say what really went."""
        if entry.counts:
            self._sum += amount - entry.amount
            entry.amount = amount

    def used(self, at: float) -> float:
        """Return how much went within the last span."""
        self._expire(at)
        return self._sum

    def _expire(self, at: float) -> None:
        entries = self._entries
        while entries and entries[0].at + self.seconds - at <= _INSTANT:
            entry = entries.popleft()
            entry.counts = False
            self._sum -= entry.amount
        if not entries:
            self._sum = 0.0


class RemainingQuota:
    """What the provider last said is left, until the moment it is reset."""

    __slots__ = ("remaining", "resets_at")

    def __init__(self) -> None:
        self.remaining = float("inf")
        self.resets_at = float("-inf")

    def wait(self, cost: float, at: float) -> float:
        """Return the seconds until the reset when `cost` is more than is left."""
        if not cost or not self.holds(at) or cost <= self.remaining:
            return 0.0
        return self.resets_at - at

    def holds(self, at: float) -> bool:
        """Whether it was not reset since."""
        return _positive(self.resets_at - at) > 0

    def take(self, cost: float) -> None:
        """Count `cost` as gone."""
        self.remaining -= cost


def _positive(seconds: float) -> float:
    return seconds if seconds > _INSTANT else 0.0
