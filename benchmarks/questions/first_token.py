"""How long until the first token?

The time from asking to the first text in the caller's hands, on the clock. Of the calls of a round
the fastest tenth counts: the others waited for a core as well. `paced`: the provider sends it five
milliseconds after it was asked. `at once`: it has it ready, so that all of the time is the client's
(and the loopback's).
"""

from benchmarks.bench import Bench
from benchmarks.roster import OURS


def measure(bench: Bench) -> None:
    """Measure both."""
    who = [*OURS, *bench.rivals()]
    for case, model, count in (("paced", "paced-2-5", 30), ("at once", "framed-2", 60)):
        order = {"verb": "first", "model": model, "count": count}
        rounds = bench.rounds(12)
        bench.paired(case, who, order, rounds=rounds, unit="ms", per=1, main="results")
