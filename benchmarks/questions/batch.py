"""What does a batch cost an item?

10,000 items whose operation does nothing, five at once, against five bare tasks that take the same
items from one iterator.
"""

from benchmarks.bench import Bench


def measure(bench: Bench) -> None:
    """Measure both."""
    count = 10_000
    order = {"verb": "batch", "model": str(count)}
    bench.paired("10,000 items", ["batch"], order, rounds=bench.rounds(9), unit="us", per=count)
