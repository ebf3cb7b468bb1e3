"""The protocol's own data, read in place where the machine has it."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "ai-protocol"
FIXTURES = SHARED / "tests" / "compliance" / "fixtures" / "providers"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the protocol's data is not here")


def files(*patterns: str) -> list[Path]:
    """Return the files of the shared data that match, sorted; none where it is absent."""
    return sorted(path for pattern in patterns for path in SHARED.glob(pattern))


def named(path: Path) -> str:
    """Return how a test shows a file."""
    return path.relative_to(SHARED).as_posix()
