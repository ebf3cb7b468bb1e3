# Generated from ai_lib/cache/backend.py by codegen; do not edit.
"""What a store of cached values has to be able to do."""

from __future__ import annotations

from typing import Protocol


class CacheBackend(Protocol):
    """A store of values by key, such as one of your own over a network.

    `pack` and `unpack` turn the values into bytes and back. What it raises makes a client's lookup
    a miss, and is a CacheError to who asks a `CacheManager`. With a number `evictions`, it has
    its part in `CacheStats`.
    """

    def get(self, key: str) -> object:
        """Return the value, None when there is none (any more)."""
        ...

    def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Keep a value for so many seconds: None is the store's default, 0 keeps nothing."""
        ...

    def delete(self, key: str) -> bool:
        """Forget a value; False when there was none."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is a value that has not expired."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...

    def close(self) -> None:
        """Let go of what the store holds open."""
        ...
