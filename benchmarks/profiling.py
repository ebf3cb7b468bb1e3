"""Where a contender's time goes: `python -m benchmarks.profiling CONTENDER VERB MODEL [COUNT]`.

The functions that took most time of their own, as cProfile sees them, after one warm-up; cProfile
makes small functions look dearer than they are. `... CONTENDER start` lists instead the modules
that a first answer imports, the dearest first, with those they import counted in.
"""

import argparse
import re
import subprocess

from benchmarks.crew import Crew, environment
from benchmarks.machine import ROOT
from benchmarks.questions.cold_start import first_answer
from benchmarks.roster import ROSTER
from benchmarks.server import running

_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|(\s+)(\S+)")
_SHOWN = 30


def calls(url: str, name: str, order: dict[str, object]) -> list[str]:
    """Return cProfile's table of an order."""
    crew = Crew(url)
    try:
        crew.do(name, {**order, "count": 1})
        lines = crew.do(name, {**order, "profile": True})["profile"]
    finally:
        crew.dismiss()
    assert isinstance(lines, list)
    return lines


def start(url: str, name: str) -> list[str]:
    """Return the modules that a contender's first answer imports, by what they and theirs cost."""
    command = [ROSTER[name].python, "-X", "importtime", "-c", first_answer(name, url)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    found = [(int(match[2]), int(match[1]), match[4]) for match in _IMPORT.finditer(done.stderr)]
    own = sum(one for _, one, _ in found)
    head = f"{len(found)} modules, {own / 1000:.1f} ms (with what, of its own, in microseconds)"
    rows = sorted(found, reverse=True)[:_SHOWN]
    return [head, *(f"{whole:>9,} {alone:>9,}  {module}" for whole, alone, module in rows)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m benchmarks.profiling", description=__doc__)
    parser.add_argument("contender", choices=ROSTER)
    parser.add_argument("verb", choices=["plain", "stream", "arguments", "first", "start"])
    parser.add_argument("model", nargs="?", default="plain")
    parser.add_argument("count", nargs="?", type=int, default=1)
    chosen = parser.parse_args()
    with running() as address:
        if chosen.verb == "start":
            print("\n".join(start(address, chosen.contender)))
        else:
            asked = {"verb": chosen.verb, "model": chosen.model, "count": chosen.count}
            print("\n".join(calls(address, chosen.contender, asked)))
