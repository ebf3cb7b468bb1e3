"""What do a hundred, and a thousand, parallel streams cost, in CPU and in memory?

So many streams of 20 frames, all open at once, their frames 50 milliseconds apart; CPU time of the
client's process a stream, and the peak of its resident memory while they run.
"""

from benchmarks.bench import Bench
from benchmarks.roster import OURS


def measure(bench: Bench) -> None:
    """Measure both, the thousand with fewer rounds."""
    for count, rounds in ((100, bench.rounds(9)), (1000, 1 if bench.quick else 3)):
        order = {"verb": "stream", "model": "paced-20-50", "count": count, "at_once": count}
        who = [*OURS, *bench.rivals()]
        bench.paired(f"{count} streams", who, order, rounds=rounds, unit="ms")
