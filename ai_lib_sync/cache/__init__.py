# Copied from ai_lib/cache/__init__.py by codegen; do not edit.
"""Stores responses: in memory, on disk, or in a store of your own."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.cache.config import CacheConfig as CacheConfig, CacheStats as CacheStats
    from ai_lib.cache.key import CacheKeyGenerator as CacheKeyGenerator
    from ai_lib.cache.serialization import (
        pack as pack,
        unpack as unpack,
    )

    from .backend import CacheBackend as CacheBackend
    from .disk import DiskCache as DiskCache
    from .manager import CacheManager as CacheManager
    from .memory import MemoryCache as MemoryCache, NullCache as NullCache

_WHERE = {
    "CacheBackend": ".backend",
    "CacheConfig": "ai_lib.cache.config",
    "CacheKeyGenerator": "ai_lib.cache.key",
    "CacheManager": ".manager",
    "CacheStats": "ai_lib.cache.config",
    "DiskCache": ".disk",
    "MemoryCache": ".memory",
    "NullCache": ".memory",
    "pack": "ai_lib.cache.serialization",
    "unpack": "ai_lib.cache.serialization",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
