"""How much memory does a client take, and does it grow with its calls?

The peak of resident memory, and its growth a call: the slope of a line through eleven readings
over 2,000 plain calls, after 1,000 to warm up, each reading behind a garbage collection. Resident
memory comes in pages of 4 KiB, so a slope of a few bytes a call is nothing.
"""

from benchmarks.bench import Bench
from benchmarks.report import Row, Spread
from benchmarks.roster import OURS

CALLS = 2000


def measure(bench: Bench) -> None:
    """Measure each contender in a process that has done nothing else."""
    order = {"verb": "plain", "model": "plain", "count": CALLS, "slope": True}
    bench.crew.dismiss()
    who = list(OURS) if bench.quick else [*OURS, *bench.rivals()]
    found = bench.measured(
        "2,000 calls",
        who,
        lambda name: bench.crew.do(name, order),
        1,
        against="floor",
        warm_up=False,
    )
    for name, (one, *_) in found.items():
        peak, slope = int(str(one["peak"])), float(str(one["slope"]))
        lowest = found["floor"][0]
        ratio = Spread.of([peak / int(str(lowest["peak"]))])
        row = Row(
            question=bench.question,
            case="2,000 calls",
            contender=name,
            floor="floor",
            ratio=ratio,
            wall_ratio=ratio,
            value=Spread.of([slope]),
            unit="B",
            peak=peak,
            rounds=1,
        )
        bench.report.rows.append(row)
