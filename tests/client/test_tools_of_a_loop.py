"""Functions that have to be waited for, and cancelling them: what only an event loop has."""

import anyio
import pytest

from ai_lib.client import AiClient
from ai_lib.testing import MockProvider, Reply
from ai_lib_sync.client import AiClient as BlockingClient
from ai_lib_sync.testing import MockProvider as BlockingProvider

pytestmark = pytest.mark.async_only


async def lookup(word: str) -> str:
    """Look a word up."""
    await anyio.lowlevel.checkpoint()
    return word.upper()


def plain(word: str) -> str:
    """Say it again."""
    return word


async def test_both_kinds_of_functions_may_be_given() -> None:
    calls = [("lookup", {"word": "a"}), ("plain", {"word": "b"})]
    async with MockProvider([Reply(tool_calls=calls), Reply(text="ok")]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            run = await client.chat().user("?").run_tools([lookup, plain])

    assert [block.content for m in run.messages[2:4] for block in m.blocks] == ["A", "b"]  # type: ignore[union-attr]


@pytest.mark.parametrize("others", [0, 1])
async def test_cancelling_ends_a_running_function(others: int) -> None:
    ended: list[str] = []
    running = anyio.Event()

    async def forever() -> None:
        running.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.append("forever")

    calls = [("forever", {}), *[("plain", {"word": "x"})] * others]
    async with MockProvider([Reply(tool_calls=calls)] * 2) as mock:
        async with await mock.client("openai/gpt-4o") as client, anyio.create_task_group() as group:

            async def ask(client: AiClient) -> None:
                await client.chat().user("?").run_tools([forever, plain])

            group.start_soon(ask, client)
            await running.wait()
            group.cancel_scope.cancel()
        assert len(mock.requests) == 1
    assert ended == ["forever"]


def test_where_there_is_no_loop_they_are_refused_before_sending() -> None:
    with BlockingProvider() as mock, mock.client("openai/gpt-4o") as client:
        assert isinstance(client, BlockingClient)
        with pytest.raises(TypeError, match="nothing here can wait for it"):
            client.chat().user("?").run_tools([lookup])
        assert mock.requests == []
