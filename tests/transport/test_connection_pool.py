"""A pool of one's own, as the README shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ai_lib._runtime.backend import run_all
from ai_lib.client import AiClient
from ai_lib.errors.exceptions import ConnectionLost, DecodeError, RequestError, TransportTimeout
from ai_lib.testing import MockProvider, Reply
from ai_lib.transport import ConnectionPool, PoolConfig, TransportOptions
from tests.servers.scripted import Exchange
from tests.transport.conftest import Serve


def echo(exchange: Exchange) -> None:
    said = {"target": exchange.received.target, "body": exchange.received.body.decode()}
    exchange.reply(json.dumps(said).encode(), headers="content-type: application/json\r\n")


async def test_the_readmes_block() -> None:
    payload = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
    async with MockProvider([Reply(text="hello")]) as mock:
        url = mock.base_url("openai").removesuffix("/v1")
        pool = ConnectionPool(PoolConfig.high_throughput())
        async with pool:
            client = await pool.get_client("openai", url, {"Authorization": "Bearer k"})
            response = await client.post("/v1/chat/completions", json=payload)
            assert response.json()["choices"][0]["message"]["content"] == "hello"
            stats = pool.get_stats("openai")
            assert stats["openai"]["active_connections"] == 0
            assert stats["openai"]["idle_connections"] == 1
        assert pool.get_stats("openai")["openai"]["active_connections"] == 0


async def test_each_provider_has_its_own_figures(serve: Serve) -> None:
    one, two = serve(echo), serve(echo)
    async with ConnectionPool(PoolConfig(max_connections=3)) as pool:
        first = await pool.get_client("one", one.url)
        second = await pool.get_client("two", two.url)
        for _ in range(3):
            await first.get("/models")
        reply = await second.send("GET", "/models")
        assert pool.get_active_providers() == ["one", "two"]
        assert pool.get_stats() == {
            "one": {
                "active_connections": 0,
                "idle_connections": 1,
                "waiting_requests": 0,
                "opened_connections": 1,
                "closed_connections": 0,
                "reused_connections": 2,
            },
            "two": {
                "active_connections": 1,
                "idle_connections": 0,
                "waiting_requests": 0,
                "opened_connections": 1,
                "closed_connections": 0,
                "reused_connections": 0,
            },
        }
        await reply.aclose()
        assert pool.get_stats("two")["two"]["closed_connections"] == 1
        assert set(pool.get_stats("three")["three"].values()) == {0}
        assert pool.stats().opened == 2


async def test_requests_go_to_paths_below_the_base_url(serve: Serve) -> None:
    server = serve(echo)
    async with ConnectionPool() as pool:
        client = await pool.get_client("one", f"{server.url}/v1/", {"X-Api-Key": "k", "X-A": "1"})
        said = (await client.get("models", params={"page": "2 3"})).json()
        assert said["target"] == "/v1/models?page=2+3"
        said = (await client.post("/chat", json={"a": [1]}, headers={"x-a": "2"})).json()
        assert said == {"target": "/v1/chat", "body": '{"a":[1]}'}
        said = (await client.post("/raw", content=b"as it is")).json()
        assert said["body"] == "as it is"
    asked = server.received[1].headers
    assert (asked["x-api-key"], asked["x-a"], asked["content-type"]) == (
        "k",
        "2",
        "application/json",
    )
    assert "content-type" not in server.received[2].headers


async def test_a_form_with_a_file_is_posted(serve: Serve, tmp_path: Path) -> None:
    server = serve(echo)
    path = tmp_path / "a.txt"
    path.write_bytes(b"content")
    async with ConnectionPool() as pool:
        client = await pool.get_client("one", server.url)
        await client.post("/files", data={"purpose": "batch"}, files={"file": path})
        with pytest.raises(TypeError, match="one of"):
            await client.post("/files", json={}, content=b"")
    received = server.received[0]
    assert received.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="purpose"\r\n\r\nbatch\r\n' in received.body
    assert b'filename="a.txt"\r\nContent-Type: text/plain\r\n\r\ncontent\r\n' in received.body


async def test_an_error_status_is_an_answer_and_its_text_is_kept(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply(b"<html>no</html>", status=502))
    async with ConnectionPool() as pool:
        client = await pool.get_client("one", server.url)
        response = await client.get("/")
        assert (response.status_code, response.is_success) == (502, False)
        assert response.text == "<html>no</html>"
        with pytest.raises(DecodeError, match="status 502") as caught:
            response.json()
        assert caught.value.excerpt == "<html>no</html>"


async def test_a_stream_is_read_piece_by_piece(serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(b"data: one\n\n")
        exchange.chunk(b"data: two\n\n")
        exchange.chunk(b"")

    server = serve(script)
    async with ConnectionPool() as pool:
        client = await pool.get_client("one", server.url)
        async with await client.send("POST", "/chat") as reply:
            assert b"".join([piece async for piece in reply]) == b"data: one\n\ndata: two\n\n"


async def test_the_time_for_a_request_is_kept(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.stall())
    async with ConnectionPool() as pool:
        client = await pool.get_client("one", server.url)
        with pytest.raises(TransportTimeout) as caught:
            await client.get("/", timeout=0.1)
    assert (caught.value.timeout_name, caught.value.seconds) == ("total", 0.1)


async def test_never_more_connections_than_the_config_says(serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        exchange.pause(0.005)
        echo(exchange)

    server = serve(script)
    async with ConnectionPool(PoolConfig(max_connections=2)) as pool:
        client = await pool.get_client("one", server.url)

        async def call() -> None:
            assert (await client.get("/")).is_success

        await run_all([call] * 20, 20)
    assert server.peak <= 2


async def test_a_closed_pool_serves_nobody(serve: Serve) -> None:
    server = serve(echo)
    pool = ConnectionPool(options=TransportOptions(proxy=None))
    client = await pool.get_client("one", server.url)
    await client.get("/")
    await pool.aclose()
    assert pool.is_closed
    assert server.wait_for_open_connections(0)
    with pytest.raises(RequestError, match="closed"):
        await pool.get_client("one", server.url)
    with pytest.raises((RequestError, ConnectionLost), match="closed"):
        await client.get("/")


async def test_an_address_that_is_none_is_refused() -> None:
    async with ConnectionPool() as pool:
        with pytest.raises(RequestError, match="http or https"):
            await pool.get_client("one", "ftp://host")


async def test_clients_of_providers_may_share_its_connections() -> None:
    async with MockProvider() as mock, ConnectionPool() as pool:
        for _ in range(2):
            made = AiClient.builder().model("openai/gpt-4o").api_key("k")
            made.base_url(mock.base_url("openai")).transport(pool.transport)
            async with await made.build() as client:
                assert (await client.chat().user("Hello").execute()).content
        assert mock.connections == 1
