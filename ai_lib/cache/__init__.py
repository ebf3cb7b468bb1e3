"""Keeps answers: in memory, on disk, or in a store of your own."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.cache.config import CacheConfig as CacheConfig
    from ai_lib.cache.key import CacheKeyGenerator as CacheKeyGenerator
    from ai_lib.cache.packing import (
        pack as pack,
        unpack as unpack,
    )
    from ai_lib.cache.stats import CacheStats as CacheStats

    from .backend import CacheBackend as CacheBackend
    from .caching import CacheManager as CacheManager
    from .disk import DiskCache as DiskCache
    from .memory import MemoryCache as MemoryCache
    from .null import NullCache as NullCache

_WHERE = {
    "CacheBackend": ".backend",
    "CacheConfig": "ai_lib.cache.config",
    "CacheKeyGenerator": "ai_lib.cache.key",
    "CacheManager": ".caching",
    "CacheStats": "ai_lib.cache.stats",
    "DiskCache": ".disk",
    "MemoryCache": ".memory",
    "NullCache": ".null",
    "pack": "ai_lib.cache.packing",
    "unpack": "ai_lib.cache.packing",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
