"""A scope is cancelled from anywhere, at any time, and swallows its own cancellation only."""

import threading
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from ai_lib._runtime.backend import (
    CancelScope,
    Event,
    Lock,
    Semaphore,
    fail_after,
    run_all,
    shield,
    sleep,
)
from tests.guards import hang_guard


def in_a_thread(function: Callable[[], object]) -> None:
    timer = threading.Timer(0.05, function)
    timer.daemon = True
    timer.start()


async def wait_for_event() -> None:
    await Event().wait()


async def wait_for_lock() -> None:
    lock = Lock()
    await lock.acquire()
    await lock.acquire()


async def wait_for_sleep() -> None:
    await sleep(10)


Wait = Callable[[], Awaitable[None]]
WAITS: list[Wait] = [wait_for_event, wait_for_lock, wait_for_sleep]


@pytest.mark.parametrize("wait", WAITS)
async def test_another_thread_interrupts_a_wait(wait: Wait) -> None:
    scope = CancelScope()
    in_a_thread(scope.cancel)
    with hang_guard():
        with scope:
            await wait()
    assert scope.cancelled


@pytest.mark.parametrize("wait", WAITS)
async def test_a_scope_cancelled_before_it_begins_interrupts_the_first_wait(
    wait: Wait,
) -> None:
    scope = CancelScope()
    scope.cancel()
    reached = False
    with scope:
        reached = True
        await wait()
    assert reached
    assert scope.cancelled


async def test_a_body_that_ends_by_itself_was_not_cancelled() -> None:
    scope = CancelScope()
    with scope:
        await sleep(0)
    assert not scope.cancelled
    scope.cancel()
    assert not scope.cancelled


async def test_an_error_passes_through() -> None:
    scope = CancelScope()
    with pytest.raises(KeyError), scope:
        raise KeyError("mine")
    assert not scope.cancelled


async def test_cancelling_the_outer_scope_ends_the_inner_one_too() -> None:
    outer, inner = CancelScope(), CancelScope()
    after_inner = False
    in_a_thread(outer.cancel)
    with outer:
        with inner:
            await sleep(10)
        after_inner = True
    assert outer.cancelled
    assert not inner.cancelled
    assert not after_inner


async def test_cancelling_the_inner_scope_leaves_the_outer_one() -> None:
    outer, inner = CancelScope(), CancelScope()
    in_a_thread(inner.cancel)
    with outer:
        with inner:
            await sleep(10)
        await sleep(0)
    assert inner.cancelled
    assert not outer.cancelled


async def test_a_shield_lets_its_body_finish() -> None:
    scope = CancelScope()
    scope.cancel()
    done = False
    with scope:
        with shield():
            await sleep(0.01)
            done = True
        await sleep(10)
    assert done
    assert scope.cancelled


async def test_every_wait_of_a_cancelled_body_is_interrupted() -> None:
    scope = CancelScope()
    scope.cancel()
    interrupted = 0
    with scope:
        for _ in range(2):
            try:
                await sleep(10)
            except BaseException:
                interrupted += 1
                if interrupted == 2:
                    raise
    assert interrupted == 2


async def test_a_deadline_raises_timeout_error() -> None:
    with hang_guard():
        with pytest.raises(TimeoutError), fail_after(0.05):
            await sleep(10)


async def test_no_deadline_never_raises() -> None:
    with fail_after(None):
        await sleep(0)
    with fail_after(5):
        await sleep(0)


async def test_the_outer_deadline_is_not_mistaken_for_the_inner_one() -> None:
    passed_inner = False
    with pytest.raises(TimeoutError), fail_after(0.05):
        try:
            with fail_after(10):
                await sleep(20)
        except TimeoutError:
            passed_inner = True
    assert not passed_inner


async def test_the_inner_deadline_ends_the_inner_body_only() -> None:
    with fail_after(10):
        with pytest.raises(TimeoutError), fail_after(0.02):
            await sleep(5)
        await sleep(0)


async def test_a_deadline_and_a_cancelled_scope_are_told_apart() -> None:
    scope = CancelScope()
    in_a_thread(scope.cancel)
    with scope, fail_after(10):
        await sleep(20)
    assert scope.cancelled


async def test_a_semaphore_admits_in_order_and_up_to_its_limit() -> None:
    semaphore = Semaphore(2)
    order: list[int] = []

    async def enter(number: int) -> None:
        async with semaphore:
            order.append(number)
            assert semaphore.holder_count <= 2
            await sleep(0.002)

    await run_all([partial(enter, number) for number in range(20)], 1)
    assert order == list(range(20))
    await run_all([partial(enter, number) for number in range(40)], 40)
    assert semaphore.holder_count == 0
    assert semaphore.waiter_count == 0


async def test_who_gives_up_waiting_takes_no_place() -> None:
    semaphore = Semaphore(1)
    await semaphore.acquire()

    async def give_up() -> None:
        with pytest.raises(TimeoutError), fail_after(0.02):
            await semaphore.acquire()

    await run_all([give_up] * 50, 50)
    assert semaphore.waiter_count == 0
    semaphore.release()
    with fail_after(1):
        await semaphore.acquire()
    assert semaphore.holder_count == 1


async def test_an_event_releases_everyone_and_stays_set() -> None:
    event = Event()
    in_a_thread(event.set)
    await run_all([event.wait] * 5, 5)
    assert event.is_set()
    await event.wait()
