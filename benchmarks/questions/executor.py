"""What does it cost to have a call protected by everything there is?

Plain calls one at a time: retries, a rate limit, a circuit breaker, a limit in flight, two
fallbacks and metrics, none of which has anything to do, against a client with none of them.
`over floor` is the cost of a call. `ai_lib-bare-again` is the client with nothing against itself:
what it shows is noise.

The notes say how many functions one call calls in all, which is the same under any load.
"""

from benchmarks.bench import Bench


def measure(bench: Bench) -> None:
    """Measure both settings, and the noise."""
    order = {"verb": "plain", "model": "plain", "count": 400}
    who = ["ai_lib-everything", "ai_lib-bare-again"]
    bench.paired("everything on", who, order, rounds=bench.rounds(25), unit="us")
    bench.tally(["ai_lib-bare", "ai_lib-everything"], order)
