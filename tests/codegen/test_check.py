"""`--check` compares whole trees in both directions."""

import pytest

from codegen import plan
from tests.codegen.toy import Toy

CHAT = "ai_lib_sync/client/chat.py"


def _said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.strip().split("\n")


def test_a_generated_project_passes(toy: Toy) -> None:
    assert toy.check() == 1
    toy.generate()
    assert toy.check() == 0


def test_a_stale_twin_is_found(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    toy.generate()
    toy.write(CHAT, toy.read(CHAT) + "\n")

    assert toy.check() == 1
    assert _said(capsys) == [f"{CHAT}: stale"]


def test_a_missing_twin_is_found(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    toy.generate()
    (toy.root / CHAT).unlink()

    assert toy.check() == 1
    assert _said(capsys) == [f"{CHAT}: missing"]


def test_an_orphan_is_found_and_removed(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    toy.write("ai_lib/client/gone.py", "async def gone() -> None: ...\n")
    toy.generate()
    (toy.root / "ai_lib/client/gone.py").unlink()

    assert toy.check() == 1
    assert _said(capsys) == ["ai_lib_sync/client/gone.py: orphan, its source is gone"]
    assert toy.generate() == 0
    assert not toy.has("ai_lib_sync/client/gone.py")


@pytest.mark.parametrize("path", ["ai_lib_sync/mine.py", "ai_lib_sync/notes.txt"])
def test_a_file_that_nobody_generated_is_refused_and_kept(
    toy: Toy, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    toy.write(path, "MINE = True\n")

    assert toy.generate() == 1
    assert _said(capsys) == [
        f"{path}: neither generated, copied nor written by hand "
        "(_runtime/backend.py, _runtime/httpcore.py, _runtime/process.py, _runtime/stream.py, "
        "_runtime/workers.py)",
    ]
    assert toy.check() == 1
    assert toy.has(path)


def test_a_stale_room_table_is_found(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    toy.generate()
    room = toy.read("ai_lib/types/__init__.py")
    toy.write("ai_lib/types/__init__.py", room.replace('    "Message": ', '    "Msg": '))

    assert toy.check() == 1
    assert _said(capsys) == ["ai_lib/types/__init__.py: stale"]


def test_a_rename_that_nobody_uses_fails_the_check_only(
    toy: Toy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "RENAMES", {"aclose": "close", "aread": "read"})

    assert toy.generate() == 0
    assert toy.check() == 1
    assert _said(capsys) == ["codegen/renames.py: nobody uses the rename of `aread`"]
