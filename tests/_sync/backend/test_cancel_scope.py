# Generated from tests/backend/test_cancel_scope.py by codegen; do not edit.
"""A scope is cancelled from anywhere, at any time, and swallows its own cancellation only."""

import threading
from collections.abc import Callable
from functools import partial

import pytest

from ai_lib_sync._runtime.backend import (
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


def wait_for_event() -> None:
    Event().wait()


def wait_for_lock() -> None:
    lock = Lock()
    lock.acquire()
    lock.acquire()


def wait_for_sleep() -> None:
    sleep(10)


Wait = Callable[[], None]
WAITS: list[Wait] = [wait_for_event, wait_for_lock, wait_for_sleep]


@pytest.mark.parametrize("wait", WAITS)
def test_another_thread_interrupts_a_wait(wait: Wait) -> None:
    scope = CancelScope()
    in_a_thread(scope.cancel)
    with hang_guard():
        with scope:
            wait()
    assert scope.cancelled


@pytest.mark.parametrize("wait", WAITS)
def test_a_scope_cancelled_before_it_begins_interrupts_the_first_wait(
    wait: Wait,
) -> None:
    scope = CancelScope()
    scope.cancel()
    reached = False
    with scope:
        reached = True
        wait()
    assert reached
    assert scope.cancelled


def test_a_body_that_ends_by_itself_was_not_cancelled() -> None:
    scope = CancelScope()
    with scope:
        sleep(0)
    assert not scope.cancelled
    scope.cancel()
    assert not scope.cancelled


def test_an_error_passes_through() -> None:
    scope = CancelScope()
    with pytest.raises(KeyError), scope:
        raise KeyError("mine")
    assert not scope.cancelled


def test_cancelling_the_outer_scope_ends_the_inner_one_too() -> None:
    outer, inner = CancelScope(), CancelScope()
    after_inner = False
    in_a_thread(outer.cancel)
    with outer:
        with inner:
            sleep(10)
        after_inner = True
    assert outer.cancelled
    assert not inner.cancelled
    assert not after_inner


def test_cancelling_the_inner_scope_leaves_the_outer_one() -> None:
    outer, inner = CancelScope(), CancelScope()
    in_a_thread(inner.cancel)
    with outer:
        with inner:
            sleep(10)
        sleep(0)
    assert inner.cancelled
    assert not outer.cancelled


def test_a_shield_lets_its_body_finish() -> None:
    scope = CancelScope()
    scope.cancel()
    done = False
    with scope:
        with shield():
            sleep(0.01)
            done = True
        sleep(10)
    assert done
    assert scope.cancelled


def test_every_wait_of_a_cancelled_body_is_interrupted() -> None:
    scope = CancelScope()
    scope.cancel()
    interrupted = 0
    with scope:
        for _ in range(2):
            try:
                sleep(10)
            except BaseException:
                interrupted += 1
                if interrupted == 2:
                    raise
    assert interrupted == 2


def test_a_deadline_raises_timeout_error() -> None:
    with hang_guard():
        with pytest.raises(TimeoutError), fail_after(0.05):
            sleep(10)


def test_no_deadline_never_raises() -> None:
    with fail_after(None):
        sleep(0)
    with fail_after(5):
        sleep(0)


def test_the_outer_deadline_is_not_mistaken_for_the_inner_one() -> None:
    passed_inner = False
    with pytest.raises(TimeoutError), fail_after(0.05):
        try:
            with fail_after(10):
                sleep(20)
        except TimeoutError:
            passed_inner = True
    assert not passed_inner


def test_the_inner_deadline_ends_the_inner_body_only() -> None:
    with fail_after(10):
        with pytest.raises(TimeoutError), fail_after(0.02):
            sleep(5)
        sleep(0)


def test_a_deadline_and_a_cancelled_scope_are_told_apart() -> None:
    scope = CancelScope()
    in_a_thread(scope.cancel)
    with scope, fail_after(10):
        sleep(20)
    assert scope.cancelled


def test_a_semaphore_admits_in_order_and_up_to_its_limit() -> None:
    semaphore = Semaphore(2)
    order: list[int] = []

    def enter(number: int) -> None:
        with semaphore:
            order.append(number)
            assert semaphore.holder_count <= 2
            sleep(0.002)

    run_all([partial(enter, number) for number in range(20)], 1)
    assert order == list(range(20))
    run_all([partial(enter, number) for number in range(40)], 40)
    assert semaphore.holder_count == 0
    assert semaphore.waiter_count == 0


def test_who_gives_up_waiting_takes_no_place() -> None:
    semaphore = Semaphore(1)
    semaphore.acquire()

    def give_up() -> None:
        with pytest.raises(TimeoutError), fail_after(0.02):
            semaphore.acquire()

    run_all([give_up] * 50, 50)
    assert semaphore.waiter_count == 0
    semaphore.release()
    with fail_after(1):
        semaphore.acquire()
    assert semaphore.holder_count == 1


def test_an_event_releases_everyone_and_stays_set() -> None:
    event = Event()
    in_a_thread(event.set)
    run_all([event.wait] * 5, 5)
    assert event.is_set()
    event.wait()
