"""What does an answer from the cache cost?

The same plain call again and again, with a cache in memory, against the call over the loopback.
"""

from benchmarks.bench import Bench


def measure(bench: Bench) -> None:
    """Measure hits against calls."""
    order = {"verb": "plain", "model": "plain", "count": 100}
    bench.paired("hit", ["ai_lib-cached"], order, rounds=bench.rounds(15), unit="us")
