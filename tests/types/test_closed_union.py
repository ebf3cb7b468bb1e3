"""Events are a closed union: a `match` over all of them is complete, one less is not."""

from pathlib import Path

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


_PACKAGES = ("ai_lib", "ai_lib_sync")


def _write(path: Path, package: str, arms: list[str]) -> str:
    cases = "\n".join(f"        case {arm}():\n            return {arm!r}" for arm in arms)
    code = (
        "from typing_extensions import assert_never\n"
        f"from {package} import Event, {', '.join(_ARMS)}\n"
        "def told(event: Event) -> str:\n"
        f"    match event:\n{cases}\n"
        "        case _:\n            assert_never(event)\n"
    )
    path.write_text(code, encoding="utf-8")
    return str(path)


def test_every_event_has_an_arm(tmp_path: Path) -> None:
    without = [arm for arm in _ARMS if arm != "Metadata"]
    files = [_write(tmp_path / f"whole_{name}.py", name, _ARMS) for name in _PACKAGES]
    files += [_write(tmp_path / f"without_{name}.py", name, without) for name in _PACKAGES]
    out, problems, _ = api.run(["--strict", f"--cache-dir={tmp_path / 'cache'}", *files])
    assert problems == ""
    errors = [line for line in out.splitlines() if ": error: " in line]
    assert len(errors) == len(_PACKAGES)
    for package, error in zip(sorted(_PACKAGES), sorted(errors), strict=True):
        assert f"without_{package}.py" in error
        assert 'assert_never" has incompatible type "Metadata"' in error
