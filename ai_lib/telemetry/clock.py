"""The time of day."""

from datetime import datetime, timezone


def wall_clock() -> float:
    """Return the seconds since the epoch."""
    return datetime.now(timezone.utc).timestamp()
