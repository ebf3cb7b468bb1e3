"""A cache that keeps nothing."""

from __future__ import annotations


class NullCache:
    """Forgets everything at once: the cache to have none."""

    async def get(self, key: str) -> object:
        """Return None."""
        return None

    async def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Do nothing."""

    async def delete(self, key: str) -> bool:
        """Return False: there was nothing."""
        return False

    async def exists(self, key: str) -> bool:
        """Return False."""
        return False

    async def clear(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""
