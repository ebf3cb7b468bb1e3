"""The toy project, ready to be changed."""

from pathlib import Path

import pytest

from codegen import plan
from tests.codegen.toy import Toy


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A project that codegen has nothing to say about, where `aclose` is the only rename."""
    monkeypatch.setattr(plan, "RENAMES", {"aclose": "close"})
    return Toy(tmp_path)
