"""A client's calls go to another target."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ai_lib.errors import (
    CapabilityError,
    CredentialError,
    RemoteError,
)
from ai_lib.resilience import (
    CircuitBreakerConfig,
)
from ai_lib.types import ToolDefinition
from tests.resilience.conftest import Serve
from tests.resilience.house import (
    answer,
    builder,
    fail,
    failing,
    write,
)
from tests.servers.scripted import Exchange


async def test_a_fallback_has_its_own_host_and_key(serve: Serve, tmp_path: Path) -> None:
    server, other = serve(failing(99)), serve(answer)
    write(tmp_path, "house", "http://127.0.0.1:1")
    write(tmp_path, "other", "http://127.0.0.1:1")
    made = builder(tmp_path).base_url(server.url).base_url_for("other/m", other.url)
    made.with_fallbacks(["other/m"]).with_circuit_breaker(CircuitBreakerConfig(failure_threshold=2))
    async with await made.build() as client:
        for _ in range(4):
            response, stats = await client.chat().user("?").execute_with_stats()
            assert response.content == "hello"
            assert (stats.provider, stats.model) == ("other", "m")
        assert client.circuit_state == "open"
        figures = client.get_resilience_stats()["targets"]
        states = {name: part["circuit_breaker"]["state"] for name, part in figures.items()}  # type: ignore[attr-defined]
        client.reset_resilience()
        assert client.circuit_state == "closed"
    assert states == {"house/m": "open", "other/m": "closed"}
    # Once the circuit is open the first target is not asked any more.
    assert len(server.received) == 2
    assert len(other.received) == 4
    assert {r.headers["authorization"] for r in other.received} == {"Bearer the-other-key"}
    assert "canary" in server.received[0].headers["authorization"]
    assert (response.attempts[0].error, response.attempts[0].sent) == ("CircuitOpenError", False)


async def test_another_model_of_the_same_provider_is_asked_with_the_same_key(
    serve: Serve, tmp_path: Path
) -> None:
    def script(exchange: Exchange) -> None:
        if json.loads(exchange.received.body)["model"] == "m":
            fail(exchange, 503)
        else:
            answer(exchange)

    server, elsewhere = serve(script), serve(answer)
    write(tmp_path, "house", "http://127.0.0.1:1")
    made = builder(tmp_path).base_url(server.url).with_fallbacks(["house/small"])
    async with await made.build() as client:
        assert (await client.chat().user("?").execute()).content == "hello"
    assert len({request.headers["authorization"] for request in server.received}) == 1
    # A key never goes to another address than the one it was given for.
    with pytest.raises(CredentialError):
        await made.base_url_for("house/small", elsewhere.url).build()


async def test_fallbacks_of_one_request(serve: Serve, tmp_path: Path) -> None:
    server, other = serve(failing(99)), serve(answer)
    write(tmp_path, "house", server.url)
    write(tmp_path, "other", other.url)
    async with await builder(tmp_path).build() as client:
        with pytest.raises(RemoteError):
            await client.chat().user("?").execute()
        response = await client.chat().user("?").fallbacks(["other/m"]).execute()
        assert response.content == "hello"
        stream = client.chat().user("?").fallbacks(["other/m"]).stream()
        assert [event async for event in stream]
        assert stream.stats().provider == "other"
    async with await builder(tmp_path).with_fallbacks(["other/m"]).build() as client:
        with pytest.raises(RemoteError):
            await client.chat().user("?").fallbacks([]).execute()


async def test_a_fallback_without_a_key_is_found_out_when_building(tmp_path: Path) -> None:
    write(tmp_path, "house", "http://127.0.0.1:1")
    write(tmp_path, "third", "http://127.0.0.1:1")
    with pytest.raises(CredentialError, match="THIRD_API_KEY"):
        await builder(tmp_path).with_fallbacks(["third/m"]).build()


async def test_a_fallback_that_cannot_be_asked_hides_nothing(serve: Serve, tmp_path: Path) -> None:
    server, other = serve(failing(99)), serve(answer)
    write(tmp_path, "house", server.url)
    write(tmp_path, "other", other.url, "capabilities: { required: [text], optional: [] }")
    tool = ToolDefinition.from_function(name="t", description="", parameters={})
    async with await builder(tmp_path).with_fallbacks(["other/m"]).build() as client:
        with pytest.raises(RemoteError):
            await client.chat().user("?").tools([tool]).execute()
    write(tmp_path, "house", server.url, "capabilities: { required: [text], optional: [] }")
    async with await builder(tmp_path).with_fallbacks(["other/m"]).build() as client:
        with pytest.raises(CapabilityError):
            await client.chat().user("?").tools([tool]).execute()
    assert other.received == []
