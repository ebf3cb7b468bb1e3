"""Batches on an engine: one outcome for each item, the journal, lost workers, workers' clients."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_lib.batch import BatchConfig, DaskEngine, RayEngine, batch_as_completed, batch_execute
from ai_lib.batch.engines import Chunk, Work
from ai_lib.client import AiClient, AiClientBuilder, worker_client
from ai_lib.errors import ItemOutcomeUnknown, JournalError, PicklingError, RemoteError
from ai_lib.resilience import RetryConfig
from ai_lib.testing import MockProvider, Reply
from ai_lib.tokens import Budget

PROMPTS = [f"prompt {number}" for number in range(25)]


class InlineEngine:
    """Runs the chunks here; of those that begin with a number of `lost`, the worker is lost."""

    def __init__(self, lost: Iterable[int] = (), chunk_size: int = 10) -> None:
        self.chunk_size = chunk_size
        self.lost = set(lost)
        self.began: list[int] = []
        self.is_closed = False

    def run(self, work: Work, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, Any]]:
        try:
            for chunk in chunks:
                first = chunk.prompts[0][0]
                self.began.append(first)
                yield chunk, None if first in self.lost else work(chunk)
        finally:
            self.is_closed = True


def builder(mock: MockProvider) -> AiClientBuilder[AiClient]:
    """Return a builder for the mock provider, without retries."""
    made = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(mock.base_url("openai"))
    return made.with_retry(RetryConfig.no_retry())


async def test_each_item_has_one_outcome_in_order(tmp_path: Path) -> None:
    counts: list[int] = []
    async with MockProvider() as mock:
        result = await batch_execute(
            PROMPTS,
            builder(mock),
            on=InlineEngine(),
            on_progress=lambda finished, total: counts.append(finished),
        )
    asked = [request.body["messages"][-1]["content"] for request in mock.requests]  # type: ignore[index, call-overload]
    assert sorted(asked) == sorted(PROMPTS)
    assert result.all_successful
    assert [response.content for response in result.results if response] == [
        response.content for response in result.get_successful_results()
    ]
    assert counts == list(range(1, 26))


async def test_an_item_whose_worker_was_lost_is_in_doubt_and_says_so(tmp_path: Path) -> None:
    config = BatchConfig(journal=tmp_path / "run.jsonl")
    async with MockProvider() as mock:
        engine = InlineEngine(lost=[10])
        result = await batch_execute(PROMPTS, builder(mock), on=engine, config=config)
        assert sorted(result.errors) == list(range(10, 20))
        for index, error in result.get_errors():
            assert isinstance(error, ItemOutcomeUnknown)
            assert error.index == index
            assert "retry_in_doubt" in str(error)
        assert len(mock.requests) == 15
        again = await batch_execute(PROMPTS, builder(mock), on=InlineEngine(), config=config)
    assert again.all_successful
    assert again.resumed_count == 15
    assert len(mock.requests) == 25


async def test_a_journal_of_another_batch_is_refused(tmp_path: Path) -> None:
    config = BatchConfig(journal=tmp_path / "run.jsonl")
    async with MockProvider() as mock:
        await batch_execute(PROMPTS, builder(mock), on=InlineEngine(), config=config)
        other = [*PROMPTS[:-1], "another"]
        with pytest.raises(JournalError):
            await batch_execute(other, builder(mock), on=InlineEngine(), config=config)
    assert len(mock.requests) == 25


async def test_a_batch_that_fails_fast_takes_no_further_chunk() -> None:
    engine = InlineEngine(chunk_size=1)
    async with MockProvider([Reply(status=400)]) as mock:
        result = await batch_execute(PROMPTS, builder(mock), fail_fast=True, on=engine)
    assert isinstance(result.errors[0], RemoteError)
    assert result.unfinished == frozenset(range(1, 25))
    assert engine.began == [0]
    assert engine.is_closed


async def test_an_engine_runs_a_builder() -> None:
    async with MockProvider() as mock:
        async with await builder(mock).build() as client:
            with pytest.raises(TypeError, match="by a builder"):
                await batch_execute(PROMPTS, client, on=InlineEngine())  # type: ignore[call-overload]
        with pytest.raises(TypeError, match="by a builder"):
            await batch_execute(PROMPTS, builder(mock))  # type: ignore[call-overload]


async def test_a_worker_has_one_client_for_equal_builders() -> None:
    async with MockProvider() as mock:
        first = await worker_client(builder(mock))
        second = await worker_client(builder(mock))
        other = await worker_client(builder(mock).api_key("another"))
        assert first is second
        assert other is not first
        with pytest.raises(PicklingError, match="budget"):
            await worker_client(builder(mock).budget(Budget(1.0)))
        for client in (first, other):
            await client.close()


class LocalDask:
    """Stands in for `distributed`: work is done when it is submitted; some workers are lost."""

    class KilledWorker(Exception):
        pass

    class Event:
        def __init__(self, name: str) -> None:
            self.is_begun = False

        def is_set(self) -> bool:
            return self.is_begun

        def set(self) -> None:
            self.is_begun = True

    def __init__(self, lost: int) -> None:
        self.lost = lost
        self.finished: list[Any] = []

    def get_client(self) -> LocalDask:
        return self

    def as_completed(self, *, raise_errors: bool) -> LocalDask:
        return self

    def submit(self, function: Any, *arguments: Any, **_: object) -> Any:
        self.lost -= 1
        error = self.KilledWorker() if self.lost >= 0 else None
        return LocalFuture(None if error else function(*arguments), error)

    def add(self, future: Any) -> None:
        self.finished.append(future)

    def __next__(self) -> Any:
        return self.finished.pop(0)


class LocalFuture:
    """What a worker made of a chunk, or how it was lost."""

    def __init__(self, value: object, error: Exception | None) -> None:
        self.value = value
        self.error = error

    def result(self) -> object:
        if self.error is not None:
            raise self.error
        return self.value


@pytest.mark.parametrize(
    ("lost", "retry_in_doubt", "expected"),
    [
        (0, False, [(0, "ran"), (1, "ran"), (2, "ran")]),
        (0, True, [(0, "ran"), (1, "ran"), (2, "ran")]),
        (1, False, [(0, None), (1, "ran"), (2, "ran")]),
        (1, True, [(1, "ran"), (0, "ran"), (2, "ran")]),
    ],
)
def test_a_lost_chunk_runs_again_only_when_that_is_asked_for(
    lost: int, retry_in_doubt: bool, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", LocalDask(lost))  # type: ignore[arg-type]
    engine = DaskEngine(retry_in_doubt=retry_in_doubt, max_chunks=2)
    chunks = [Chunk(prompts=((number, "?"),)) for number in range(3)]
    found = list(engine.run(lambda chunk: "ran", chunks))
    assert [(chunk.prompts[0][0], outcomes) for chunk, outcomes in found] == expected


def test_engines_are_values() -> None:
    assert DaskEngine(chunk_size=5) == DaskEngine(chunk_size=5)
    assert RayEngine().chunk_size == 20


async def test_items_come_chunk_by_chunk_those_of_the_journal_first(tmp_path: Path) -> None:
    config = BatchConfig(journal=tmp_path / "run.jsonl")
    async with MockProvider() as mock:
        await batch_execute(PROMPTS, builder(mock), on=InlineEngine(lost=[10, 20]), config=config)
        engine = InlineEngine(chunk_size=5)
        seen = []
        async with batch_as_completed(PROMPTS, builder(mock), on=engine, config=config) as items:
            async for item in items:
                assert item.result is not None
                seen.append((item.index, item.resumed, len(engine.began)))
        assert len(mock.requests) == 25
    assert seen[:10] == [(index, True, 0) for index in range(10)]
    assert seen[10:15] == [(index, False, 1) for index in range(10, 15)]
    assert [index for index, _, _ in seen] == list(range(25))
    assert engine.is_closed


async def test_leaving_the_block_ends_the_batch() -> None:
    async with MockProvider() as mock:
        engine = InlineEngine(chunk_size=5)
        async with batch_as_completed(PROMPTS, builder(mock), on=engine) as items:
            async for item in items:
                assert item.index == 0
                break
        assert engine.is_closed
        assert len(mock.requests) == 5
