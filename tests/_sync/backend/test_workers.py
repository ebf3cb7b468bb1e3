# Generated from tests/backend/test_workers.py by codegen; do not edit.
"""Functions of either kind as workers, and functions beside a block."""

import threading

import pytest

from ai_lib_sync._runtime.backend import CancelScope, Event, sleep
from ai_lib_sync._runtime.workers import BackgroundTasks, as_worker
from tests.guards import hang_guard


def test_a_function_that_waits_and_one_that_does_not() -> None:
    def waits(number: int) -> int:
        sleep(0)
        return number + 1

    class Waiter:
        def __call__(self, number: int) -> int:
            return waits(number)

    def plain(number: int) -> int:
        return number + 1

    assert as_worker(waits, 1)(1) == 2
    assert as_worker(Waiter(), 1)(1) == 2
    assert as_worker(plain, 1)(1) == 2
    with pytest.raises(ZeroDivisionError):
        as_worker(lambda number: 1 // number, 1)(0)


def test_the_end_of_a_block_ends_what_runs_beside_it() -> None:
    before = threading.active_count()
    begun, ended = Event(), Event()

    def beside() -> None:
        begun.set()
        try:
            sleep(30)
        finally:
            ended.set()

    with hang_guard():
        with BackgroundTasks() as crew:
            crew.start(beside)
            begun.wait()
    assert ended.is_set()
    assert threading.active_count() <= before


def test_an_error_of_the_block_leaves_as_it_is() -> None:
    error = KeyError("mine")

    def beside() -> None:
        sleep(30)

    with pytest.raises(KeyError) as caught:
        with BackgroundTasks() as crew:
            crew.start(beside)
            raise error
    assert caught.value is error


def test_a_cancelled_block_ends_what_runs_beside_it() -> None:
    scope = CancelScope()

    def beside() -> None:
        scope.cancel()
        sleep(30)

    with hang_guard():
        with scope:
            with BackgroundTasks() as crew:
                crew.start(beside)
                sleep(30)
    assert scope.cancelled
