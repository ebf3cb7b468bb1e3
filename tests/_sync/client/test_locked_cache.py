# Generated from tests/client/test_locked_cache.py by codegen; do not edit.
"""A cache file that another program has locked costs a call neither its answer nor its time."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ai_lib_sync.cache import CacheManager, DiskCache
from ai_lib_sync.client import AiClient
from ai_lib_sync.errors import CacheError
from tests._sync.forks.conversation import EchoServer
from tests.guards import hang_guard


@pytest.mark.parametrize("mode", ["NORMAL", "EXCLUSIVE"])
def test_a_locked_cache_gives_up_within_the_calls_clock(tmp_path: Path, mode: str) -> None:
    path, server = tmp_path / "cache", EchoServer()
    manager = CacheManager(backend=DiskCache(path))
    manager.set("another", "value")
    manager.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(f"PRAGMA locking_mode = {mode}")
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM entries")
    builder = AiClient.builder().model("openai/m").api_key("k").timeout(3).cache(manager)
    client = builder.base_url(f"{server.url}/v1").build()
    with hang_guard():
        assert (client.chat().user("hello").execute()).content == "hello"
    other.execute("ROLLBACK")
    other.close()
    assert (client.chat().user("hello").execute()).content == "hello"
    assert (client.chat().user("hello").execute()).content == "hello"
    assert len(server.received) == 2
    client.close()
    manager.close()
    server.close()


def test_a_store_that_raises_anything_costs_no_answer() -> None:
    server = EchoServer()

    class Broken:
        def get(self, key: str) -> object:
            raise RuntimeError("no store")

        def set(self, key: str, value: object, ttl: float | None = None) -> None:
            raise ValueError("no store")

    manager = CacheManager(backend=Broken())  # type: ignore[arg-type]
    builder = AiClient.builder().model("openai/m").api_key("k").cache(manager)
    client = builder.base_url(f"{server.url}/v1").build()
    for _ in range(2):
        assert (client.chat().user("hello").execute()).content == "hello"
    client.close()
    with pytest.raises(CacheError):
        manager.get("key")
    server.close()
