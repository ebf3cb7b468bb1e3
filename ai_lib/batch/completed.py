"""What comes of a batch's items, one by one as they are done."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import Generic, TypeVar

from ai_lib.batch.config import BatchConfig
from ai_lib.batch.result import BatchItem

from .._backend import Semaphore
from .._workers import Crew
from .running import Run, Stopped

G = TypeVar("G")
R = TypeVar("R")


class Completed(Generic[G, R]):
    """An iterator over the items that are done; the block around it ends the others."""

    def __init__(
        self,
        operation: Callable[[G], Awaitable[R] | R],
        items: Iterable[G],
        config: BatchConfig,
    ) -> None:
        self._operation = operation
        self._items = items
        self._config = config
        self._crew: Crew | None = None
        self._run: Run[G, R] | None = None
        self._done: deque[BatchItem[R]] = deque()
        self._arrived = Semaphore(0)  # one turn for each item that is done, and for each end
        self._room = Semaphore(2 * config.max_concurrent)
        self._busy = 0
        self._failure: Exception | None = None
        self._over = False

    async def __aenter__(self) -> Completed[G, R]:
        if self._crew is not None:
            raise RuntimeError("this batch was begun before; call as_completed again")
        run = self._run = Run(
            self._operation, self._items, self._config, self._tell, pace=self._room.acquire
        )
        crew = self._crew = Crew()
        await crew.__aenter__()
        self._busy = run.workers
        for _ in range(run.workers):
            crew.start(self._work)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        try:
            if self._crew is not None:
                await self._crew.__aexit__(kind, error, trace)
        finally:
            if self._run is not None:
                self._run.close()

    def __aiter__(self) -> AsyncIterator[BatchItem[R]]:
        return self

    async def __anext__(self) -> BatchItem[R]:
        """Return the next item that is done.

        Raises:
            JournalError: the journal is another batch's, or can't be written.
            Exception: what the source of the items raises.
        """
        if self._crew is None:
            raise RuntimeError("iterate inside a `with` block, which ends what is under way")
        while not self._over:
            await self._arrived.acquire()
            if self._done:
                self._room.release()
                return self._last(self._done.popleft())
            # The turn was that of a worker's end: every item came before its own.
            self._busy -= 1
            self._over = self._busy == 0
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        raise StopAsyncIteration

    def _last(self, item: BatchItem[R]) -> BatchItem[R]:
        self._over = self._config.fail_fast and item.error is not None
        return item

    def _tell(self, item: BatchItem[R]) -> None:
        self._done.append(item)
        self._arrived.release()

    async def _work(self) -> None:
        assert self._run is not None
        try:
            await self._run.work()
        except Stopped:
            pass
        except Exception as error:  # noqa: BLE001 (raised where the items are asked for)
            self._failure = error
            self._run.stop()
        finally:
            self._arrived.release()
