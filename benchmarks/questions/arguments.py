"""What do large tool arguments cost, and is the cost linear in their pieces?

One tool call whose 200 KB of arguments come in 1,000, 4,000 and 8,000 pieces, read to the end and
decoded; CPU time of the client's process a stream, of as many streams in a row as make up
24,000 pieces. What lies on the line through 1,000 and 4,000 is linear: the note says how far 8,000
is off it. `ai-lib-python` keeps the pieces of a call from stream to stream, so its figures grow
with the number of streams a client has made, and are highest where there were most.
"""

from benchmarks.bench import Bench
from benchmarks.report import Row
from benchmarks.roster import OURS

PIECES = (1000, 4000, 8000)
_TOGETHER = 24_000


def measure(bench: Bench) -> None:
    """Measure the three sizes."""
    found: dict[int, dict[str, Row]] = {}
    for pieces in PIECES:
        # One short stream is mostly noise: its floor alone came out 11 % off the line.
        count = _TOGETHER // pieces
        order = {"verb": "arguments", "model": f"arguments-{pieces}", "count": count}
        who = [*OURS, *bench.rivals()]
        case = f"{pieces} pieces"
        found[pieces] = bench.paired(case, who, order, rounds=bench.rounds(12), unit="ms")
    for name in found[PIECES[-1]]:
        if all(name in rows for rows in found.values()):
            off = bend(*(found[pieces][name].value.middle for pieces in PIECES))
            bench.report.bends[name] = off
            bench.report.notes.append(
                f"arguments, linearity: {name} is {off:+.1%} off at 8,000 pieces"
            )


def bend(small: float, middle: float, large: float) -> float:
    """Return how far the cost of 8,000 pieces is off the line through 1,000 and 4,000."""
    straight = small + (middle - small) * (PIECES[2] - PIECES[0]) / (PIECES[1] - PIECES[0])
    return large / straight - 1
