"""BatchExecutor: calls one function with many items, several at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sized
from typing import Generic, TypeVar

import msgspec

from ai_lib.batch.config import BatchConfig
from ai_lib.batch.progress_bar import make_progress_bar
from ai_lib.client.batches.result import BatchItem, BatchResult, make_result

from .._runtime.backend import now, run_all
from .runner import BatchRun, Completed, RunStopped

G = TypeVar("G")
R = TypeVar("R")
OnProgress = Callable[[int, "int | None"], object]


class BatchExecutor(Generic[G, R]):
    """Calls `operation` with each item, `max_concurrent` at once, and collects the results.

        executor = BatchExecutor(ask, max_concurrent=5)
        result = await executor.execute(questions)

    Items may be any iterable, also a generator: they are taken as workers become free. An operation
    that does not wait runs in threads where several could not run at once otherwise. The executor
    retries nothing: an operation that calls a client has that client's retries.

    Arguments come before the settings of `config`.
    """

    def __init__(
        self,
        operation: Callable[[G], Awaitable[R] | R],
        max_concurrent: int | None = None,
        fail_fast: bool | None = None,
        *,
        timeout: float | None = None,
        config: BatchConfig | None = None,
    ) -> None:
        arguments = {"max_concurrent": max_concurrent, "fail_fast": fail_fast, "timeout": timeout}
        overrides = {name: value for name, value in arguments.items() if value is not None}
        self.config: BatchConfig = msgspec.structs.replace(config or BatchConfig(), **overrides)
        self._operation = operation

    async def execute(
        self, items: Iterable[G], *, on_progress: OnProgress | None = None
    ) -> BatchResult[R]:
        """Run all items and return their results, in the order of the items.

        An error of the operation is in the result, not raised. A cancelled execution ends every
        item under way. `on_progress` is called after each item, never twice at once, with the
        number of finished items and the number of all items (None for a generator).

        Raises:
            JournalError: the journal belongs to another batch, or can't be written.
            Exception: what the source of the items, or `on_progress`, raises.
        """
        finished: list[BatchItem[R]] = []

        def on_item(item: BatchItem[R]) -> None:
            finished.append(item)
            if on_progress is not None:
                on_progress(len(finished), run.total)

        start = now()
        run = BatchRun(self._operation, items, self.config, on_item)
        try:
            await run_all([run.work] * run.workers, run.workers)
        except RunStopped:
            pass
        finally:
            run.close()
        count = run.taken if run.total is None else run.total
        return make_result(finished, count, (now() - start) * 1000)

    async def execute_with_progress(
        self, items: Iterable[G], on_progress: OnProgress | None = None
    ) -> BatchResult[R]:
        """Run all items as `execute` does, and show the progress.

        Without `on_progress` a bar is shown on stderr: that of tqdm or of rich, if one of them is
        installed, or else plain lines.
        """
        if on_progress is not None:
            return await self.execute(items, on_progress=on_progress)
        bar = make_progress_bar(len(items) if isinstance(items, Sized) else None)
        try:
            return await self.execute(items, on_progress=lambda count, _: bar.show(count))
        finally:
            bar.close()

    def as_completed(self, items: Iterable[G]) -> Completed[G, R]:
        """Return an iterator over the items' results, each as soon as it is finished.

            async with executor.as_completed(questions) as done:
                async for item in done:
                    print(item.index, item.result or item.error)

        Leaving the block ends the items that are still under way. Items are taken no faster than
        the iteration goes, so their number does not matter for memory.
        """
        return Completed(self._operation, items, self.config)
