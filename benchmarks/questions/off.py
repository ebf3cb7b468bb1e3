"""Does what is switched off cost anything?

Plain calls one at a time: a client that was given a cache, guardrails, plugins and a logger, all
switched off, against a client that was given none. `ai_lib-again` is the plain client against
itself: what it shows is noise, and what is not above it is nothing.

The notes say how many functions one call calls in all, which is the same under any load.
"""

from benchmarks.bench import Bench


def measure(bench: Bench) -> None:
    """Measure both clients, and the noise."""
    order = {"verb": "plain", "model": "plain", "count": 400}
    who = ["ai_lib-off", "ai_lib-again"]
    bench.paired("switched off", who, order, rounds=bench.rounds(25), unit="us")
    bench.tally(["ai_lib", "ai_lib-off"], order)
