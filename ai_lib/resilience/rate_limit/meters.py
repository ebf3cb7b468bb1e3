"""Meters of what may still be sent: pacing, a window, and the provider's remaining quota.

`get_wait_time` returns the seconds until a cost fits, 0 when it fits now. `take` counts a cost as
sent. The caller gives the time, and guards a shared meter with a lock.
"""

from collections import deque

# Less than this is rounding: waiting for it would not move a clock.
_INSTANT = 1e-9


class Gcra:
    """Paces at `rate` a second, `burst` at once after a rest (generic cell rate algorithm).

    The first `initial` may be sent at once; by default that is the whole burst.
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

    def get_wait_time(self, cost: float, at: float) -> float:
        """Return the seconds until `cost` may be sent."""
        return _positive(self._full_after(cost, at) - self.burst * self._interval - at)

    def take(self, cost: float, at: float) -> None:
        """Count `cost` as sent."""
        self._full_at = self._full_after(cost, at)

    def give_back(self, cost: float) -> None:
        """Count `cost` as not sent after all."""
        self._full_at -= min(cost, self.burst) * self._interval

    def get_available(self, at: float) -> float:
        """Return how much may be sent at once."""
        return self.burst - max(0.0, self._full_at - at) / self._interval

    def _full_after(self, cost: float, at: float) -> float:
        return max(self._full_at, at) + min(cost, self.burst) * self._interval


class WindowEntry:
    """An amount sent at one moment. It may be corrected while it is in the window."""

    __slots__ = ("amount", "at", "is_current")

    def __init__(self, amount: float, at: float) -> None:
        self.amount = amount
        self.at = at
        self.is_current = True


class Window:
    """A limit on what is sent in any span of so many seconds, kept exactly.

    What is more than the limit counts for as many spans as it takes of it. So it is paid back.
    """

    def __init__(self, limit: float, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._entries: deque[WindowEntry] = deque()
        self._sum = 0.0
        self._has_debt = False

    def get_wait_time(self, cost: float, at: float) -> float:
        """Return the seconds until `cost` fits. A cost over the limit counts as the limit."""
        if not cost:
            return 0.0
        self._expire(at)
        excess = self._sum + min(cost, self.limit) - self.limit
        if excess <= _INSTANT:
            return 0.0
        for entry in sorted(self._entries, key=self._get_end) if self._has_debt else self._entries:
            excess -= entry.amount
            if excess <= _INSTANT:
                return _positive(self._get_end(entry) - at)
        return 0.0

    def take(self, cost: float, at: float) -> WindowEntry:
        """Count `cost` as sent."""
        entry = WindowEntry(cost, at)
        self._entries.append(entry)
        self._sum += entry.amount
        self._has_debt = self._has_debt or cost > self.limit
        return entry

    def correct(self, entry: WindowEntry, amount: float) -> None:
        """Replace the amount of an entry by what was really sent."""
        if entry.is_current:
            self._sum += amount - entry.amount
            entry.amount = amount
            self._has_debt = self._has_debt or amount > self.limit

    def clear(self) -> None:
        """Count nothing as sent."""
        for entry in self._entries:
            entry.is_current = False
        self._entries.clear()
        self._sum = 0.0

    def get_used(self, at: float) -> float:
        """Return how much was sent within the last span."""
        self._expire(at)
        return self._sum

    def _get_end(self, entry: WindowEntry) -> float:
        return entry.at + self.seconds * max(1.0, entry.amount / self.limit)

    def _expire(self, at: float) -> None:
        entries = self._entries
        if self._has_debt:  # an entry may then outlive those after it
            entries = self._entries = deque(sorted(entries, key=self._get_end))
        while entries and self._get_end(entries[0]) - at <= _INSTANT:
            entry = entries.popleft()
            entry.is_current = False
            self._sum -= entry.amount
        if not entries:
            self._sum = 0.0
            self._has_debt = False


class RemainingQuota:
    """The quota that the provider last reported as remaining, until it is reset."""

    __slots__ = ("amount", "resets_at")

    def __init__(self) -> None:
        self.amount = float("inf")
        self.resets_at = float("-inf")

    def get_wait_time(self, cost: float, at: float) -> float:
        """Return the seconds until the reset if `cost` is more than what remains."""
        if not cost or not self.is_valid(at) or cost <= self.amount:
            return 0.0
        return self.resets_at - at

    def is_valid(self, at: float) -> bool:
        """Whether the reset is still to come."""
        return _positive(self.resets_at - at) > 0

    def take(self, cost: float) -> None:
        """Count `cost` as sent."""
        self.amount -= cost


def _positive(seconds: float) -> float:
    return seconds if seconds > _INSTANT else 0.0
