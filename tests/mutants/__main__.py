"""`python -m tests.mutants [ROOM ...] [--count N] [--seed TEXT]`: faults that tests should notice.

For each room it prints how many of its mutants the tests noticed, and the survivors. It fails when
a room is below 90 %. Equivalent mutants, which nothing can notice, stand in `equivalent.txt`.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.mutants.operators import read_equivalents
from tests.mutants.rooms import COUNT, ROOMS, find_folder
from tests.mutants.session import Outcome, Room

ROOT = Path(__file__).parents[2]
LEAST = 0.9


def measure(name: str, count: int, seed: str) -> list[Outcome]:
    """Return what became of a room's mutants that are not equivalent."""
    equivalents = read_equivalents(Path(__file__).parent / "equivalent.txt")
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        room = Room(name, ROOT, Path(scratch), find_folder(name), ROOMS[name])
        mutants = [m for m in room.choose(count, seed) if m.key not in equivalents]
        room.map_lines()
        outcomes = []
        for mutant in mutants:
            outcomes.append(room.try_mutant(mutant))
            if not outcomes[-1].is_noticed:
                reason = "survived" if outcomes[-1].is_reached else "no test of the room reaches"
                print(f"  {reason}: line {mutant.line}: {mutant.key}", flush=True)
    return outcomes


def main() -> int:
    """Measure the rooms; return how many are below the rate."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], metavar="ROOM")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", default="1")
    arguments = parser.parse_args()
    table, below = [], 0
    for name in arguments.rooms or ROOMS:
        outcomes = measure(name, arguments.count, arguments.seed)
        noticed = sum(outcome.is_noticed for outcome in outcomes)
        rate = noticed / len(outcomes) if outcomes else 1.0
        below += rate < LEAST
        table.append(f"| {name} | {noticed} of {len(outcomes)} | {rate:.0%} |")
        print(table[-1], flush=True)
    print("\n| room | noticed | rate |\n|---|---|---|", *table, sep="\n")
    return below


if __name__ == "__main__":
    sys.exit(main())
