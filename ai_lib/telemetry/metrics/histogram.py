"""A distribution in constant space: cumulative buckets, and the latest values for quantiles."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

# The buckets for durations of OpenTelemetry's GenAI conventions, in seconds.
DURATION_BUCKETS: Final = (
    *(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12),
    *(10.24, 20.48, 40.96, 81.92),
)


class Histogram:
    """Counts values in buckets and keeps the latest `window` of them. Not thread-safe."""

    def __init__(self, bounds: Sequence[float], window: int) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.count = 0
        self.sum = 0.0
        self.latest: array[float] = array("d")
        self._window = window

    def add(self, value: float) -> None:
        """Add a value."""
        # A bucket holds what is less than or equal to its bound.
        self.counts[bisect_left(self.bounds, value)] += 1
        if len(self.latest) < self._window:
            self.latest.append(value)
        else:
            self.latest[self.count % self._window] = value
        self.count += 1
        self.sum += value

    def cumulative(self) -> list[tuple[float, int]]:
        """Return each bound and the number of values up to it; the last bound is infinite."""
        total, pairs = 0, []
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            total += count
            pairs.append((bound, total))
        return pairs


def estimate_quantiles(
    histograms: Iterable[Histogram], shares: Sequence[float]
) -> list[float | None]:
    """Return the quantile of each share, by the latest values; None without values.

    A value is weighted by the number of values that its histogram counted per value kept.
    """
    weighted = sorted(
        (value, histogram.count / len(histogram.latest))
        for histogram in histograms
        for value in histogram.latest
    )
    total = sum(weight for _, weight in weighted)
    return [_find_quantile(weighted, share * total) for share in shares]


def _find_quantile(weighted: Sequence[tuple[float, float]], target: float) -> float | None:
    reached, quantile = 0.0, None
    for value, weight in weighted:
        reached, quantile = reached + weight, value
        if reached >= target - 1e-9:
            break
    return quantile
