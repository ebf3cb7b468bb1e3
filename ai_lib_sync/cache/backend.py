# Generated from ai_lib/cache/backend.py by codegen; do not edit.
"""The protocol of a store for cached values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ai_lib._lazy import old_names


class CacheBackend(Protocol):
    """A store of values by key, such as your own over a network.

    `pack` and `unpack` turn the values into bytes and back. An exception of the store makes a
    client's lookup a miss, and a `CacheManager` raises it as CacheError. The number in an attribute
    `evictions` is shown in `CacheStats`.
    """

    def get(self, key: str) -> object:
        """Return the value, None when there is none or it has expired."""
        ...

    def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Store a value for so many seconds: None is the store's default, 0 stores nothing."""
        ...

    def delete(self, key: str) -> bool:
        """Delete a value; False when there was none."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is a value that has not expired."""
        ...

    def clear(self) -> None:
        """Delete all values."""
        ...

    def close(self) -> None:
        """Close the connections and files of the store."""
        ...


if not TYPE_CHECKING:
    __getattr__ = old_names(__name__)
