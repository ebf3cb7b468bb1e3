"""A batch goes on where it was: after its end, after errors, after the process was killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_lib.batch import BatchConfig, BatchExecutor, batch_execute
from ai_lib.batch.journal import Journal
from ai_lib.client import AiClient
from ai_lib.embeddings import Embedding, EmbeddingResponse
from ai_lib.errors import JournalError
from ai_lib.resilience import RetryConfig
from ai_lib.types import ChatResponse, Usage
from tests.cache.samples import reply
from tests.resilience.house import said
from tests.servers.scripted import PATIENCE, Exchange, ScriptedServer


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


async def double(number: int) -> int:
    if number == 13:
        raise ValueError("unlucky")
    return number * 2


async def never(number: int) -> int:
    raise AssertionError(f"item {number} ran again")


def config(path: Path, **more: object) -> BatchConfig:
    return BatchConfig(journal=path, journal_name="doubles", max_concurrent=1, **more)  # type: ignore[arg-type]


async def test_each_item_has_a_line_that_says_what_came_of_it(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    await BatchExecutor(double, config=config(path)).execute([1, 13])

    head, first, second = lines(path)
    assert head == {"journal": "ai-lib batch", "version": 1, "batch": "doubles", "items": 2}
    # sha256 of "1" begins 6b86b273ff34fce1.
    assert first == {"item": 0, "key": "6b86b273ff34fce1", "result": 2}
    assert (second["item"], second["error"]) == (1, "ValueError: unlucky")


async def test_what_is_done_is_not_run_again(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    first = await BatchExecutor(double, config=config(path)).execute(range(5))
    again = await BatchExecutor(never, config=config(path)).execute(range(5))

    assert again.results == first.results == [0, 2, 4, 6, 8]
    assert (first.resumed_count, again.resumed_count) == (0, 5)
    async with BatchExecutor(never, config=config(path)).as_completed(range(5)) as done:
        found = [(item.result, item.resumed) async for item in done]
    assert found == [(number, True) for number in (0, 2, 4, 6, 8)]


async def test_what_failed_is_run_again(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    ran: list[int] = []

    async def lucky(number: int) -> int:
        ran.append(number)
        return number * 2

    first = await BatchExecutor(double, config=config(path)).execute([12, 13, 14])
    second = await BatchExecutor(lucky, config=config(path)).execute([12, 13, 14])

    assert first.failed_count == 1
    assert second.results == [24, 26, 28]
    assert ran == [13]


async def test_a_generator_goes_on_too(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"

    def source(count: int) -> Iterator[int]:
        yield from range(count)

    await BatchExecutor(double, config=config(path)).execute(source(3))
    result = await BatchExecutor(double, config=config(path)).execute(source(5))

    assert result.results == [0, 2, 4, 6, 8]
    assert result.resumed_count == 3
    assert lines(path)[0]["items"] is None


async def test_a_line_that_was_cut_off_is_dropped_and_its_item_run_again(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    await BatchExecutor(double, config=config(path)).execute(range(3))
    whole = path.read_bytes()
    for cut in range(1, len(whole)):
        path.write_bytes(whole[:cut])
        result = await BatchExecutor(double, config=config(path)).execute(range(3))
        assert result.results == [0, 2, 4]
        assert path.read_bytes() == whole
        # The head is a line, too: whole lines after it are items that need not run.
        assert result.resumed_count == max(0, whole[:cut].count(b"\n") - 1)


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ([0, 1, 9], "has another item 2"),
        ([0, 2, 1], "has another item 1"),
        ([0, 1], "of 3 items, not of 2"),
        (dict.fromkeys([7]), "has another item 0"),
    ],
)
async def test_the_journal_of_another_batch_is_refused_before_anything_runs(
    items: object, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "batch.jsonl"
    await BatchExecutor(double, config=config(path)).execute(range(3))
    before = path.read_bytes()

    with pytest.raises(JournalError, match=problem) as caught:
        await BatchExecutor(never, config=config(path)).execute(items)  # type: ignore[arg-type]
    assert caught.value.path == str(path)
    assert path.read_bytes() == before


async def test_items_of_a_batch_of_unknown_length_must_be_among_those_given(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    await BatchExecutor(double, config=config(path)).execute(iter(range(3)))
    assert lines(path)[0]["items"] is None

    with pytest.raises(JournalError, match="has an item 2, the batch has 2"):
        await BatchExecutor(never, config=config(path)).execute([0, 1])
    whole = await BatchExecutor(never, config=config(path)).execute([0, 1, 2])
    assert whole.resumed_count == 3


async def test_nobody_else_may_read_a_journal(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")  # where files have modes
    path = tmp_path / "batch.jsonl"
    await BatchExecutor(double, config=config(path)).execute(range(1))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_forked_child_lets_go_of_the_file(tmp_path: Path) -> None:
    """The child's side of a fork, without one: its descriptor is closed, and no line is written."""
    path = tmp_path / "batch.jsonl"
    journal = Journal(config(path), "doubles", 1)
    journal.renew_in_child()
    Journal(config(path), "doubles", 1).close()  # nobody holds the lock
    with pytest.raises(JournalError, match="is the parent's"):
        journal.write(0, 0, 0, None)


async def test_the_name_tells_batches_apart(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    await BatchExecutor(double, config=BatchConfig(journal=path)).execute(range(3))
    assert lines(path)[0]["batch"] == "double"

    with pytest.raises(JournalError, match="belongs to the batch 'double', not to 'never'"):
        await BatchExecutor(never, config=BatchConfig(journal=path)).execute(range(3))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"not json\n", "can't be read at line 1"),
        (b'{"journal":"other","version":1,"batch":"doubles"}\n', "is a 'other'"),
        (b'{"journal":"ai-lib batch","version":2,"batch":"doubles"}\n', "of version 2"),
        (b'{"journal":"ai-lib batch","version":1,"batch":"doubles"}\n[]\n', "at line 2"),
        (b'{"journal":"ai-lib batch","version":1,"batch":"doubles"}\n\xff\n', "at line 2"),
    ],
)
async def test_a_file_that_is_no_journal_is_refused(
    content: bytes, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=problem):
        await BatchExecutor(never, config=config(path)).execute(range(3))
    assert path.read_bytes() == content


async def test_a_journal_that_can_t_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="can't be opened"):
        await BatchExecutor(never, config=config(tmp_path / "no" / "folder")).execute(range(3))


async def test_two_runs_never_share_a_journal(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    path = tmp_path / "batch.jsonl"
    caught: list[Exception] = []

    async def run_inside(number: int) -> int:
        try:
            await BatchExecutor(never, config=config(path)).execute(range(1))
        except JournalError as error:
            caught.append(error)
        return number

    await BatchExecutor(run_inside, config=config(path)).execute(range(1))
    assert "is in use by another run" in str(caught[0])


async def test_results_that_are_no_json_end_the_batch(tmp_path: Path) -> None:
    async def give_object(number: int) -> object:
        return object()

    path = tmp_path / "batch.jsonl"
    with pytest.raises(JournalError, match="can't hold the result of item 0"):
        await BatchExecutor(give_object, config=config(path)).execute(range(3))


async def test_items_that_are_no_json_need_a_key(tmp_path: Path) -> None:
    async def count(item: object) -> int:
        return len(str(item))

    items = [object(), object()]
    with pytest.raises(JournalError, match="set journal_key"):
        await BatchExecutor(count, config=config(tmp_path / "a")).execute(items)

    keyed = config(tmp_path / "b", journal_key=lambda item: "same")
    await BatchExecutor(count, config=keyed).execute(items)
    result = await BatchExecutor(never, config=keyed).execute(items)  # type: ignore[arg-type]
    assert result.resumed_count == 2


async def test_results_are_read_back_as_their_type(tmp_path: Path) -> None:
    async def use(number: int) -> Usage:
        return Usage(prompt_tokens=number)

    typed = config(tmp_path / "a", result_type=Usage, fsync=True)
    first = await BatchExecutor(use, config=typed).execute(range(3))
    again = await BatchExecutor(never, config=typed).execute(range(3))
    assert again.results == first.results == [Usage(prompt_tokens=number) for number in range(3)]

    wrong = config(tmp_path / "a", result_type=list[int])
    with pytest.raises(JournalError, match="has a result of item 0 that is no"):
        await BatchExecutor(never, config=wrong).execute(range(3))


async def test_replies_are_read_back_equal_with_all_they_hold(tmp_path: Path) -> None:
    async def ask(_: int) -> ChatResponse:
        return reply()

    typed = config(tmp_path / "a", result_type=ChatResponse)
    first = await BatchExecutor(ask, config=typed).execute([1])
    again = await BatchExecutor(never, config=typed).execute([1])
    assert again.resumed_count == 1
    assert again.results == first.results == [reply()]
    assert isinstance(again.results[0], ChatResponse)


async def test_vectors_are_read_back_equal(tmp_path: Path) -> None:
    vectors = EmbeddingResponse(embeddings=[Embedding(index=0, vector=[1.0, 2.5])], model="m")

    async def embed(_: int) -> EmbeddingResponse:
        return vectors

    typed = config(tmp_path / "a", result_type=EmbeddingResponse)
    await BatchExecutor(embed, config=typed).execute([1])
    again = await BatchExecutor(never, config=typed).execute([1])
    assert again.results == [vectors]


PROGRAMS = {
    "ai_lib": """
import anyio, sys
from ai_lib import AiClient
from ai_lib.batch import BatchConfig, batch_execute

async def main():
    async with await AiClient.create("openai/m", api_key="k", base_url=sys.argv[1]) as client:
        prompts = [f"prompt {number}" for number in range(20)]
        await batch_execute(prompts, client, 2, config=BatchConfig(journal=sys.argv[2]))

anyio.run(main, backend=sys.argv[3])
""",
    "ai_lib_sync": """
import sys
from ai_lib_sync import AiClient
from ai_lib_sync.batch import BatchConfig, batch_execute

with AiClient.create("openai/m", api_key="k", base_url=sys.argv[1]) as client:
    prompts = [f"prompt {number}" for number in range(20)]
    batch_execute(prompts, client, 2, config=BatchConfig(journal=sys.argv[2]))
""",
}


def begun(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a program in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", program, *arguments])


async def test_a_killed_process_is_gone_on_from_and_nothing_finished_runs_twice(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    asked: Counter[str] = Counter()
    lock = threading.Lock()
    both_stuck = threading.Barrier(3)
    dying = threading.Event()

    def script(exchange: Exchange) -> None:
        prompt = json.loads(exchange.received.body)["messages"][0]["content"]
        with lock:
            asked[prompt] += 1
            stuck = not dying.is_set() and len(asked) > 7
        if stuck:  # two workers: whatever was answered before has its line
            both_stuck.wait(PATIENCE)
            exchange.stall()
        else:
            exchange.reply(said(f"to {prompt}"), headers="content-type: application/json\r\n")

    path = tmp_path / "batch.jsonl"
    server = ScriptedServer(script)
    try:
        backend = "trio" if "trio" in request.node.name else "asyncio"
        program = PROGRAMS[BatchExecutor.__module__.partition(".")[0]]
        process = begun(program, server.url, str(path), backend)
        both_stuck.wait(3 * PATIENCE)
        process.send_signal(signal.SIGKILL)
        assert process.wait(PATIENCE) == -signal.SIGKILL
        dying.set()
        finished = {str(line["item"]) for line in lines(path)[1:]}
        assert len(finished) == 7

        builder = AiClient.builder().model("openai/m").api_key("k").base_url(server.url)
        async with await builder.with_retry(RetryConfig(max_retries=0)).build() as client:
            prompts = [f"prompt {number}" for number in range(20)]
            result = await batch_execute(prompts, client, 2, config=BatchConfig(journal=path))
    finally:
        server.close()

    contents = [response.content for response in result.get_successful_results()]
    assert contents == [f"to prompt {number}" for number in range(20)]
    assert result.resumed_count == 7
    assert all(asked[f"prompt {number}"] == 1 for number in map(int, finished))
    assert sum(asked.values()) == 22  # the two that were under way were asked again


@pytest.mark.parametrize("result", [b"[" * 100_000, b'"\x9c"'], ids=["nested", "no UTF-8"])
async def test_a_result_that_can_not_be_read_is_said_so(tmp_path: Path, result: bytes) -> None:
    path = tmp_path / "batch.jsonl"
    await BatchExecutor(double, config=config(path)).execute([1])
    path.write_bytes(path.read_bytes().replace(b'"result":2', b'"result":' + result))
    with pytest.raises(JournalError):
        await BatchExecutor(never, config=config(path)).execute([1])
