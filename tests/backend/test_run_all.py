"""Many calls at a time: bounded, in order, ended by the first error, in the caller's context."""

from contextvars import ContextVar
from functools import partial

import pytest

from ai_lib._runtime.backend import CancelScope, Event, fail_after, run_all, sleep
from tests.guards import hang_guard

who: ContextVar[str] = ContextVar("who", default="nobody")


async def test_results_come_in_the_order_of_the_functions() -> None:
    async def answer(number: int) -> int:
        await sleep(0.001 * (10 - number))
        return number

    assert await run_all([partial(answer, number) for number in range(10)], 4) == list(range(10))
    assert await run_all([], 4) == []


async def test_no_more_run_at_once_than_allowed() -> None:
    running: set[object] = set()
    most: list[int] = []

    async def work() -> None:
        me = object()
        running.add(me)
        most.append(len(running))
        await sleep(0.005)
        running.discard(me)

    await run_all([work for _ in range(20)], 3)
    assert max(most) == 3


async def test_the_first_error_is_raised_as_it_is_and_ends_the_rest() -> None:
    error = KeyError("the one")
    started: list[int] = []

    async def fail() -> None:
        raise error

    async def wait(number: int) -> None:
        started.append(number)
        await sleep(10)

    with hang_guard():
        with pytest.raises(KeyError) as caught:
            await run_all([partial(wait, 1), partial(fail), partial(wait, 2), partial(wait, 3)], 2)
    assert caught.value is error
    assert 3 not in started


async def test_a_cancelled_scope_around_ends_all() -> None:
    scope = CancelScope()

    async def cancel() -> None:
        scope.cancel()

    async def wait() -> None:
        await Event().wait()

    with scope:
        await run_all([wait, wait, cancel], 3)
    assert scope.cancelled


async def test_a_deadline_around_ends_all() -> None:
    async def wait() -> None:
        await Event().wait()

    with pytest.raises(TimeoutError), fail_after(0.05):
        await run_all([wait] * 3, 3)


async def test_functions_see_the_callers_context() -> None:
    async def tell() -> str:
        return who.get()

    token = who.set("somebody")
    try:
        assert await run_all([tell] * 3, 3) == ["somebody"] * 3
    finally:
        who.reset(token)
