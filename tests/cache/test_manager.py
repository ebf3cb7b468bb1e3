"""The cache by hand: keys, times to live, figures, and stores that fail."""

from pathlib import Path

import pytest

from ai_lib.cache import CacheConfig, CacheManager, DiskCache, MemoryCache, NullCache
from ai_lib.errors import CacheError
from ai_lib.types import Message
from tests.cache.samples import Clock, reply


class Broken(NullCache):
    """A store that is not there."""

    async def get(self, key: str) -> object:
        raise OSError("no route to the store")

    async def set(self, key: str, value: object, ttl: float | None = None) -> None:
        raise OSError("no route to the store")


async def test_the_documented_way() -> None:
    messages = [Message.user("What is AI?")]
    cache = CacheManager(
        config=CacheConfig(default_ttl_seconds=3600), backend=MemoryCache(max_size=1000)
    )
    key = cache.generate_key(model="gpt-4o", messages=messages)
    assert not await cache.get(key)
    await cache.set(key, reply())
    assert await cache.get(key) == reply()
    stats = cache.stats()
    assert f"{stats.hit_ratio:.2%}" == "50.00%"
    assert (stats.hits, stats.misses, stats.sets) == (1, 1, 1)
    await cache.set("text", "plain")
    assert await cache.get("text") == "plain"
    assert await cache.delete("text")
    await cache.clear()
    assert cache.stats().total_requests == 0
    assert cache.stats().hit_ratio == 0.0
    await cache.close()


async def test_the_managers_time_to_live_comes_before_the_stores() -> None:
    clock = Clock()
    store = MemoryCache(default_ttl=1, clock=clock)
    cache = CacheManager(CacheConfig(default_ttl_seconds=None), store)
    await cache.set("ever", 1)
    await cache.set("short", 2, ttl=5)
    await cache.set("never", 3, ttl=0)
    assert await cache.get("never") is None
    clock.at += 5
    assert await cache.get("short") is None
    clock.at += 1e6
    assert await cache.get("ever") == 1


async def test_no_time_to_live_leaves_no_stale_entry(tmp_path: Path) -> None:
    memory, disk = MemoryCache(), DiskCache(tmp_path)
    for cache in (memory, disk, CacheManager(backend=memory), CacheManager(backend=disk)):
        await cache.set("k", "old", ttl=3600)
        assert await cache.get("k") == "old"
        await cache.set("k", "new", ttl=0)
        assert await cache.get("k") is None
    await disk.close()


async def test_what_is_switched_off_keeps_nothing() -> None:
    for cache in (CacheManager(CacheConfig.no_cache()), CacheManager(backend=NullCache())):
        assert not cache.enabled
        await cache.set("k", 1)
        assert await cache.get("k") is None
        assert cache.stats().misses == 1


async def test_a_store_that_fails_is_an_error_of_ours() -> None:
    cache = CacheManager(backend=Broken())
    with pytest.raises(CacheError, match="no route to the store"):
        await cache.get("k")
    with pytest.raises(CacheError, match="no route to the store"):
        await cache.set("k", 1)
    assert cache.stats().errors == 2


def test_configurations() -> None:
    assert CacheConfig().default_ttl_seconds == 3600
    assert CacheConfig.short_ttl().default_ttl_seconds == 300
    assert CacheConfig.long_ttl().default_ttl_seconds == 86400
    with pytest.raises(ValueError, match="0 seconds or more"):
        CacheConfig(default_ttl_seconds=-1)
    with pytest.raises(ValueError, match="at least 1"):
        CacheConfig(max_size=0)


async def test_evictions_of_the_store_are_counted() -> None:
    cache = CacheManager(CacheConfig(max_size=1))
    await cache.set("a", 1)
    await cache.set("b", 2)
    assert cache.stats().evictions == 1
