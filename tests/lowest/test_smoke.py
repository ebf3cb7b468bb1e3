"""The smoke test of `nox -s lowest` passes with the versions that the tests run on, too."""

from pathlib import Path

from tests.lowest.smoke import use_everything


async def test_every_dependency_is_used(tmp_path: Path) -> None:
    await use_everything(tmp_path)
