"""One contender in a process of its own: orders on stdin, a line of JSON each; measures on stdout.

An order is a verb of the contender, a model (which says what the provider answers), how many times
(`count`) and how many of those at once (`at_once`). The measures are the CPU seconds of the whole
process and the seconds on the clock, peak memory, and what the calls returned. `slope` asks for
the growth of resident memory a call instead, `tally` for the number of function calls, which no
load of the machine changes, and `profile` for the functions that took most time.

Only the standard library and the contender are imported here.
"""

import asyncio
import contextlib
import cProfile
import gc
import inspect
import io
import json
import os
import pstats
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.machine import Memory, pin
from benchmarks.roster import ROSTER

Work = Callable[[], Awaitable[None]]
Together = Callable[[Work, int], Awaitable[None]]
Order = dict[str, object]


async def _tasks(work: Work, count: int) -> None:
    await asyncio.gather(*(work() for _ in range(count)))


async def _nursery(work: Work, count: int) -> None:
    import trio

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(work)


async def _threads(work: Work, count: int) -> None:
    if count == 1:
        return await work()
    with ThreadPoolExecutor(count) as threads:
        for done in [threads.submit(_drive, work()) for _ in range(count)]:
            done.result()
    return None


def _drive(coroutine: Awaitable[object]) -> None:
    """Run a coroutine that never waits: the contender's calls block."""
    with contextlib.suppress(StopIteration):
        coroutine.send(None)  # type: ignore[attr-defined]


class Worker:
    """Carries out orders."""

    def __init__(self, contender: object, together: Together) -> None:
        self._contender = contender
        self._together = together
        self._memory = Memory()

    async def serve(self, say: Callable[[object], None]) -> None:
        """Answer each line of stdin."""
        for line in sys.stdin:
            order = json.loads(line)
            if order.get("slope"):
                say(await self._slope(order))
            elif order.get("tally"):
                say({"tally": await self._tallied(order)})
            elif order.get("profile"):
                say({"profile": await self._profiled(order)})
            else:
                say(await self._measured(order))

    async def _measured(self, order: Order) -> object:
        gc.collect()
        self._memory.forget_peak()
        before = self._memory.now()
        wall, cpu = time.perf_counter(), time.process_time()
        results = await self._repeat(order)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        peak = self._memory.peak()
        return {"cpu": cpu, "wall": wall, "results": results, "peak": peak, "before": before}

    async def _repeat(self, order: Order) -> list[float]:
        verb, model = getattr(self._contender, str(order["verb"])), order["model"]
        left, results = iter(range(int(str(order.get("count", 1))))), []

        async def work() -> None:
            for _ in left:
                result = verb(model)
                results.append(await result if inspect.isawaitable(result) else result)

        at_once = int(str(order.get("at_once", 1)))
        await (work() if at_once == 1 else self._together(work, at_once))
        return results

    async def _slope(self, order: Order) -> object:
        """Return bytes a call, fitted to ten readings; a warm-up has filled what is kept."""
        count = int(str(order["count"])) // 10
        await self._repeat({**order, "count": count * 5})
        seen = []
        for _ in range(11):
            gc.collect()
            seen.append(self._memory.now())
            await self._repeat({**order, "count": count})
        return {"slope": _slope(seen) / count, "peak": self._memory.peak()}

    async def _tallied(self, order: Order) -> float:
        profile = await self._watched(order)
        calls: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
        return calls / int(str(order["count"]))

    async def _watched(self, order: Order) -> cProfile.Profile:
        profile = cProfile.Profile()
        with profile:
            await self._repeat(order)
        return profile

    async def _profiled(self, order: Order) -> Sequence[str]:
        profile = await self._watched(order)
        text = io.StringIO()
        pstats.Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(25)
        return text.getvalue().splitlines()


def _slope(values: Sequence[float]) -> float:
    """Return the least-squares slope of values one step apart."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    over = sum((at - middle) * (value - mean) for at, value in enumerate(values))
    return over / sum((at - middle) ** 2 for at in range(len(values)))


def main(name: str, url: str) -> None:
    """Serve until stdin ends. What a contender prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    pin("client")

    def say(answer: object) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    chosen = ROSTER[name]

    async def serve(together: Together) -> None:
        say({"ready": name})
        await Worker(chosen.make(url), together).serve(say)

    if chosen.runs_on == "threads":
        _drive(serve(_threads))
    elif chosen.runs_on == "trio":
        import trio

        trio.run(serve, _nursery)
    else:
        asyncio.run(serve(_tasks))


if __name__ == "__main__":
    main(*sys.argv[1:])
