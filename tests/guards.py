"""All that a test says of real time: that something did not hang.

A machine may be busy for a second at any moment, so no test compares a duration with what is
usual. What must not wait is tested against something that lasts far longer than `PATIENCE`, and
what must wait by a clock of the test's own or by the order of events. Measurements are for tests
marked `slow`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

PATIENCE = 5.0  # seconds


@contextmanager
def hang_guard(seconds: float = PATIENCE) -> Iterator[None]:
    """Fail when the block takes so long that it must have waited for what it should not."""
    stopwatch = Stopwatch()
    yield
    assert stopwatch.seconds < seconds, f"it took {stopwatch.seconds:.1f} s"


class Stopwatch:
    """Measures real time since it was made."""

    def __init__(self) -> None:
        self._start = perf_counter()

    @property
    def seconds(self) -> float:
        """The seconds so far."""
        return perf_counter() - self._start
