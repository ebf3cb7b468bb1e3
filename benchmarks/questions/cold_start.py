"""How long does a fresh interpreter take to its first answer?

Import, client, and one plain answer from the loopback provider, in fresh interpreters with warm
file caches; from the first line of the program to the answer.
"""

from benchmarks.bench import Bench
from benchmarks.crew import Measure
from benchmarks.fresh import timed
from benchmarks.roster import ROSTER

_RUN = {
    "asyncio": "import asyncio; asyncio.run(made.plain('plain'))",
    "trio": "import trio; trio.run(made.plain, 'plain')",
    "threads": "made.plain('plain')",
}


def first_answer(name: str, url: str) -> str:
    """Return the program that a contender needs for its first answer."""
    who = ROSTER[name]
    return f"""\
from benchmarks.contenders.{who.module} import {who.made}
made = {who.made}({url!r}, **{who.options!r})
{_RUN[who.runs_on]}"""


def measure(bench: Bench) -> None:
    """Measure each contender's first answer."""

    def start(name: str) -> Measure:
        return timed(ROSTER[name].python, first_answer(name, bench.url))

    who = ["ai_lib", "ai_lib-trio", "ai_lib_sync", "ai_lib-messages", *bench.rivals()]
    bench.fresh("first answer", who, start, rounds=bench.rounds(9))
