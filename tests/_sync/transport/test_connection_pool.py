# Generated from tests/transport/test_connection_pool.py by codegen; do not edit.
"""A pool of one's own, as the README shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ai_lib.errors.exceptions import ConnectionLost, DecodeError, RequestError, TransportTimeout
from ai_lib_sync._runtime.backend import run_all
from ai_lib_sync.client import AiClient
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.transport import ConnectionPool, PoolConfig, TransportOptions
from tests._sync.transport.conftest import Serve
from tests.servers.scripted import Exchange


def echo(exchange: Exchange) -> None:
    said = {"target": exchange.received.target, "body": exchange.received.body.decode()}
    exchange.reply(json.dumps(said).encode(), headers="content-type: application/json\r\n")


def test_the_readmes_block() -> None:
    payload = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
    with MockProvider([Reply(text="hello")]) as mock:
        url = mock.base_url("openai").removesuffix("/v1")
        pool = ConnectionPool(PoolConfig.high_throughput())
        with pool:
            client = pool.get_client("openai", url, {"Authorization": "Bearer k"})
            response = client.post("/v1/chat/completions", json=payload)
            assert response.json()["choices"][0]["message"]["content"] == "hello"
            stats = pool.get_stats("openai")
            assert stats["openai"]["active_connections"] == 0
            assert stats["openai"]["idle_connections"] == 1
        assert pool.get_stats("openai")["openai"]["active_connections"] == 0


def test_each_provider_has_its_own_figures(serve: Serve) -> None:
    one, two = serve(echo), serve(echo)
    with ConnectionPool(PoolConfig(max_connections=3)) as pool:
        first = pool.get_client("one", one.url)
        second = pool.get_client("two", two.url)
        for _ in range(3):
            first.get("/models")
        reply = second.send("GET", "/models")
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
        reply.close()
        assert pool.get_stats("two")["two"]["closed_connections"] == 1
        assert set(pool.get_stats("three")["three"].values()) == {0}
        assert pool.stats().opened == 2


def test_requests_go_to_paths_below_the_base_url(serve: Serve) -> None:
    server = serve(echo)
    with ConnectionPool() as pool:
        client = pool.get_client("one", f"{server.url}/v1/", {"X-Api-Key": "k", "X-A": "1"})
        said = (client.get("models", params={"page": "2 3"})).json()
        assert said["target"] == "/v1/models?page=2+3"
        said = (client.post("/chat", json={"a": [1]}, headers={"x-a": "2"})).json()
        assert said == {"target": "/v1/chat", "body": '{"a":[1]}'}
        said = (client.post("/raw", content=b"as it is")).json()
        assert said["body"] == "as it is"
    asked = server.received[1].headers
    assert (asked["x-api-key"], asked["x-a"], asked["content-type"]) == (
        "k",
        "2",
        "application/json",
    )
    assert "content-type" not in server.received[2].headers


def test_a_form_with_a_file_is_posted(serve: Serve, tmp_path: Path) -> None:
    server = serve(echo)
    path = tmp_path / "a.txt"
    path.write_bytes(b"content")
    with ConnectionPool() as pool:
        client = pool.get_client("one", server.url)
        client.post("/files", data={"purpose": "batch"}, files={"file": path})
        with pytest.raises(TypeError, match="one of"):
            client.post("/files", json={}, content=b"")
    received = server.received[0]
    assert received.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="purpose"\r\n\r\nbatch\r\n' in received.body
    assert b'filename="a.txt"\r\nContent-Type: text/plain\r\n\r\ncontent\r\n' in received.body


def test_an_error_status_is_an_answer_and_its_text_is_kept(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply(b"<html>no</html>", status=502))
    with ConnectionPool() as pool:
        client = pool.get_client("one", server.url)
        response = client.get("/")
        assert (response.status_code, response.is_success) == (502, False)
        assert response.text == "<html>no</html>"
        with pytest.raises(DecodeError, match="status 502") as caught:
            response.json()
        assert caught.value.excerpt == "<html>no</html>"


def test_a_stream_is_read_piece_by_piece(serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(b"data: one\n\n")
        exchange.chunk(b"data: two\n\n")
        exchange.chunk(b"")

    server = serve(script)
    with ConnectionPool() as pool:
        client = pool.get_client("one", server.url)
        with client.send("POST", "/chat") as reply:
            assert b"".join([piece for piece in reply]) == b"data: one\n\ndata: two\n\n"


def test_the_time_for_a_request_is_kept(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.stall())
    with ConnectionPool() as pool:
        client = pool.get_client("one", server.url)
        with pytest.raises(TransportTimeout) as caught:
            client.get("/", timeout=0.1)
    assert (caught.value.timeout_name, caught.value.seconds) == ("total", 0.1)


def test_never_more_connections_than_the_config_says(serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        exchange.pause(0.005)
        echo(exchange)

    server = serve(script)
    with ConnectionPool(PoolConfig(max_connections=2)) as pool:
        client = pool.get_client("one", server.url)

        def call() -> None:
            assert (client.get("/")).is_success

        run_all([call] * 20, 20)
    assert server.peak <= 2


def test_a_closed_pool_serves_nobody(serve: Serve) -> None:
    server = serve(echo)
    pool = ConnectionPool(options=TransportOptions(proxy=None))
    client = pool.get_client("one", server.url)
    client.get("/")
    pool.close()
    assert pool.is_closed
    assert server.wait_for_open_connections(0)
    with pytest.raises(RequestError, match="closed"):
        pool.get_client("one", server.url)
    with pytest.raises((RequestError, ConnectionLost), match="closed"):
        client.get("/")


def test_an_address_that_is_none_is_refused() -> None:
    with ConnectionPool() as pool:
        with pytest.raises(RequestError, match="http or https"):
            pool.get_client("one", "ftp://host")


def test_clients_of_providers_may_share_its_connections() -> None:
    with MockProvider() as mock, ConnectionPool() as pool:
        for _ in range(2):
            made = AiClient.builder().model("openai/gpt-4o").api_key("k")
            made.base_url(mock.base_url("openai")).transport(pool.transport)
            with made.build() as client:
                assert (client.chat().user("Hello").execute()).content
        assert mock.connections == 1
