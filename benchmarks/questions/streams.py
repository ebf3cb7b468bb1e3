"""What do a hundred, and a thousand, parallel streams cost, in CPU and in memory?

So many streams of 20 frames, all open at once, their frames 50 milliseconds apart; CPU time of the
client's process a stream, and the peak of its resident memory while they run. The floor's pool
needs minutes for a thousand, so there all are compared with `ai_lib`, and the floor and the rivals
are left out of a quick run.
"""

from benchmarks.bench import Bench
from benchmarks.roster import OURS


def measure(bench: Bench) -> None:
    """Measure both; a thousand once, without a warm-up."""
    who = [*OURS, *bench.rivals()]
    order = {"verb": "stream", "model": "paced-20-50"}
    hundred = {**order, "count": 100, "at_once": 100}
    bench.paired("100 streams", who, hundred, rounds=bench.rounds(9), unit="ms")
    who = list(OURS) if bench.quick else [*who, "floor"]
    thousand = {**order, "count": 1000, "at_once": 1000}
    bench.crew.dismiss()
    case = "1,000 streams, against ai_lib"
    bench.paired(case, who, thousand, rounds=1, unit="ms", against="ai_lib", warm_up=False)
