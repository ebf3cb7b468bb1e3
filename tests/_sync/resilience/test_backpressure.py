# Generated from tests/resilience/test_backpressure.py by codegen; do not edit.
"""Calls in flight: never more than allowed, in line first come first served, none lost."""

import pytest

from ai_lib_sync._runtime.backend import CancelScope, Event, checkpoint, run_all
from ai_lib_sync.errors import BackpressureError
from ai_lib_sync.resilience import Backpressure, BackpressureConfig


def test_never_more_than_allowed_are_in_flight() -> None:
    pressure = Backpressure(BackpressureConfig(max_concurrent=4))
    running = most = 0

    def operation() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(5):
            checkpoint()
        running -= 1

    def call() -> None:
        pressure.execute(operation)

    run_all([call] * 40, 40)
    assert most <= 4
    assert pressure.get_stats() == {
        "current_inflight": 0,
        "peak_inflight": most,
        "total_acquired": 40,
        "total_rejected": 0,
        "max_concurrent": 4,
    }
    assert pressure.available_permits == 4


@pytest.mark.parametrize("timeout", [0, 0.02])
def test_the_queue_time_is_kept(timeout: float) -> None:
    pressure = Backpressure(BackpressureConfig(max_concurrent=1, queue_timeout=timeout))
    with pressure.acquire():
        with pytest.raises(BackpressureError, match="raise max_inflight"):
            pressure.acquire_slot()
        assert pressure.current_inflight == 1
    assert pressure.current_inflight == 0
    assert pressure.get_stats()["total_rejected"] == 1
    place = pressure.acquire_slot()
    place.release()
    place.release()
    assert pressure.available_permits == 1


def test_one_cancelled_in_line_takes_no_place() -> None:
    pressure = Backpressure(BackpressureConfig(max_concurrent=1))
    holder = pressure.acquire_slot()
    scope = CancelScope()
    waiting = Event()

    def wait() -> None:
        waiting.set()
        with scope:
            pressure.acquire_slot()

    def cancel() -> None:
        waiting.wait()
        for _ in range(3):
            checkpoint()
        scope.cancel()

    run_all([wait, cancel], 2)
    assert scope.cancelled
    holder.release()
    assert pressure.current_inflight == 0
    assert pressure.try_acquire()
    assert not pressure.try_acquire()
    pressure.release()


def test_an_error_inside_gives_the_place_back() -> None:
    pressure = Backpressure(BackpressureConfig(max_concurrent=1))
    with pytest.raises(KeyError):
        with pressure.acquire():
            raise KeyError
    assert pressure.current_inflight == 0


def test_without_a_limit_it_only_counts() -> None:
    pressure = Backpressure(BackpressureConfig.no_limit())
    places = [pressure.acquire_slot() for _ in range(100)]
    assert pressure.current_inflight == 100
    assert pressure.available_permits == float("inf")
    for place in places:
        place.release()
    assert pressure.current_inflight == 0
    assert pressure.get_stats()["peak_inflight"] == 100
