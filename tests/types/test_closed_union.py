"""Events are a closed union: a `match` over all of them is complete, one less is not."""

from pathlib import Path

import pytest
from mypy import api

_ARMS = [
    "PartialContentDelta",
    "ThinkingDelta",
    "ToolCallStarted",
    "PartialToolCall",
    "ToolCallEnded",
    "OpaqueContent",
    "ImageContent",
    "AudioDelta",
    "LogprobsDelta",
    "Metadata",
    "FinalCandidate",
    "StreamEnd",
]


def _checked(folder: Path, package: str, arms: list[str]) -> str:
    cases = "\n".join(f"        case {arm}():\n            return {arm!r}" for arm in arms)
    code = (
        "from typing_extensions import assert_never\n"
        f"from {package} import Event, {', '.join(_ARMS)}\n"
        "def told(event: Event) -> str:\n"
        f"    match event:\n{cases}\n"
        "        case _:\n            assert_never(event)\n"
    )
    path = folder / "told.py"
    path.write_text(code, encoding="utf-8")
    out, problems, _ = api.run(["--strict", f"--cache-dir={folder / 'cache'}", str(path)])
    assert problems == ""
    return out


@pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])
def test_every_event_has_an_arm(tmp_path: Path, package: str) -> None:
    assert "Success" in _checked(tmp_path, package, _ARMS)
    without = _checked(tmp_path, package, [arm for arm in _ARMS if arm != "Metadata"])
    assert 'assert_never" has incompatible type "Metadata"' in without
