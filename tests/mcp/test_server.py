"""What a caller has of an MCP server, by both links and in both eras of the protocol."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ai_lib._runtime.backend import CancelScope, run_all
from ai_lib.mcp import McpError, McpInputRequired, McpTimeout, McpToolFailed
from ai_lib.types.content import ImageBlock, TextBlock
from tests.mcp.peers import ERAS, EVERYWHERE, child, http_peer, ledger, peer
from tests.servers.mcp_peer import NEW


def said(blocks: Any) -> list[str]:
    """Give the texts."""
    return [block.text for block in blocks]


@EVERYWHERE
async def test_it_is_asked_what_it_is_and_what_it_has(link: str, era: str, tmp_path: Path) -> None:
    with peer(link, era, tmp_path) as server:
        async with server:
            tools = {tool.name: tool for tool in await server.tools()}

            assert (server.protocol_version, server.is_alive) == (era, True)
            assert server.server_info == {"name": "peer", "version": "1"}
            assert server.instructions == "Be kind."
            assert tools["echo"].server == "peer"
            assert tools["echo"].description == "Say it again."
            assert tools["echo"].annotations == {"readOnlyHint": True}
            assert "$schema" not in tools["odd schema"].parameters
            assert tools["odd schema"].parameters["properties"] == {"a": {"$ref": "#/$defs/A"}}
            assert tools["no/object"].parameters == {"type": "object", "properties": {}}
            assert [resource.uri for resource in await server.resources()] == ["peer://a"]
            templates = await server.resource_templates()
            assert [template.uri_template for template in templates] == ["peer://{id}"]
            assert said(await server.read("peer://a")) == ["A"]
            prompts = await server.prompts()
            assert [(prompt.name, prompt.arguments[0].required) for prompt in prompts] == [
                ("greet", True)
            ]
            messages = await server.prompt("greet", who="Ada")
            assert [(message.role, message.content) for message in messages] == [
                ("user", "Greet Ada.")
            ]
        assert not server.is_alive


@EVERYWHERE
async def test_calls_that_wait_for_each_other_run_at_once(
    link: str, era: str, tmp_path: Path
) -> None:
    with peer(link, era, tmp_path) as server:
        async with server:
            both = [partial(server.call, "pair"), partial(server.call, "pair")]
            results = await run_all(both, 2)

            assert len({text for result in results for text in said(result)}) == 2
            assert server.pending_count == 0


@EVERYWHERE
async def test_results_become_blocks(link: str, era: str, tmp_path: Path) -> None:
    with peer(link, era, tmp_path) as server:
        async with server:
            image = await server.call("image")
            assert isinstance(image[0], ImageBlock)
            assert image[0].media_type == "image/png"
            assert said(await server.call("both")) == ['{"a": 1}']
            assert said(await server.call("user")) == ["for you", "for it"]
            tools = {tool.name: tool for tool in await server.tools()}
            function = tools["user"].function
            assert function is not None
            assert await function() == (TextBlock(text="for it"),)  # type: ignore[misc]
            with pytest.raises(McpToolFailed, match="no such city") as caught:
                await server.call("fail")
            assert caught.value.tool == "fail"
            assert (server.is_alive, server.pending_count) == (True, 0)


@EVERYWHERE
async def test_a_result_over_the_bound_is_refused_in_words_for_the_model(
    link: str, era: str, tmp_path: Path
) -> None:
    with peer(link, era, tmp_path, max_result=1000) as server:
        async with server:
            with pytest.raises(McpToolFailed, match="has 1001 characters, and 1000 are allowed"):
                await server.call("big", {"size": 1001})
            assert said(await server.call("big", {"size": 1000})) == ["x" * 1000]


@EVERYWHERE
async def test_a_message_beyond_eight_times_the_bound_ends_the_request(
    link: str, era: str, tmp_path: Path
) -> None:
    with peer(link, era, tmp_path, max_result=10_000) as server:
        async with server:
            with pytest.raises(Exception, match="80000"):
                await server.call("big", {"size": 90_000})
            assert said(await server.call("echo", {"text": "on"})) == ["on"]


@EVERYWHERE
async def test_progress_and_logs_are_told(link: str, era: str, tmp_path: Path) -> None:
    told: list[tuple[object, ...]] = []
    log: list[tuple[object, ...]] = []

    def on_progress(*progress: object) -> None:
        told.append(progress)

    def on_log(*line: object) -> None:
        log.append(line)

    with peer(link, era, tmp_path, on_progress=on_progress, on_log=on_log) as server:
        async with server:
            assert said(await server.call("progress")) == ["done"]
            assert said(await server.call("log")) == ["done"]

    assert told == [("progress", 1, 2, "s1"), ("progress", 2, 2, "s2")]
    assert log == [("info", "peer", "hello")]


@EVERYWHERE
async def test_a_callback_that_fails_does_not_end_the_call(
    link: str, era: str, tmp_path: Path
) -> None:
    def on_progress(*_: object) -> None:
        raise RuntimeError("broken callback")

    with peer(link, era, tmp_path, on_progress=on_progress) as server:
        async with server:
            assert said(await server.call("progress")) == ["done"]


@ERAS
async def test_a_cancelled_call_is_cancelled_at_the_server(era: str, tmp_path: Path) -> None:
    scope = CancelScope()

    def on_progress(*_: object) -> None:
        scope.cancel()

    async with child(tmp_path, era, on_progress=on_progress) as server:
        with scope:
            await server.call("wait")
        assert scope.cancelled
        assert said(await server.call("echo", {"text": "on"})) == ["on"]
        assert server.pending_count == 0

    messages = ledger(tmp_path)
    (call,) = [m for m in messages if m.get("params", {}).get("name") == "wait"]
    (cancelled,) = [m for m in messages if m["method"] == "notifications/cancelled"]
    assert cancelled["params"]["requestId"] == call["id"]


@ERAS
async def test_a_cancelled_call_by_http_closes_its_stream(era: str) -> None:
    scope = CancelScope()

    def on_progress(*_: object) -> None:
        scope.cancel()

    with http_peer(era) as http:
        from ai_lib.mcp import McpServer

        async with McpServer.http(http.url, name="peer", on_progress=on_progress) as server:
            with scope:
                await server.call("wait")
            assert scope.cancelled
            assert http.http.gave_up.wait(10)
            assert said(await server.call("echo", {"text": "on"})) == ["on"]
        cancelled = [m for m, _ in http.posts if m.get("method") == "notifications/cancelled"]
        assert len(cancelled) == (0 if era == NEW else 1)


@EVERYWHERE
async def test_a_call_that_takes_too_long_is_cancelled(link: str, era: str, tmp_path: Path) -> None:
    with peer(link, era, tmp_path) as server:
        async with server:
            with pytest.raises(McpTimeout, match=r"tools/call took longer than 0.05 s") as caught:
                await server.call("wait", timeout=0.05)
            assert isinstance(caught.value, TimeoutError)
            assert said(await server.call("echo", {"text": "on"})) == ["on"]
            assert server.pending_count == 0


@EVERYWHERE
async def test_what_a_server_asks_is_answered_by_callbacks(
    link: str, era: str, tmp_path: Path
) -> None:
    asked: list[object] = []

    async def on_sampling(params: Any) -> Any:
        asked.append(params["messages"])
        return {"role": "assistant", "content": {"type": "text", "text": "4"}, "model": "m"}

    def on_elicitation(params: Any) -> Any:
        return {"name": "Ada"}

    def on_roots() -> Any:
        return [Path("/tmp"), "file:///srv"]

    with peer(
        link,
        era,
        tmp_path,
        on_sampling=on_sampling,
        on_elicitation=on_elicitation,
        on_roots=on_roots,
    ) as server:
        async with server:
            (sampled,) = said(await server.call("ask_sampling"))
            (elicited,) = said(await server.call("ask_elicitation"))
            (roots,) = said(await server.call("ask_roots"))

    assert json.loads(sampled)["answer"]["content"] == {"type": "text", "text": "4"}
    assert asked == [[{"role": "user", "content": {"type": "text", "text": "2+2?"}}]]
    assert json.loads(elicited)["answer"] == {"action": "accept", "content": {"name": "Ada"}}
    assert json.loads(roots)["answer"] == {
        "roots": [{"uri": "file:///tmp"}, {"uri": "file:///srv"}]
    }


@EVERYWHERE
async def test_without_callbacks_nothing_is_answered_nor_offered(
    link: str, era: str, tmp_path: Path
) -> None:
    with peer(link, era, tmp_path) as server:
        async with server:
            if era == NEW:
                with pytest.raises(McpInputRequired, match=r"sampling/createMessage.*on_sampling="):
                    await server.call("ask_sampling")
            else:
                (text,) = said(await server.call("ask_sampling"))
                assert json.loads(text)["error"]["code"] == -32601
            assert said(await server.call("echo", {"text": "on"})) == ["on"]


async def test_a_server_that_asks_without_end_is_left(tmp_path: Path) -> None:
    async with child(tmp_path, NEW, on_roots=list) as server:
        with pytest.raises(McpError, match="asked for input 10 times"):
            await server.call("ask_forever")
