# Generated from tests/resilience/test_live_fallbacks.py by codegen; do not edit.
"""A client's calls go to another target."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ai_lib_sync.errors import (
    CapabilityError,
    CredentialError,
    RemoteError,
)
from ai_lib_sync.resilience import (
    CircuitBreakerConfig,
)
from ai_lib_sync.types import ToolDefinition
from tests._sync.resilience.conftest import Serve
from tests._sync.resilience.house import (
    answer,
    builder,
    fail,
    failing,
    write,
)
from tests.servers.scripted import Exchange


def test_a_fallback_has_its_own_host_and_key(serve: Serve, tmp_path: Path) -> None:
    server, other = serve(failing(99)), serve(answer)
    write(tmp_path, "house", "http://127.0.0.1:1")
    write(tmp_path, "other", "http://127.0.0.1:1")
    made = builder(tmp_path).base_url(server.url).base_url_for("other/m", other.url)
    made.with_fallbacks(["other/m"]).with_circuit_breaker(CircuitBreakerConfig(failure_threshold=2))
    with made.build() as client:
        for _ in range(4):
            response, stats = client.chat().user("?").execute_with_stats()
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


def test_another_model_of_the_same_provider_is_asked_with_the_same_key(
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
    with made.build() as client:
        assert (client.chat().user("?").execute()).content == "hello"
    assert len({request.headers["authorization"] for request in server.received}) == 1
    # A key never goes to another address than the one it was given for.
    with pytest.raises(CredentialError):
        made.base_url_for("house/small", elsewhere.url).build()


def test_fallbacks_of_one_request(serve: Serve, tmp_path: Path) -> None:
    server, other = serve(failing(99)), serve(answer)
    write(tmp_path, "house", server.url)
    write(tmp_path, "other", other.url)
    with builder(tmp_path).build() as client:
        with pytest.raises(RemoteError):
            client.chat().user("?").execute()
        response = client.chat().user("?").fallbacks(["other/m"]).execute()
        assert response.content == "hello"
        stream = client.chat().user("?").fallbacks(["other/m"]).stream()
        assert [event for event in stream]
        assert stream.stats().provider == "other"
    with builder(tmp_path).with_fallbacks(["other/m"]).build() as client:
        with pytest.raises(RemoteError):
            client.chat().user("?").fallbacks([]).execute()


def test_a_fallback_without_a_key_is_found_out_when_building(tmp_path: Path) -> None:
    write(tmp_path, "house", "http://127.0.0.1:1")
    write(tmp_path, "third", "http://127.0.0.1:1")
    with pytest.raises(CredentialError, match="THIRD_API_KEY"):
        builder(tmp_path).with_fallbacks(["third/m"]).build()


def test_a_fallback_that_cannot_be_asked_hides_nothing(serve: Serve, tmp_path: Path) -> None:
    server, other = serve(failing(99)), serve(answer)
    write(tmp_path, "house", server.url)
    write(tmp_path, "other", other.url, "capabilities: { required: [text], optional: [] }")
    tool = ToolDefinition.from_function(name="t", description="", parameters={})
    with builder(tmp_path).with_fallbacks(["other/m"]).build() as client:
        with pytest.raises(RemoteError):
            client.chat().user("?").tools([tool]).execute()
    write(tmp_path, "house", server.url, "capabilities: { required: [text], optional: [] }")
    with builder(tmp_path).with_fallbacks(["other/m"]).build() as client:
        with pytest.raises(CapabilityError):
            client.chat().user("?").tools([tool]).execute()
    assert other.received == []
