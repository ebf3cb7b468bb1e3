"""Runs a fuzzer: over seeds, guided by coverage where atheris is installed, or by hypothesis.

A fuzzer is a function of a source of chance: it makes one case from it, and raises when something
that must hold does not. So one text serves all engines, and a failure is known by its seed.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

Fuzzer = Callable[[Random], None]
# No case takes a hundredth of this: one that does has found something that grows.
MOST_SECONDS = 20.0


class Failed(AssertionError):
    """What must hold did not; `python -m tests.fuzz NAME --seed SEED` shows it again."""


def once(name: str, fuzzer: Fuzzer, seed: int) -> None:
    """Run one case. Raises Failed when something does not hold, or takes far too long."""
    began = time.process_time()
    try:
        fuzzer(Random(f"{name} {seed}"))
        taken = time.process_time() - began
        assert taken < MOST_SECONDS, f"it took {taken:.0f} s"
    except Exception as error:
        said = f"{type(error).__name__}: {error}"[:2000]
        raise Failed(f"python -m tests.fuzz {name} --seed {seed}\n{said}") from error


def by_seeds(name: str, fuzzer: Fuzzer, first: int, seconds: float) -> int:
    """Run case after case for so long; return how many."""
    ends, seed = time.monotonic() + seconds, first
    while time.monotonic() < ends:
        once(name, fuzzer, seed)
        seed += 1
    return seed - first


def by_hypothesis(fuzzer: Fuzzer, examples: int) -> None:
    """Run so many cases; hypothesis makes one that fails as small as it can."""
    from hypothesis import HealthCheck, given, settings, strategies as some

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(some.randoms(use_true_random=False))
    def run(chance: Random) -> None:
        fuzzer(chance)

    run()


class Guided(Random):
    """Chance that is read off bytes, so that whoever makes the bytes guides what is made.

    When they are used up, what follows is drawn from a hash of them.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(hashlib.sha256(data).hexdigest())
        self._data = data
        self._at = 0

    def getrandbits(self, count: int) -> int:
        size = (count + 7) // 8
        piece = self._data[self._at : self._at + size]
        self._at += size
        if len(piece) < size:
            return super().getrandbits(count)
        return int.from_bytes(piece, "little") & ((1 << count) - 1)

    def random(self) -> float:
        return self.getrandbits(24) / (1 << 24)


@contextmanager
def watched(wanted: bool) -> Iterator[None]:
    """Have atheris follow what is reached in what is imported meanwhile, if it is wanted."""
    if not wanted:
        yield
        return
    import atheris  # type: ignore[import-not-found]

    with atheris.instrument_imports(include=["ai_lib"]):
        yield


def by_coverage(fuzzer: Fuzzer, seconds: float, corpus: str | None) -> None:
    """Run under atheris, which ends the process; its own corpus is kept in the folder `corpus`."""
    import atheris

    with watched(True):  # what is imported only when it is needed
        for seed in range(20):
            fuzzer(Random(seed))
    arguments = ["fuzz", f"-max_total_time={int(seconds)}", "-max_len=4096", "-rss_limit_mb=4096"]
    atheris.Setup([*arguments, *([corpus] if corpus else [])], lambda data: fuzzer(Guided(data)))
    atheris.Fuzz()
