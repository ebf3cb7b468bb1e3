"""How long does it take to load every bundled manifest?

All of them, found, merged with their dialects and compiled, by a loader that has loaded nothing:
`warm` in a process that read the dialects before, `fresh` in a new interpreter, imports included.
The floor reads and decodes the same files.
"""

from benchmarks.bench import Bench
from benchmarks.crew import Measure
from benchmarks.fresh import timed
from benchmarks.roster import ROSTER


def _load(name: str) -> Measure:
    who = ROSTER[name]
    code = f"""\
import asyncio
from benchmarks.contenders.house import {who.made}
asyncio.run({who.made}("").load(""))"""
    return timed(who.python, code)


def measure(bench: Bench) -> None:
    """Measure both."""
    order = {"verb": "load", "model": ""}
    bench.paired("warm", ["manifests"], order, rounds=bench.rounds(9))
    bench.fresh("fresh", ["manifests"], _load, rounds=bench.rounds(9))
