"""BatchRun: workers that take a batch's items. Completed: an iterator over the results."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from threading import Lock as PlainLock
from types import TracebackType
from typing import Generic, TypeVar

from ai_lib._runtime.single_reader import SingleReader
from ai_lib.batch.config import BatchConfig
from ai_lib.batch.journal import Journal
from ai_lib.client.batches.result import BatchItem
from ai_lib.errors.exceptions import AiLibError, ItemTimeout

from .._runtime.backend import Semaphore, checkpoint, fail_after, now
from .._runtime.workers import BackgroundTasks, as_worker

G = TypeVar("G")
R = TypeVar("R")


class RunStopped(Exception):
    """Ends the workers of a batch that stops at its first error."""


class BatchRun(Generic[G, R]):
    """Runs the operation on each item in a worker, and calls `on_item` with one result at a time.

    A worker waits for `pace` before it takes its next item. Create the run where it is used, as it
    opens the journal.

    Raises:
        JournalError: as `Journal` raises.
    """

    def __init__(
        self,
        operation: Callable[[G], Awaitable[R] | R],
        items: Iterable[G],
        config: BatchConfig,
        on_item: Callable[[BatchItem[R]], object],
        pace: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._config = config
        self._call: Callable[[G], Awaitable[R]] = as_worker(operation, config.max_concurrent)
        self._on_item = on_item
        self._pace = pace
        self._lock = PlainLock()
        self._items: Iterator[G] = iter(items)
        self._stopped = False
        self.total = len(items) if isinstance(items, Sequence) else None
        self.taken = 0
        self._journal = self._open_journal(operation, items)
        # The disk is slow, so it is waited for in another thread.
        self._sync = as_worker(self._journal.sync, 1) if self._journal else None

    def _open_journal(self, operation: object, items: Iterable[G]) -> Journal | None:
        if self._config.journal is None:
            return None
        name = getattr(operation, "__qualname__", type(operation).__name__)
        journal = Journal(self._config, name, self.total)
        if isinstance(items, Sequence):
            try:
                journal.check(items)
            except BaseException:
                journal.close()
                raise
        return journal

    @property
    def workers(self) -> int:
        """The number of workers that the batch keeps busy."""
        limit = self._config.max_concurrent
        return limit if self.total is None else max(1, min(limit, self.total))

    async def work(self) -> None:
        """Take items until none are left.

        Raises:
            RunStopped: an item failed, and the batch ends at its first error.
            JournalError: the journal belongs to another batch, or can't be written.
            Exception: what the source of the items or `on_item` raises.
        """
        while (indexed_item := self._take()) is not None:
            index, item = indexed_item
            outcome = await self._run_item(index, item)
            await self._record(item, outcome)
            if outcome.error is not None and self._config.fail_fast:
                raise RunStopped
            if self._pace is not None:
                await self._pace()

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()

    def stop(self) -> None:
        """Take no further item."""
        self._stopped = True

    def _take(self) -> tuple[int, G] | None:
        with self._lock:
            while not self._stopped:
                try:
                    item = next(self._items)
                except StopIteration:
                    self._stopped = True
                    break
                index, self.taken = self.taken, self.taken + 1
                recorded = self._journal.find_result(index, item) if self._journal else None
                if recorded is None:
                    return index, item
                self._on_item(BatchItem(index=index, result=recorded.value, resumed=True))  # type: ignore[arg-type]
        return None

    async def _run_item(self, index: int, item: G) -> BatchItem[R]:
        start = now()
        try:
            result = await self._run_in_time(item)
        except Exception as error:  # noqa: BLE001 (it is in the batch's result)
            seconds = now() - start
            item_error = self._name_timeout(error, index, seconds)
            return BatchItem(index=index, error=item_error, latency_ms=seconds * 1000)
        return BatchItem(index=index, result=result, latency_ms=(now() - start) * 1000)

    async def _run_in_time(self, item: G) -> R:
        if self._config.timeout is None:
            return await self._call(item)
        with fail_after(self._config.timeout):
            return await self._call(item)

    def _name_timeout(self, error: Exception, index: int, seconds: float) -> Exception:
        """Return an ItemTimeout for the batch's own deadline, any other error unchanged."""
        limit = self._config.timeout
        is_plain_timeout = isinstance(error, TimeoutError) and not isinstance(error, AiLibError)
        if limit is None or not is_plain_timeout or seconds < limit:
            return error
        timeout = ItemTimeout(
            f"item {index} took longer than {limit:g} s; raise the timeout if it needs longer",
            index=index,
            seconds=limit,
        )
        timeout.__cause__ = error
        return timeout

    async def _record(self, item: G, outcome: BatchItem[R]) -> None:
        if self._journal is not None and self._sync is not None:
            self._journal.write(outcome.index, item, outcome.result, outcome.error)
            if self._config.fsync:
                await self._sync(None)
        with self._lock:
            if outcome.error is not None and self._config.fail_fast:
                self._stopped = True
            self._on_item(outcome)
        if outcome.latency_ms < 1:
            await checkpoint()  # an operation that never waits keeps all else from running


class Completed(Generic[G, R]):
    """An iterator over the finished items; leaving its block ends the others."""

    def __init__(
        self,
        operation: Callable[[G], Awaitable[R] | R],
        items: Iterable[G],
        config: BatchConfig,
    ) -> None:
        self._operation = operation
        self._items = items
        self._config = config
        self._tasks: BackgroundTasks | None = None
        self._run: BatchRun[G, R] | None = None
        self._finished: deque[BatchItem[R]] = deque()
        self._arrived = Semaphore(0)  # one turn for each finished item, and for each worker's end
        self._room = Semaphore(2 * config.max_concurrent)
        self._busy_workers = 0
        self._reader = SingleReader()
        self._failure: Exception | None = None
        self._over = False

    async def __aenter__(self) -> Completed[G, R]:
        if self._tasks is not None:
            raise RuntimeError("this batch was begun before; call as_completed again")
        run = self._run = BatchRun(
            self._operation, self._items, self._config, self._take_outcome, pace=self._room.acquire
        )
        tasks = self._tasks = BackgroundTasks()
        await tasks.__aenter__()
        self._busy_workers = run.workers
        for _ in range(run.workers):
            tasks.start(self._work)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        try:
            if self._tasks is not None:
                await self._tasks.__aexit__(kind, error, trace)
        finally:
            if self._run is not None:
                self._run.close()

    def __aiter__(self) -> AsyncIterator[BatchItem[R]]:
        return self

    async def __anext__(self) -> BatchItem[R]:
        """Return the next finished item.

        Raises:
            JournalError: the journal belongs to another batch, or can't be written.
            RuntimeError: another task or thread is waiting for an item.
            Exception: what the source of the items raises.
        """
        if self._tasks is None:
            raise RuntimeError("iterate inside a `with` block, which ends what is under way")
        with self._reader:
            return await self._read()

    async def _read(self) -> BatchItem[R]:
        while not self._over:
            await self._arrived.acquire()
            if self._finished:
                self._room.release()
                return self._end_if_failed(self._finished.popleft())
            # The turn is that of a worker's end, which comes after all of its items.
            self._busy_workers -= 1
            self._over = self._busy_workers == 0
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        raise StopAsyncIteration

    def _end_if_failed(self, item: BatchItem[R]) -> BatchItem[R]:
        self._over = self._config.fail_fast and item.error is not None
        return item

    def _take_outcome(self, item: BatchItem[R]) -> None:
        self._finished.append(item)
        self._arrived.release()

    async def _work(self) -> None:
        assert self._run is not None
        try:
            await self._run.work()
        except RunStopped:
            pass
        except Exception as error:  # noqa: BLE001 (raised by the iteration)
            self._failure = error
            self._run.stop()
        finally:
            self._arrived.release()
