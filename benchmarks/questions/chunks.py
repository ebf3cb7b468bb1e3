"""What does one frame of a stream cost?

A stream of 5,000 frames, read to its end by the caller's loop; CPU time of the client's process,
divided by the frames. `bulk`: they come in chunks of 16 KiB, as from a fast provider behind a
proxy. `framed`: each in an HTTP chunk of its own, as providers send them, but all at once. `paced`:
50 frames, five milliseconds apart, so that each is a wake-up of its own.
"""

from benchmarks.bench import Bench
from benchmarks.roster import OURS


def measure(bench: Bench) -> None:
    """Measure the three."""
    count = 5000
    rounds = bench.rounds(15)
    who = [*OURS, *bench.rivals()]
    for kind in ("bulk", "framed"):
        order = {"verb": "stream", "model": f"{kind}-{count}"}
        bench.paired(kind, who, order, rounds=rounds, unit="us", per=count)
    order = {"verb": "stream", "model": "paced-50-5", "count": 2}
    bench.paired("paced", who, order, rounds=bench.rounds(9), unit="us", per=100)
