# Generated from tests/backend/test_run_all.py by codegen; do not edit.
"""Many calls at a time: bounded, in order, ended by the first error, in the caller's context."""

from contextvars import ContextVar
from functools import partial

import pytest

from ai_lib_sync._runtime.backend import CancelScope, Event, fail_after, run_all, sleep
from tests.guards import hang_guard

who: ContextVar[str] = ContextVar("who", default="nobody")


def test_results_come_in_the_order_of_the_functions() -> None:
    def answer(number: int) -> int:
        sleep(0.001 * (10 - number))
        return number

    assert run_all([partial(answer, number) for number in range(10)], 4) == list(range(10))
    assert run_all([], 4) == []


def test_no_more_run_at_once_than_allowed() -> None:
    running: set[object] = set()
    most: list[int] = []

    def work() -> None:
        me = object()
        running.add(me)
        most.append(len(running))
        sleep(0.005)
        running.discard(me)

    run_all([work for _ in range(20)], 3)
    assert max(most) == 3


def test_the_first_error_is_raised_as_it_is_and_ends_the_rest() -> None:
    error = KeyError("the one")
    started: list[int] = []

    def fail() -> None:
        raise error

    def wait(number: int) -> None:
        started.append(number)
        sleep(10)

    with hang_guard():
        with pytest.raises(KeyError) as caught:
            run_all([partial(wait, 1), partial(fail), partial(wait, 2), partial(wait, 3)], 2)
    assert caught.value is error
    assert 3 not in started


def test_a_cancelled_scope_around_ends_all() -> None:
    scope = CancelScope()

    def cancel() -> None:
        scope.cancel()

    def wait() -> None:
        Event().wait()

    with scope:
        run_all([wait, wait, cancel], 3)
    assert scope.cancelled


def test_a_deadline_around_ends_all() -> None:
    def wait() -> None:
        Event().wait()

    with pytest.raises(TimeoutError), fail_after(0.05):
        run_all([wait] * 3, 3)


def test_functions_see_the_callers_context() -> None:
    def tell() -> str:
        return who.get()

    token = who.set("somebody")
    try:
        assert run_all([tell] * 3, 3) == ["somebody"] * 3
    finally:
        who.reset(token)
