# Generated from tests/resilience/test_live_settings.py by codegen; do not edit.
"""How the patterns are switched on, over real sockets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ai_lib_sync.client import AiClient
from ai_lib_sync.errors import (
    RequestError,
)
from ai_lib_sync.resilience import (
    ResilientConfig,
)
from ai_lib_sync.testing import MockProvider, Reply
from tests._sync.resilience.conftest import Serve
from tests._sync.resilience.house import QUICK, answer, builder, write


def test_the_environment_switches_patterns_on(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "house", serve(answer).url)
    monkeypatch.setitem(os.environ, "AI_LIB_MAX_INFLIGHT", "4")
    monkeypatch.setitem(os.environ, "AI_LIB_RPS", "50")
    monkeypatch.setitem(os.environ, "AI_LIB_BREAKER_FAILURE_THRESHOLD", "3")
    monkeypatch.setitem(os.environ, "AI_LIB_BREAKER_COOLDOWN_SECS", "7")
    with builder(tmp_path).max_inflight(9).build() as client:
        client.chat().user("?").execute()
        stats = client.get_resilience_stats()
        assert client.circuit_state == "closed"
    assert stats["backpressure"]["max_concurrent"] == 9  # type: ignore[index]
    assert stats["circuit_breaker"]["state"] == "closed"  # type: ignore[index]
    assert stats["rate_limiter"]["available"] >= 74  # type: ignore[index]
    monkeypatch.setitem(os.environ, "AI_LIB_RPS", "fast")
    with pytest.raises(RequestError, match="AI_LIB_RPS"):
        builder(tmp_path).build()


def test_production_ready_switches_everything_on_and_keeps_what_was_set(
    tmp_path: Path,
) -> None:
    write(tmp_path, "house", "http://127.0.0.1:1")
    made = builder(tmp_path).max_inflight(20).with_retry(QUICK).production_ready()
    with made.build() as client:
        stats = client.get_resilience_stats()
    assert stats["max_retries"] == 2
    assert stats["backpressure"]["max_concurrent"] == 20  # type: ignore[index]
    assert stats["rate_limiter"]["available"] == 15  # type: ignore[index]
    assert stats["circuit_breaker"]["state"] == "closed"  # type: ignore[index]


def test_the_readmes_forms_of_the_configuration() -> None:
    config = ResilientConfig(
        max_retries=3, rate_limit_rps=10, circuit_breaker_threshold=5, max_inflight=50
    )
    with MockProvider([Reply(text="hello")]) as mock:
        made = AiClient.builder().model("openai/gpt-4o").api_key("k")
        made.base_url(mock.base_url("openai")).resilience(config)
        with made.build() as client:
            assert (client.chat().user("Hello").execute()).content == "hello"
            assert client.circuit_state == "closed"
            assert client.current_inflight == 0
            assert client.get_resilience_stats()["backpressure"]["max_concurrent"] == 50  # type: ignore[index]
        again = made.with_resilience(ResilientConfig.minimal())
        with again.build() as client:
            assert client.get_resilience_stats()["max_retries"] == 2
