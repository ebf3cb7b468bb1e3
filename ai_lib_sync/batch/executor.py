# Generated from ai_lib/batch/executor.py by codegen; do not edit.
"""BatchExecutor: one function over many items, some of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from typing import Generic, TypeVar

import msgspec

from ai_lib.batch.config import BatchConfig
from ai_lib.batch.progress_bar import bar_for
from ai_lib.batch.result import BatchItem, BatchResult, result_of

from .._runtime.backend import now, run_all
from .runner import BatchRun, Completed, RunStopped

G = TypeVar("G")
R = TypeVar("R")
OnProgress = Callable[[int, "int | None"], object]


class BatchExecutor(Generic[G, R]):
    """Calls `operation` with each item, `max_concurrent` at once, and collects what came.

        executor = BatchExecutor(ask, max_concurrent=5)
        result = executor.execute(questions)

    Items may be any iterable, a generator too: they are taken as workers come free. An operation
    without waits of its own is run in threads where that is needed to have several at once. Nothing
    is tried again here: an operation that calls a client has that client's retries.

    Settings given by name come before those of `config`.
    """

    def __init__(
        self,
        operation: Callable[[G], R | R],
        max_concurrent: int | None = None,
        fail_fast: bool | None = None,
        *,
        timeout: float | None = None,
        config: BatchConfig | None = None,
    ) -> None:
        given = {"max_concurrent": max_concurrent, "fail_fast": fail_fast, "timeout": timeout}
        told = {name: value for name, value in given.items() if value is not None}
        self.config: BatchConfig = msgspec.structs.replace(config or BatchConfig(), **told)
        self._operation = operation

    def execute(
        self, items: Iterable[G], *, on_progress: OnProgress | None = None
    ) -> BatchResult[R]:
        """Run all items and return what came of each, in their order.

        An error of the operation is in the result, not raised. Cancelled, it ends every item under
        way. `on_progress` is told how many items are done, and of how many (None for a generator),
        after each of them and never twice at once.

        Raises:
            JournalError: the journal is another batch's, or can't be written.
            Exception: what the source of the items, or `on_progress`, raises.
        """
        done: list[BatchItem[R]] = []

        def tell(item: BatchItem[R]) -> None:
            done.append(item)
            if on_progress is not None:
                on_progress(len(done), run.total)

        began = now()
        run = BatchRun(self._operation, items, self.config, tell)
        try:
            run_all([run.work] * run.workers, run.workers)
        except RunStopped:
            pass
        finally:
            run.close()
        count = run.taken if run.total is None else run.total
        return result_of(done, count, (now() - began) * 1000)

    def execute_with_progress(
        self, items: Iterable[G], on_progress: OnProgress | None = None
    ) -> BatchResult[R]:
        """Run all items as `execute` does, and show how far it is.

        Without `on_progress` there is a bar on stderr: that of tqdm or of rich, whichever is
        installed, else plain lines.
        """
        if on_progress is not None:
            return self.execute(items, on_progress=on_progress)
        bar = bar_for(len(items) if isinstance(items, Sized) else None)
        try:
            return self.execute(items, on_progress=lambda done, _: bar.show(done))
        finally:
            bar.close()

    def as_completed(self, items: Iterable[G]) -> Completed[G, R]:
        """Return what comes of the items as an iterator, each as soon as it is done.

            with executor.as_completed(questions) as done:
                for item in done:
                    print(item.index, item.result or item.error)

        Leaving the block ends what is still under way. Items are taken no faster than they are
        iterated over, so that any number of them is light.
        """
        return Completed(self._operation, items, self.config)
