"""Functions of either kind as workers, and functions beside a block."""

import threading

import pytest

from ai_lib._runtime.backend import CancelScope, Event, sleep
from ai_lib._runtime.workers import BackgroundTasks, as_worker
from tests.guards import hang_guard


async def test_a_function_that_waits_and_one_that_does_not() -> None:
    async def waits(number: int) -> int:
        await sleep(0)
        return number + 1

    class Waiter:
        async def __call__(self, number: int) -> int:
            return await waits(number)

    def plain(number: int) -> int:
        return number + 1

    assert await as_worker(waits, 1)(1) == 2
    assert await as_worker(Waiter(), 1)(1) == 2
    assert await as_worker(plain, 1)(1) == 2
    with pytest.raises(ZeroDivisionError):
        await as_worker(lambda number: 1 // number, 1)(0)


async def test_the_end_of_a_block_ends_what_runs_beside_it() -> None:
    before = threading.active_count()
    begun, ended = Event(), Event()

    async def beside() -> None:
        begun.set()
        try:
            await sleep(30)
        finally:
            ended.set()

    with hang_guard():
        async with BackgroundTasks() as crew:
            crew.start(beside)
            await begun.wait()
    assert ended.is_set()
    assert threading.active_count() <= before


async def test_an_error_of_the_block_leaves_as_it_is() -> None:
    error = KeyError("mine")

    async def beside() -> None:
        await sleep(30)

    with pytest.raises(KeyError) as caught:
        async with BackgroundTasks() as crew:
            crew.start(beside)
            raise error
    assert caught.value is error


async def test_a_cancelled_block_ends_what_runs_beside_it() -> None:
    scope = CancelScope()

    async def beside() -> None:
        scope.cancel()
        await sleep(30)

    with hang_guard():
        with scope:
            async with BackgroundTasks() as crew:
                crew.start(beside)
                await sleep(30)
    assert scope.cancelled
