"""The protocol's own data, read in place where the machine has it."""

import json
from pathlib import Path
from typing import Any

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


def document(provider: str, **changes: Any) -> dict[str, Any]:
    """Return a small manifest of protocol 2.0; a change to None takes a field out."""
    manifest = {
        "id": provider,
        "protocol_version": "2.0",
        "dialect": "openai_chat",
        "endpoint": {"base_url": f"https://{provider}.example/v1"},
        "error_classification": {},
        "capabilities": {"required": ["text", "streaming"]},
        **changes,
    }
    return {name: value for name, value in manifest.items() if value is not None}


def write(path: Path, provider: str, **changes: Any) -> Path:
    """Write such a manifest as JSON, which is YAML as well; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(provider, **changes)))
    return path
