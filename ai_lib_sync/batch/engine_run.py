# Generated from ai_lib/batch/engine_run.py by codegen; do not edit.
"""Runs a batch's prompts in other processes, by an engine, with the journal in this one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from ai_lib.batch.config import BatchConfig
from ai_lib.batch.engines import BatchEngine, Chunk
from ai_lib.batch.journal import Journal
from ai_lib.client.batches.result import BatchItem, BatchResult, make_result
from ai_lib.errors.exceptions import ItemOutcomeUnknown
from ai_lib.types.response import ChatResponse

from .._runtime.backend import fail_after, now, run_all, run_in_thread
from .._runtime.workers import call_in_worker
from ..client import AiClient, AiClientBuilder, ChatRequestBuilder
from ..client.worker import worker_client
from .executor import OnProgress

StartChat = Callable[[AiClient, Any], ChatRequestBuilder]


def run_chunk(
    start_chat: StartChat,
    builder: AiClientBuilder[AiClient],
    chunk: Chunk,
    timeout: float | None,
    max_concurrent: int,
) -> list[BatchItem[ChatResponse]]:
    """Send a chunk's prompts through this process's client, and return their outcomes."""
    return call_in_worker(partial(_run_chunk, start_chat, builder, chunk, timeout, max_concurrent))


def _run_chunk(
    start_chat: StartChat,
    builder: AiClientBuilder[AiClient],
    chunk: Chunk,
    timeout: float | None,
    max_concurrent: int,
) -> list[BatchItem[ChatResponse]]:
    client = worker_client(builder)
    functions = [
        partial(_run_prompt, partial(start_chat, client, prompt), index, timeout)
        for index, prompt in chunk.prompts
    ]
    return run_all(functions, max_concurrent)


def _run_prompt(
    start_chat: Callable[[], ChatRequestBuilder], index: int, timeout: float | None
) -> BatchItem[ChatResponse]:
    start = now()
    try:
        with fail_after(timeout):
            response = start_chat().execute()
    except Exception as error:  # noqa: BLE001 (it is in the batch's result)
        return BatchItem(index=index, error=error, latency_ms=(now() - start) * 1000)
    return BatchItem(index=index, result=response, latency_ms=(now() - start) * 1000)


class EngineRun:
    """One batch on an engine: what the journal has is not run again, each item has one outcome."""

    def __init__(
        self,
        builder: AiClientBuilder[AiClient],
        start_chat: StartChat,
        prompts: Sequence[Any],
        engine: BatchEngine,
        config: BatchConfig,
        on_progress: OnProgress | None,
    ) -> None:
        self._work = partial(
            run_chunk,
            start_chat,
            builder,
            timeout=config.timeout,
            max_concurrent=config.max_concurrent,
        )
        self._prompts = prompts
        self._engine = engine
        self._config = config
        self._on_progress = on_progress
        self._finished: list[BatchItem[ChatResponse]] = []
        self._is_stopped = False
        self._outcomes: Iterator[tuple[Chunk, list[BatchItem[Any]] | None]] | None = None
        name = builder._settings.model or "batch"
        journal = None if config.journal is None else Journal(config, name, len(prompts))
        self._journal = journal

    def execute(self) -> BatchResult[ChatResponse]:
        """Run all prompts and return their results in order. Raises as `batch_execute`."""
        start = now()
        try:
            self.start()
            while self.take_items() is not None:
                pass
        finally:
            self.close()
        return make_result(self._finished, len(self._prompts), (now() - start) * 1000)

    def start(self) -> list[BatchItem[ChatResponse]]:
        """Hand the chunks to the engine; return the items that the journal has.

        Raises:
            JournalError: the journal is that of another batch.
        """
        if self._journal is not None:
            self._journal.check(self._prompts)
        chunks = self._make_chunks(self._find_pending())
        self._outcomes = iter(self._engine.run(self._work, chunks))
        return list(self._finished)

    def take_items(self) -> list[BatchItem[ChatResponse]] | None:
        """Wait for the next chunk and record it; return its items, None when all are done."""
        if self._is_stopped or self._outcomes is None:
            return None
        take: Callable[[], Any] = partial(next, self._outcomes, None)
        outcome = run_in_thread(take)
        if outcome is None:
            return None
        count_before = len(self._finished)
        run_in_thread(partial(self._record_chunk, *outcome))
        return self._finished[count_before:]

    def close(self) -> None:
        """End what is under way, and close the journal."""
        close = getattr(self._outcomes, "close", None)
        self._outcomes = None
        if close is not None:
            close()
        if self._journal is not None:
            self._journal.close()

    def _find_pending(self) -> list[int]:
        pending = []
        for index, prompt in enumerate(self._prompts):
            recorded = self._journal.find_result(index, prompt) if self._journal else None
            if recorded is None:
                pending.append(index)
            else:
                item: Any = BatchItem(index=index, result=recorded.value, resumed=True)
                self._finished.append(item)
        return pending

    def _make_chunks(self, indexes: Sequence[int]) -> Iterable[Chunk]:
        size = self._engine.chunk_size
        for start in range(0, len(indexes), size):
            prompts = [(index, self._prompts[index]) for index in indexes[start : start + size]]
            yield Chunk(prompts=tuple(prompts))

    def _record_chunk(self, chunk: Chunk, outcomes: list[BatchItem[Any]] | None) -> None:
        if outcomes is None:
            outcomes = [
                BatchItem(index=index, error=_in_doubt(index)) for index, _ in chunk.prompts
            ]
        for item in outcomes:
            if self._journal is not None:
                prompt = self._prompts[item.index]
                self._journal.write(item.index, prompt, item.result, item.error)
            self._finished.append(item)
            self._is_stopped |= self._config.fail_fast and item.error is not None
            if self._on_progress is not None:
                self._on_progress(len(self._finished), len(self._prompts))
        if self._journal is not None and self._config.fsync:
            self._journal.sync()


class EngineCompleted:
    """The items of a batch on an engine, each chunk as it comes; made by `batch_as_completed`."""

    def __init__(self, run: EngineRun) -> None:
        self._run = run
        self._items: deque[BatchItem[ChatResponse]] = deque()

    def __enter__(self) -> EngineCompleted:
        self._items.extend(self._run.start())
        return self

    def __exit__(self, *_: object) -> None:
        self._run.close()

    def __iter__(self) -> EngineCompleted:
        return self

    def __next__(self) -> BatchItem[ChatResponse]:
        while not self._items:
            items = self._run.take_items()
            if items is None:
                raise StopIteration
            self._items.extend(items)
        return self._items.popleft()


def _in_doubt(index: int) -> ItemOutcomeUnknown:
    return ItemOutcomeUnknown(
        f"item {index} was under way when its worker was lost: it may have been sent and paid for; "
        "look at it, or give the engine retry_in_doubt=True to send such items again",
        index=index,
    )
