# Generated from tests/batch/test_collector.py by codegen; do not edit.
"""Items of many callers worked on together: by size, by time, and whoever goes away."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from ai_lib_sync._runtime.backend import CancelScope, Event, checkpoint, fail_after, run_all, sleep
from ai_lib_sync.batch import BatchCollector, BatchConfig
from ai_lib_sync.errors import BatchError
from tests.guards import hang_guard


class Doubler:
    """Doubles numbers, and remembers in what batches they came."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def __call__(self, numbers: list[int]) -> list[int]:
        self.batches.append(numbers)
        checkpoint()
        return [number * 2 for number in numbers]


def patient(size: int, **more: object) -> BatchConfig:
    """Wait longer than any test does."""
    return BatchConfig(max_batch_size=size, max_wait_ms=30_000, **more)  # type: ignore[arg-type]


def test_a_batch_goes_when_it_is_complete() -> None:
    double = Doubler()
    with BatchCollector(patient(3), double) as collector:
        found = run_all([partial(collector.add, number) for number in range(6)], 6)

    assert found == [0, 2, 4, 6, 8, 10]
    assert sorted(len(batch) for batch in double.batches) == [3, 3]
    assert collector.get_pending_count() == 0


def test_a_batch_goes_when_its_time_has_come_although_the_executor_waits() -> None:
    # A timer that flushed, and cancelled itself doing so, left its callers waiting for ever.
    def slow(numbers: list[int]) -> list[int]:
        sleep(0.02)
        return numbers

    collector = BatchCollector(BatchConfig(max_batch_size=100, max_wait_ms=10), slow)
    with fail_after(10):
        assert run_all([partial(collector.add, n) for n in range(5)], 5) == [0, 1, 2, 3, 4]
        assert collector.add(5) == 5  # and once more
        collector.stop()


def test_too_few_results_are_an_error_for_every_caller() -> None:
    def forgetful(numbers: list[int]) -> list[int]:
        return numbers[1:]

    collector = BatchCollector(BatchConfig(max_wait_ms=1), forgetful)
    errors: list[BatchError] = []

    def add(number: int) -> None:
        try:
            collector.add(number)
        except BatchError as error:
            errors.append(error)

    with fail_after(10):
        run_all([partial(add, number) for number in range(3)], 3)
    assert len(errors) == 3
    assert "must return one for each" in str(errors[0])


def test_an_error_of_the_executor_reaches_every_caller() -> None:
    broken = KeyError("broken")

    def fail(numbers: list[int]) -> list[int]:
        raise broken

    collector = BatchCollector(patient(2), fail)
    errors: list[Exception] = []

    def add(number: int) -> None:
        try:
            collector.add(number)
        except KeyError as error:
            errors.append(error)

    run_all([partial(add, number) for number in range(2)], 2)
    assert errors == [broken, broken]


def test_groups_are_kept_apart() -> None:
    double = Doubler()
    with BatchCollector(patient(2, group_by=lambda number: number % 2), double) as collector:
        run_all([partial(collector.add, number) for number in range(4)], 4)

    assert sorted(sorted(batch) for batch in double.batches) == [[0, 2], [1, 3]]


def test_plain_executors_do() -> None:
    def double(numbers: list[int]) -> Sequence[int]:
        return tuple(number * 2 for number in numbers)

    with BatchCollector(patient(1), double) as collector:
        assert collector.add(4) == 8


def test_flushing_does_not_wait_for_the_rest() -> None:
    double = Doubler()
    collector = BatchCollector(patient(10), double)
    joined = Event()

    def add(number: int) -> int:
        return collector.add(number)

    def flush() -> int:
        while collector.get_pending_count() < 2:
            sleep(0.001)
        joined.set()
        collector.flush()
        assert collector.get_pending_count() == 0
        return -1

    with hang_guard():
        found = run_all([partial(add, 1), partial(add, 2), flush], 3)
    assert found == [2, 4, -1]
    assert len(double.batches) == 1


def test_stopping_finishes_what_was_added_and_takes_no_more() -> None:
    double = Doubler()
    collector = BatchCollector(patient(10), double)

    def add() -> int:
        return collector.add(21)

    def stop() -> int:
        while not collector.get_pending_count():
            sleep(0.001)
        collector.stop()
        return 0

    assert run_all([add, stop], 2) == [42, 0]
    with pytest.raises(RuntimeError, match="was stopped"):
        collector.add(1)
    collector.stop()


def test_an_executor_can_be_set_later() -> None:
    collector: BatchCollector[int, int] = BatchCollector(patient(1))
    with pytest.raises(RuntimeError, match="set an executor first"):
        collector.add(1)
    collector.set_executor(Doubler())
    assert collector.add(1) == 2


def test_when_the_first_caller_goes_away_another_takes_its_place() -> None:
    double = Doubler()
    collector = BatchCollector(patient(3), double)
    scope = CancelScope()

    def first() -> int:
        with scope:
            collector.add(100)
        return -1

    def then() -> int:
        while collector.get_pending_count() < 1:
            sleep(0.001)
        return collector.add(1)

    def last() -> int:
        while collector.get_pending_count() < 2:
            sleep(0.001)
        scope.cancel()
        while collector.get_pending_count() > 1:
            sleep(0.001)
        return (run_all([partial(collector.add, 2), partial(collector.add, 3)], 2))[0]

    with fail_after(20):
        assert run_all([first, then, last], 3) == [-1, 2, 4]
    assert sorted(double.batches[0]) == [1, 2, 3]


def test_when_the_caller_at_work_goes_away_the_others_are_worked_on_again() -> None:
    scope = CancelScope()
    batches: list[list[int]] = []

    def work(numbers: list[int]) -> list[int]:
        batches.append(numbers)
        if len(batches) == 1:
            scope.cancel()
            sleep(30)
        return numbers

    collector = BatchCollector(patient(2), work)

    def first() -> int:
        with scope:
            collector.add(1)
        return -1

    def second() -> int:
        while not collector.get_pending_count():
            sleep(0.001)
        return collector.add(2)

    with fail_after(20):
        assert run_all([first, second], 2) == [-1, 2]
    assert batches == [[1, 2], [2]]


def test_a_thousand_callers_are_served() -> None:
    double = Doubler()
    with BatchCollector(BatchConfig(max_batch_size=16, max_wait_ms=5), double) as collector:
        with fail_after(60):
            found = run_all([partial(collector.add, n) for n in range(1000)], 40)

    assert found == [number * 2 for number in range(1000)]
    assert max(len(batch) for batch in double.batches) <= 16
