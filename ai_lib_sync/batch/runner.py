# Generated from ai_lib/batch/runner.py by codegen; do not edit.
"""What comes of a batch's items, one by one as they are done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock as PlainLock
from types import TracebackType
from typing import Generic, TypeVar

from ai_lib.batch.config import BatchConfig
from ai_lib.batch.journal import Journal
from ai_lib.batch.result import BatchItem
from ai_lib.errors.exceptions import AiLibError, ItemTimeout

from .._runtime.backend import Semaphore, checkpoint, fail_after, now
from .._runtime.workers import BackgroundTasks, as_worker

G = TypeVar("G")
R = TypeVar("R")


class RunStopped(Exception):
    """Ends the workers of a batch that stops at its first error."""


class BatchRun(Generic[G, R]):
    """Hands each item to a worker; `tell` is told what came of it, one item at a time.

    With `pace`, a worker waits for that before it takes its next item. Make it where it runs.

    Raises JournalError as `Journal` does.
    """

    def __init__(
        self,
        operation: Callable[[G], R | R],
        items: Iterable[G],
        config: BatchConfig,
        tell: Callable[[BatchItem[R]], object],
        pace: Callable[[], None] | None = None,
    ) -> None:
        self._config = config
        self._call: Callable[[G], R] = as_worker(operation, config.max_concurrent)
        self._tell = tell
        self._pace = pace
        self._lock = PlainLock()
        self._items: Iterator[G] = iter(items)
        self._stopped = False
        self.total = len(items) if isinstance(items, Sequence) else None
        self.taken = 0
        self._journal = self._opened(operation, items)
        # The disk is slow: whoever else runs on this thread need not wait for it.
        self._sync = as_worker(self._journal.sync, 1) if self._journal else None

    def _opened(self, operation: object, items: Iterable[G]) -> Journal | None:
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
        """How many workers the batch keeps busy."""
        most = self._config.max_concurrent
        return most if self.total is None else max(1, min(most, self.total))

    def work(self) -> None:
        """Take items until there are none left.

        Raises Stopped at an error when the batch is to end with it, JournalError, and what the
        source of the items or `tell` raises.
        """
        while (taken := self._take()) is not None:
            index, item = taken
            done = self._done(index, item)
            self._note(item, done)
            if done.error is not None and self._config.fail_fast:
                raise RunStopped
            if self._pace is not None:
                self._pace()

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
                found = self._journal.found(index, item) if self._journal else None
                if found is None:
                    return index, item
                self._tell(BatchItem(index=index, result=found.value, resumed=True))  # type: ignore[arg-type]
        return None

    def _done(self, index: int, item: G) -> BatchItem[R]:
        began = now()
        try:
            result = self._within(item)
        except Exception as error:  # noqa: BLE001 (told to whoever asked for the batch)
            took = now() - began
            return BatchItem(
                index=index, error=self._worded(error, index, took), latency_ms=took * 1000
            )
        return BatchItem(index=index, result=result, latency_ms=(now() - began) * 1000)

    def _within(self, item: G) -> R:
        if self._config.timeout is None:
            return self._call(item)
        with fail_after(self._config.timeout):
            return self._call(item)

    def _worded(self, error: Exception, index: int, took: float) -> Exception:
        """Say of our own deadline that it was ours."""
        seconds = self._config.timeout
        ours = isinstance(error, TimeoutError) and not isinstance(error, AiLibError)
        if seconds is None or not ours or took < seconds:
            return error
        found = ItemTimeout(
            f"item {index} took longer than {seconds:g} s; raise the timeout if it needs longer",
            index=index,
            seconds=seconds,
        )
        found.__cause__ = error
        return found

    def _note(self, item: G, done: BatchItem[R]) -> None:
        if self._journal is not None and self._sync is not None:
            self._journal.write(done.index, item, done.result, done.error)
            if self._config.fsync:
                self._sync(None)
        with self._lock:
            if done.error is not None and self._config.fail_fast:
                self._stopped = True
            self._tell(done)
        if done.latency_ms < 1:
            checkpoint()  # an operation that never waits lets nobody else run


class Completed(Generic[G, R]):
    """An iterator over the items that are done; the block around it ends the others."""

    def __init__(
        self,
        operation: Callable[[G], R | R],
        items: Iterable[G],
        config: BatchConfig,
    ) -> None:
        self._operation = operation
        self._items = items
        self._config = config
        self._crew: BackgroundTasks | None = None
        self._run: BatchRun[G, R] | None = None
        self._done: deque[BatchItem[R]] = deque()
        self._arrived = Semaphore(0)  # one turn for each item that is done, and for each end
        self._room = Semaphore(2 * config.max_concurrent)
        self._busy = 0
        self._failure: Exception | None = None
        self._over = False

    def __enter__(self) -> Completed[G, R]:
        if self._crew is not None:
            raise RuntimeError("this batch was begun before; call as_completed again")
        run = self._run = BatchRun(
            self._operation, self._items, self._config, self._tell, pace=self._room.acquire
        )
        crew = self._crew = BackgroundTasks()
        crew.__enter__()
        self._busy = run.workers
        for _ in range(run.workers):
            crew.start(self._work)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        try:
            if self._crew is not None:
                self._crew.__exit__(kind, error, trace)
        finally:
            if self._run is not None:
                self._run.close()

    def __iter__(self) -> Iterator[BatchItem[R]]:
        return self

    def __next__(self) -> BatchItem[R]:
        """Return the next item that is done.

        Raises:
            JournalError: the journal is another batch's, or can't be written.
            Exception: what the source of the items raises.
        """
        if self._crew is None:
            raise RuntimeError("iterate inside a `with` block, which ends what is under way")
        while not self._over:
            self._arrived.acquire()
            if self._done:
                self._room.release()
                return self._last(self._done.popleft())
            # The turn was that of a worker's end: every item came before its own.
            self._busy -= 1
            self._over = self._busy == 0
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        raise StopIteration

    def _last(self, item: BatchItem[R]) -> BatchItem[R]:
        self._over = self._config.fail_fast and item.error is not None
        return item

    def _tell(self, item: BatchItem[R]) -> None:
        self._done.append(item)
        self._arrived.release()

    def _work(self) -> None:
        assert self._run is not None
        try:
            self._run.work()
        except RunStopped:
            pass
        except Exception as error:  # noqa: BLE001 (raised where the items are asked for)
            self._failure = error
            self._run.stop()
        finally:
            self._arrived.release()
