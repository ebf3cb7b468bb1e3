# Generated from tests/lowest/test_smoke.py by codegen; do not edit.
"""The smoke test of `nox -s lowest` passes with the versions that the tests run on, too."""

from pathlib import Path

from tests._sync.lowest.smoke import use_everything


def test_every_dependency_is_used(tmp_path: Path) -> None:
    use_everything(tmp_path)
