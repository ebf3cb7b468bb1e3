"""How long does the import take?

In fresh interpreters with warm file caches, one for each round: the import of what a user imports
to call a provider, from the first line to the last; the floor imports httpcore and msgspec.
"""

from benchmarks.bench import Bench
from benchmarks.crew import Measure
from benchmarks.fresh import timed
from benchmarks.roster import ROSTER


def _import(name: str) -> Measure:
    contender = ROSTER[name]
    return timed(contender.python, f"import {contender.package}")


def measure(bench: Bench) -> None:
    """Measure the import of each package."""
    who = ["floor", "ai_lib", "ai_lib_sync", *bench.rivals()]
    bench.fresh("import", who, _import, rounds=bench.rounds(9))
