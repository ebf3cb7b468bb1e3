"""The memory cache forgets what is old, and what was not used for longest."""

import pytest

from ai_lib.cache import CacheConfig, MemoryCache
from ai_lib.errors import CacheError
from tests.cache.samples import Clock, reply


async def test_an_entry_lives_as_long_as_it_was_told() -> None:
    clock = Clock()
    cache = MemoryCache(default_ttl=10, clock=clock)
    await cache.set("default", "a")
    await cache.set("short", "b", ttl=5)
    await cache.set("ever", "c", ttl=float("inf"))
    clock.at += 5
    assert await cache.get("short") is None
    assert not await cache.exists("short")
    assert await cache.get("default") == "a"
    clock.at += 5
    assert await cache.get("default") is None
    clock.at += 1e9
    assert await cache.get("ever") == "c"


async def test_no_time_to_live_keeps_nothing_and_drops_what_was_there() -> None:
    cache = MemoryCache()
    await cache.set("k", "old")
    await cache.set("k", "new", ttl=0)
    assert await cache.get("k") is None
    assert cache.size == 0


async def test_the_least_recently_used_goes_first_and_is_counted() -> None:
    cache = MemoryCache(max_size=2)
    await cache.set("a", 1)
    await cache.set("b", 2)
    await cache.get("a")
    await cache.set("c", 3)
    assert [await cache.get(key) for key in "abc"] == [1, None, 3]
    assert cache.evictions == 1
    await cache.set("c", 4)
    assert cache.evictions == 1


async def test_its_bytes_are_bounded() -> None:
    cache = MemoryCache(max_size_bytes=1000)
    for number in range(50):
        await cache.set(f"key {number}", "x" * 100)
        assert cache.size_bytes <= 1000
    assert cache.evictions == 50 - cache.size
    assert await cache.get("key 49") == "x" * 100
    await cache.set("huge", "x" * 2000)
    assert await cache.get("huge") is None
    assert await cache.get("key 49") == "x" * 100
    await cache.clear()
    assert (cache.size, cache.size_bytes) == (0, 0)


async def test_nobody_can_change_what_others_get() -> None:
    cache = MemoryCache()
    known = reply()
    await cache.set("k", known)
    first = await cache.get("k")
    first.raw_response["choices"].clear()  # type: ignore[attr-defined]
    assert await cache.get("k") == known


async def test_the_smallest_bounds_are_one() -> None:
    cache = MemoryCache(1, max_size_bytes=1)
    await cache.set("k", "v")
    assert cache.size == 0
    config = CacheConfig(max_size=1, max_size_bytes=1)
    assert (config.max_size, config.max_size_bytes) == (1, 1)
    assert CacheConfig().max_size_bytes == 64 * 1024 * 1024


async def test_nonsense_is_refused() -> None:
    for wrong in ({"max_size": 0}, {"max_size_bytes": 0}, {"default_ttl": -1}):
        with pytest.raises(ValueError, match=r"at least 1|0 seconds or more"):
            MemoryCache(**wrong)
    cache = MemoryCache()
    with pytest.raises(ValueError, match="0 seconds or more"):
        await cache.set("k", 1, ttl=-1)
    with pytest.raises(CacheError, match="not object"):
        await cache.set("k", object())
    assert await cache.delete("k") is False
