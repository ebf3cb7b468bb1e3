"""What does a plain request cost, and how many a second are there with many in flight?

A plain answer of 600 characters, over connections that are kept: one at a time, 64 and 512 in
flight (tasks of one event loop; threads in the blocking library). CPU time of the client's process
a request; the rate is requests a second on the clock.
"""

from benchmarks.bench import Bench
from benchmarks.roster import OURS

COUNTS = {1: 100, 64: 512, 512: 1024}


def measure(bench: Bench) -> None:
    """Measure the three."""
    for at_once, count in COUNTS.items():
        count = count // 2 if bench.quick else count
        order = {
            "verb": "plain",
            "model": "plain",
            "count": max(count, at_once),
            "at_once": at_once,
        }
        rounds = bench.rounds(15 if at_once == 1 else 6)
        bench.paired(
            f"{at_once} in flight", [*OURS, *bench.rivals()], order, rounds=rounds, unit="us"
        )
