"""The programs in `examples/` do what they say, against the mock provider."""

import json
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_lib.testing import MockProvider

ROOT = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def mock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockProvider]:
    """Start a mock provider, and say so as the examples' README does."""
    mock = MockProvider(manifests=[ROOT / "house.yaml"]).start()
    monkeypatch.setenv("BASE_URL", mock.base_url("openai"))
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    monkeypatch.delenv("MODEL", raising=False)
    monkeypatch.chdir(tmp_path)
    yield mock
    mock.stop()


def run(name: str) -> dict[str, Any]:
    """Run a program as if by hand."""
    return runpy.run_path(str(ROOT / name), run_name="__main__")


@pytest.mark.usefixtures("mock")
def test_the_script_answers_and_streams(capsys: pytest.CaptureFixture[str]) -> None:
    run("script.py")
    printed = capsys.readouterr().out

    assert "You said: What is 2+2? (" in printed
    assert "You said: Tell me a story in two sentences.\n(first token after" in printed


def test_the_script_says_what_went_wrong(
    mock: MockProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")

    with pytest.raises(SystemExit, match="OPENAI_API_KEY"):
        run("script.py")
    assert mock.requests == []


@pytest.mark.usefixtures("mock")
def test_the_tool_of_an_mcp_server_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    run("mcp_tools.py")

    assert capsys.readouterr().out.split("\n") == [
        "weather is asked for get_weather with {'city': 'Rome'}",
        "The tool answered: 22 degrees in Rome",
        "",
    ]


def test_both_tools_are_called_with_typed_arguments(
    mock: MockProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    run("tools.py")
    printed = capsys.readouterr().out

    assert "called get_weather with {" in printed
    assert "called find_hotel with {" in printed
    assert "Hotel Central in" in printed
    assert "2 rounds" in printed
    assert len(mock.requests) == 2


@pytest.mark.usefixtures("mock")
def test_facts_are_taken_out_as_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    run("extract.py")

    assert re.match(
        r"Complaint\(customer='.*', product='.*', order_number=\d+, urgency='\w+'\)\nasked 1 time",
        capsys.readouterr().out,
    )


@pytest.mark.usefixtures("mock")
def test_the_other_model_answers_when_the_first_is_out_of_reach(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("fallback.py")
    answer, *attempts = capsys.readouterr().out.rstrip().split("\n")

    assert answer == "You said: Are you there?"
    assert [line.split()[0] for line in attempts] == ["ollama", "ollama", "openai"]
    assert attempts[0].endswith("ConnectError")


def test_a_batch_goes_on_where_it_was(
    mock: MockProvider, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["batch.py"])
    run("batch.py")
    first = capsys.readouterr().out
    run("batch.py")
    again = capsys.readouterr().out

    assert "What is a mutex?\n  You said: What is a mutex?" in first
    assert first.endswith("3 answers, 0 of them from before\n")
    assert again.endswith("3 answers, 3 of them from before\n")
    assert len(mock.requests) == 3


def test_a_batch_reads_questions_from_a_file(
    mock: MockProvider, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("questions.txt").write_text("One?\n\nTwo?\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["batch.py", "questions.txt"])
    run("batch.py")

    assert sorted(request.text for request in mock.requests) == ["One?", "Two?"]
    assert "2 answers" in capsys.readouterr().out


def test_a_provider_of_ones_own_is_asked_as_its_file_says(
    mock: MockProvider, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BASE_URL", mock.base_url("house"))
    monkeypatch.setenv("HOUSE_API_KEY", "any")
    run("custom_provider.py")
    printed = capsys.readouterr().out

    assert mock.requests[0].headers["x-house-key"] == "any"
    assert isinstance(mock.requests[0].body, dict)
    assert mock.requests[0].body["max_length"] == 100
    assert "seed" not in mock.requests[0].body
    assert "You said: Hello, house!" in printed
    assert re.search(r"^0\.0000\d+ USD$", printed, re.MULTILINE)


@pytest.mark.usefixtures("mock")
def test_the_notebook_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    cells = json.loads((ROOT / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)  # noqa: S102 (as a notebook does)

    assert "You said: Tell me a story" in capsys.readouterr().out
    assert isinstance(names["cities"], list)
    assert all(cell.get("outputs", []) == [] for cell in cells), "it is kept without outputs"


def test_every_example_is_short_says_its_job_and_is_listed() -> None:
    listed = re.findall(r"^\| `([\w.]+)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    programs = [path for path in ROOT.iterdir() if path.suffix in (".py", ".ipynb")]

    assert sorted(listed) == sorted(path.name for path in programs)
    for path in programs:
        if path.suffix == ".py":
            text = path.read_text(encoding="utf-8")
            assert text.startswith('"""')
            assert text.count("\n") <= 90
