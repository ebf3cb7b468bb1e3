"""What the documents say is what the machine does."""

import re

import pytest

from tests.house.packages import ROOT

TEST_COMMAND = (
    '.venv/bin/pip install -q -c tests/constraints.txt -e ".[dev]" '
    "&& .venv/bin/python -m pytest -q -n 2"
)


def _document(name: str) -> str:
    path = ROOT / name
    if not path.exists():
        pytest.skip(f"{name} is not written yet")
    return path.read_text(encoding="utf-8")


def test_ci_runs_the_very_command_of_the_readme() -> None:
    lines = [line.strip() for line in _document("README.md").split("\n")]
    commands = [line for line in lines if line.endswith(TEST_COMMAND)]

    assert len(commands) == 1
    assert commands[0] in _document(".ci/run")


def test_every_session_that_ci_names_exists() -> None:
    sessions = set(re.findall(r"^def (\w+)\(session", _document("noxfile.py"), re.MULTILINE))
    named = re.findall(r"-m nox -s ([\w. -]+)", _document(".ci/run"))

    assert named
    assert {name.split("-")[0] for line in named for name in line.split()} <= sessions
