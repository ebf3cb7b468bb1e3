"""A distribution in constant space: cumulative buckets, and the latest values for quantiles."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

# The buckets that OpenTelemetry's GenAI conventions advise for durations, in seconds.
SECONDS: Final = (
    *(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12),
    *(10.24, 20.48, 40.96, 81.92),
)


class Histogram:
    """Counts values into buckets and keeps the latest `window` of them. Not safe by itself."""

    def __init__(self, bounds: Sequence[float], window: int) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.count = 0
        self.sum = 0.0
        self.latest: array[float] = array("d")
        self._window = window

    def add(self, value: float) -> None:
        """Take in a value."""
        # A bucket holds what is less than or equal to its bound.
        self.counts[bisect_left(self.bounds, value)] += 1
        if len(self.latest) < self._window:
            self.latest.append(value)
        else:
            self.latest[self.count % self._window] = value
        self.count += 1
        self.sum += value

    def cumulative(self) -> list[tuple[float, int]]:
        """Return each bound with how many values are at most that, the last one infinite."""
        total, pairs = 0, []
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            total += count
            pairs.append((bound, total))
        return pairs


def quantiles(histograms: Iterable[Histogram], shares: Sequence[float]) -> list[float | None]:
    """Return for each share the smallest value that at least so many of the latest are up to.

    Every value stands for as many as its histogram has counted per value kept. None without
    values.
    """
    weighted = sorted(
        (value, histogram.count / len(histogram.latest))
        for histogram in histograms
        for value in histogram.latest
    )
    total = sum(weight for _, weight in weighted)
    return [_at(weighted, share * total) for share in shares]


def _at(weighted: Sequence[tuple[float, float]], wanted: float) -> float | None:
    reached, last = 0.0, None
    for value, weight in weighted:
        reached, last = reached + weight, value
        if reached >= wanted - 1e-9:
            break
    return last
