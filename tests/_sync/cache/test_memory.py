# Generated from tests/cache/test_memory.py by codegen; do not edit.
"""The memory cache forgets what is old, and what was not used for longest."""

import pytest

from ai_lib_sync.cache import CacheConfig, MemoryCache
from ai_lib_sync.errors import CacheError
from tests.cache.samples import Clock, reply


def test_an_entry_lives_as_long_as_it_was_told() -> None:
    clock = Clock()
    cache = MemoryCache(default_ttl=10, clock=clock)
    cache.set("default", "a")
    cache.set("short", "b", ttl=5)
    cache.set("ever", "c", ttl=float("inf"))
    clock.at += 5
    assert cache.get("short") is None
    assert not cache.exists("short")
    assert cache.get("default") == "a"
    clock.at += 5
    assert cache.get("default") is None
    clock.at += 1e9
    assert cache.get("ever") == "c"


def test_no_time_to_live_keeps_nothing_and_drops_what_was_there() -> None:
    cache = MemoryCache()
    cache.set("k", "old")
    cache.set("k", "new", ttl=0)
    assert cache.get("k") is None
    assert cache.size == 0


def test_the_least_recently_used_goes_first_and_is_counted() -> None:
    cache = MemoryCache(max_size=2)
    cache.set("a", 1)
    cache.set("b", 2)
    cache.get("a")
    cache.set("c", 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]
    assert cache.evictions == 1
    cache.set("c", 4)
    assert cache.evictions == 1


def test_its_bytes_are_bounded() -> None:
    cache = MemoryCache(max_size_bytes=1000)
    for number in range(50):
        cache.set(f"key {number}", "x" * 100)
        assert cache.size_bytes <= 1000
    assert cache.evictions == 50 - cache.size
    assert cache.get("key 49") == "x" * 100
    cache.set("huge", "x" * 2000)
    assert cache.get("huge") is None
    assert cache.get("key 49") == "x" * 100
    cache.clear()
    assert (cache.size, cache.size_bytes) == (0, 0)


def test_nobody_can_change_what_others_get() -> None:
    cache = MemoryCache()
    known = reply()
    cache.set("k", known)
    first = cache.get("k")
    first.raw_response["choices"].clear()  # type: ignore[attr-defined]
    assert cache.get("k") == known


def test_the_smallest_bounds_are_one() -> None:
    cache = MemoryCache(1, max_size_bytes=1)
    cache.set("k", "v")
    assert cache.size == 0
    config = CacheConfig(max_size=1, max_size_bytes=1)
    assert (config.max_size, config.max_size_bytes) == (1, 1)
    assert CacheConfig().max_size_bytes == 64 * 1024 * 1024


def test_nonsense_is_refused() -> None:
    for wrong in ({"max_size": 0}, {"max_size_bytes": 0}, {"default_ttl": -1}):
        with pytest.raises(ValueError, match=r"at least 1|0 seconds or more"):
            MemoryCache(**wrong)
    cache = MemoryCache()
    with pytest.raises(ValueError, match="0 seconds or more"):
        cache.set("k", 1, ttl=-1)
    with pytest.raises(CacheError, match="not object"):
        cache.set("k", object())
    assert cache.delete("k") is False
