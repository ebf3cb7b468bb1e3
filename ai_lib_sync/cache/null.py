# Generated from ai_lib/cache/null.py by codegen; do not edit.
"""A cache that keeps nothing."""

from __future__ import annotations


class NullCache:
    """Forgets everything at once: the cache to have none."""

    def get(self, key: str) -> object:
        """Return None."""
        return None

    def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Do nothing."""

    def delete(self, key: str) -> bool:
        """Return False: there was nothing."""
        return False

    def exists(self, key: str) -> bool:
        """Return False."""
        return False

    def clear(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
