"""What the documents say is what the machine does."""

import re

import pytest

from benchmarks.numbers import House, Number, numbers
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


@pytest.fixture(scope="module")
def measured() -> dict[str, Number]:
    """The house's numbers, measured now."""
    return {number.measure: number for number in numbers(House())}


def test_the_numbers_of_the_architecture_are_those_measured(measured: dict[str, Number]) -> None:
    """Sizes may drift by a quarter before the table is due again; times are not compared."""
    rows = _document("ARCHITECTURE.md").split("\n")

    for measure, number in measured.items():
        written = [row for row in rows if row.startswith(f"| {measure} |")]
        assert written, f"ARCHITECTURE.md lacks the row of `python -m benchmarks.numbers`: {number}"
        if "ms" not in measure:
            cell = written[0].split("|")[3].split("(")[0]
            said = [float(value) for value in re.findall(r"\d+(?:\.\d+)?", cell)]
            for value, now in zip(said, number.values, strict=True):
                assert abs(value - now) <= max(2.0, now / 4), str(number)
