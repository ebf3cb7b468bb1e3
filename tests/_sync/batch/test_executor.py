# Generated from tests/batch/test_executor.py by codegen; do not edit.
"""One function over many items: order, bounds, errors, time, progress, cancellation."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from ai_lib_sync._runtime.backend import CancelScope, Event, checkpoint, run_all, sleep
from ai_lib_sync.batch import BatchConfig, BatchExecutor, BatchItem, BatchResult
from ai_lib_sync.errors import ItemTimeout
from tests.guards import hang_guard


def test_results_come_in_the_order_of_the_items() -> None:
    def slower_first(number: int) -> str:
        sleep(0.002 * (5 - number))
        return f"item {number}"

    result = BatchExecutor(slower_first, max_concurrent=5).execute(range(5))

    assert result.results == [f"item {number}" for number in range(5)]
    assert (result.successful_count, result.failed_count) == (5, 0)
    assert result.all_successful
    assert result.get_successful_results() == list(result.results)
    assert result.total_time_ms > 0


def test_no_more_run_at_once_than_told_and_as_many_as_told() -> None:
    running: set[int] = set()
    most: list[int] = []
    three = Event()

    def work(number: int) -> None:
        running.add(number)
        most.append(len(running))
        if len(running) == 3:
            three.set()
        three.wait()
        checkpoint()
        running.discard(number)

    result = BatchExecutor(work, 3).execute(range(30))

    assert max(most) == 3
    assert result.successful_count == 30  # None is a result


def test_an_error_is_that_item_s_and_the_others_go_on() -> None:
    broken = KeyError("seven")

    def work(number: int) -> int:
        if number == 7:
            raise broken
        return number

    result = BatchExecutor(work).execute(range(10))

    assert result.errors == {7: broken}
    assert result.get_errors() == [(7, broken)]
    assert (result.successful_count, result.failed_count, len(result.results)) == (9, 1, 10)
    assert result.get_successful_results() == [0, 1, 2, 3, 4, 5, 6, 8, 9]
    assert not result.all_successful


def test_failing_fast_ends_what_is_under_way_and_counts_it_as_neither() -> None:
    begun: list[int] = []
    both = Event()

    def work(number: int) -> int:
        begun.append(number)
        if number == 0:
            return number
        if number == 2:
            both.wait()
            raise ValueError("two")
        both.set()
        sleep(30)
        return number

    with hang_guard():
        result = BatchExecutor(work, 2, fail_fast=True).execute(range(100))

    assert begun == [0, 1, 2]
    assert (result.successful_count, result.failed_count) == (1, 1)
    assert result.unfinished == {1, *range(3, 100)}
    assert result.get_successful_results() == [0]
    assert result.results[:3] == [0, None, None]


def test_an_item_that_takes_too_long_is_ended() -> None:
    def work(number: int) -> int:
        if number == 1:
            sleep(30)
        return number

    result = BatchExecutor(work, timeout=0.05).execute(range(3))

    error = result.errors[1]
    assert isinstance(error, ItemTimeout)
    assert isinstance(error, TimeoutError)
    assert (error.index, error.seconds, error.error_type) == (1, 0.05, "timeout")
    assert result.get_successful_results() == [0, 2]


def test_a_timeout_of_the_function_s_own_stays_what_it_is() -> None:
    mine = TimeoutError("mine")

    def work(number: int) -> int:
        raise mine

    result = BatchExecutor(work, timeout=30).execute([1])

    assert result.errors == {0: mine}


def test_items_are_taken_as_workers_come_free() -> None:
    taken: list[int] = []
    done: list[int] = []

    def source() -> Iterator[int]:
        for number in range(1000):
            assert len(taken) - len(done) < 4
            taken.append(number)
            yield number

    def work(number: int) -> int:
        checkpoint()
        done.append(number)
        return number * 2

    seen: list[tuple[int, int | None]] = []
    result = BatchExecutor(work, 4).execute(
        source(), on_progress=lambda done, total: seen.append((done, total))
    )

    assert result.results == [number * 2 for number in range(1000)]
    assert seen == [(number, None) for number in range(1, 1001)]


def test_what_the_source_raises_is_raised() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise OSError("the file is gone")

    def work(number: int) -> int:
        return number

    with pytest.raises(OSError, match="the file is gone"):
        BatchExecutor(work).execute(source())


def test_plain_functions_run_beside_each_other() -> None:
    gate = threading.Barrier(3)

    def work(number: int) -> int:
        gate.wait(10)
        return number

    result = BatchExecutor(work, 3).execute(range(6))

    assert result.results == [0, 1, 2, 3, 4, 5]


def test_no_items_and_fewer_items_than_workers() -> None:
    def work(number: int) -> int:
        return number

    assert BatchExecutor(work).execute([]) == BatchResult(results=[], total_time_ms=ANY)
    assert (BatchExecutor(work, 50).execute(iter([1]))).results == [1]


class _Any(float):
    def __eq__(self, _: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


ANY = _Any()


def test_many_items_need_few_threads_and_tasks() -> None:
    before = threading.active_count()
    most: list[int] = []

    def work(number: int) -> int:
        most.append(threading.active_count())
        return number

    result = BatchExecutor(work, 8).execute(range(10_000))

    assert result.successful_count == 10_000
    assert max(most) - before <= 8
    assert threading.active_count() <= before


def test_a_cancelled_batch_leaves_nothing_behind() -> None:
    before = threading.active_count()
    scope = CancelScope()
    ended: list[int] = []

    def work(number: int) -> None:
        if number == 5:
            scope.cancel()
        try:
            sleep(30 if number >= 3 else 0)
        finally:
            ended.append(number)

    with hang_guard():
        with scope:
            BatchExecutor(work, 4).execute(range(100))

    assert scope.cancelled
    assert set(ended) >= {0, 1, 2, 3, 4, 5}
    assert max(ended) <= 6
    assert threading.active_count() <= before


def test_progress_is_told_after_each_item() -> None:
    def work(number: int) -> int:
        if number == 1:
            raise ValueError
        return number

    seen: list[tuple[int, int | None]] = []
    result = BatchExecutor(work, 1).execute_with_progress(
        [0, 1, 2], lambda done, total: seen.append((done, total))
    )

    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert result.failed_count == 1


def test_what_the_callback_raises_ends_the_batch() -> None:
    def work(number: int) -> int:
        return number

    def refuse(done: int, total: int | None) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        BatchExecutor(work).execute_with_progress(range(5), refuse)


@pytest.mark.parametrize(
    ("total", "lines"), [(40, [f"{n}/40 done" for n in range(2, 41, 2)]), (0, [])]
)
def test_without_a_bar_s_package_there_are_lines(
    total: int,
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "rich.console", None)

    def work(number: int) -> int:
        return number

    BatchExecutor(work, 1).execute_with_progress(range(total))

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.split("\n")[:-1] == lines


def test_the_bar_of_an_installed_package_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []

    class Bar:
        def __init__(self, total: int, file: object) -> None:
            told.append((total, file is sys.stderr))
            self.n = 0

        def update(self, more: int) -> None:
            self.n += more

        def close(self) -> None:
            told.append(self.n)

    monkeypatch.setitem(sys.modules, "tqdm", SimpleNamespace(tqdm=Bar))

    def work(number: int) -> int:
        return number

    BatchExecutor(work).execute_with_progress(range(7))

    assert told == [(7, True), 7]


def test_settings_by_name_come_before_those_of_the_config() -> None:
    def work(number: int) -> int:
        return number

    config = BatchConfig(max_concurrent=3, fail_fast=True, timeout=1.0)
    assert BatchExecutor(work, config=config).config == config
    changed = BatchExecutor(work, 5, False, timeout=2.0, config=config).config
    assert changed == BatchConfig(max_concurrent=5, timeout=2.0)
    assert BatchConfig.for_embeddings().max_batch_size == 100
    assert BatchConfig.for_chat().max_wait_ms == 10


@pytest.mark.parametrize(
    "settings", [{"max_concurrent": 0}, {"max_batch_size": 0}, {"timeout": 0}, {"max_wait_ms": -1}]
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        BatchConfig(**settings)  # type: ignore[arg-type]


def test_settings_are_unchangeable_and_have_names() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        BatchConfig().max_concurrent = 5  # type: ignore[misc]
    with pytest.raises(TypeError, match="positional"):
        BatchConfig(5)  # type: ignore[misc]


def test_items_come_as_they_are_done() -> None:
    first = Event()

    def work(number: int) -> int:
        if number == 0:
            first.wait()
        return number

    found: list[BatchItem[int]] = []
    with BatchExecutor(work, 2).as_completed(range(4)) as done:
        for item in done:
            found.append(item)
            if item.index == 3:
                first.set()

    assert [item.index for item in found] == [1, 2, 3, 0]
    assert [item.result for item in found] == [1, 2, 3, 0]
    assert all(item.ok and item.latency_ms >= 0 for item in found)


def test_items_are_taken_no_faster_than_they_are_asked_for() -> None:
    taken: list[int] = []

    def source() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    def work(number: int) -> int:
        return number

    with BatchExecutor(work, 2).as_completed(source()) as done:
        for item in done:
            assert len(taken) <= item.index + 10
            if item.index > 500:
                break

    assert len(taken) < 520


def test_leaving_the_block_ends_what_is_under_way() -> None:
    before = threading.active_count()

    def work(number: int) -> int:
        if number:
            sleep(30)
        return number

    with hang_guard():
        with BatchExecutor(work, 4).as_completed(range(10)) as done:
            for item in done:
                assert item.index == 0
                break

    assert threading.active_count() <= before


def test_errors_of_items_come_and_those_of_the_source_are_raised() -> None:
    def source() -> Iterator[int]:
        yield 0
        yield 1
        raise OSError("no more")

    def work(number: int) -> int:
        if number == 0:
            raise ValueError("zero")
        return number

    found: dict[int, BatchItem[int]] = {}
    with pytest.raises(OSError, match="no more"):
        with BatchExecutor(work, 1).as_completed(source()) as done:
            for item in done:
                found[item.index] = item

    assert isinstance(found[0].error, ValueError)
    assert (found[1].result, found[1].ok) == (1, True)


def test_failing_fast_ends_the_iteration_with_the_error() -> None:
    def work(number: int) -> int:
        if number == 2:
            raise ValueError("two")
        return number

    executor = BatchExecutor(work, 1, fail_fast=True)
    with executor.as_completed(range(10)) as done:
        found = [item.index for item in done]

    assert found == [0, 1, 2]


def test_an_error_of_the_block_leaves_as_it_is() -> None:
    def work(number: int) -> int:
        return number

    error = KeyError("mine")
    with pytest.raises(KeyError) as caught:
        with BatchExecutor(work).as_completed(range(10)) as done:
            for _ in done:
                raise error
    assert caught.value is error


def test_it_is_iterated_in_a_block_and_once() -> None:
    def work(number: int) -> int:
        return number

    done = BatchExecutor(work).as_completed([1])
    with pytest.raises(RuntimeError, match="inside a `with` block"):
        for _ in done:
            pass
    with done:
        assert [item.result for item in done] == [1]
    with pytest.raises(RuntimeError, match="call as_completed again"):
        with done:
            pass


def test_a_second_reader_of_results_is_refused_and_disturbs_nobody() -> None:
    gate = Event()

    def work(number: int) -> int:
        gate.wait()
        return number

    results: list[object] = []
    with BatchExecutor(work, 2).as_completed(range(2)) as done:

        def read() -> None:
            try:
                results.extend([item.result for item in done])
            except RuntimeError as error:
                results.append(str(error))
                gate.set()

        run_all([read, read], 2)
    assert sorted(map(str, results))[:2] == ["0", "1"]
    assert "another task or thread is reading" in str(results[0])
