"""What does a plain request cost, and how many a second are there with many in flight?

A plain answer of 600 characters, over connections that are kept: one at a time, 64 and 512 in
flight (tasks of one event loop; threads in the blocking library). CPU time of the client's process
a request; the rate is requests a second on the clock.
"""

from benchmarks.bench import Bench
from benchmarks.roster import OURS


def measure(bench: Bench) -> None:
    """Measure the three; 512 with few rounds, for the floor's pool takes half a minute each."""
    who = [*OURS, *bench.rivals()]
    few = ["ai_lib"] if bench.quick else who
    _measure(bench, 1, who, count=400, rounds=bench.rounds(21))
    _measure(bench, 64, who, count=128 if bench.quick else 512, rounds=bench.rounds(9))
    _measure(bench, 512, few, count=512, rounds=1 if bench.quick else 3)


def _measure(bench: Bench, at_once: int, who: list[str], *, count: int, rounds: int) -> None:
    order = {"verb": "plain", "model": "plain", "count": count, "at_once": at_once}
    bench.paired(f"{at_once} in flight", who, order, rounds=rounds, unit="us")
