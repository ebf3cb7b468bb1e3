"""`ai-lib mcp` lists tools and calls one; `ai-lib chat --mcp` offers them to a model."""

import json
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from ai_lib.cli.main import main
from ai_lib.testing import MockProvider, Reply

ROOT = Path(__file__).resolve().parents[2]
COMMAND = f"{sys.executable} {ROOT / 'examples' / 'mcp_server.py'}"


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Write a configuration as an editor does."""
    path = tmp_path / "mcp.json"
    program, script = COMMAND.split(" ")
    path.write_text(json.dumps({"mcpServers": {"weather": {"command": program, "args": [script]}}}))
    return str(path)


@pytest.fixture
def mock(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockProvider]:
    """A model that calls the tool once."""
    replies = [Reply(tool_calls=[("get_weather", {"city": "Rome"})]), Reply(text="It is warm.")]
    with_key = MockProvider(replies).start()
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    yield with_key
    with_key.stop()


def test_the_tools_of_a_command_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mcp", COMMAND]) == 0

    assert capsys.readouterr().out.split("\n") == [
        "server: weather 1.0, protocol 2025-11-25",
        "  get_weather(city)  Get the current weather of a city.",
        "",
    ]


def test_a_configuration_is_listed_as_json_with_pins(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mcp", config, "--json"]) == 0

    (tool,) = json.loads(capsys.readouterr().out)
    assert (tool["server"], tool["name"]) == ("weather", "get_weather")
    assert tool["pin"].startswith("sha256:")


def test_a_tool_is_called(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mcp", config, "--call", "get_weather", "--arguments", '{"city": "Rome"}']) == 0
    assert capsys.readouterr().out == "22 degrees in Rome\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["no-such-program-at-all"], 1, "was not found"),
        (["nowhere.json"], 2, "nowhere.json"),
        ([COMMAND, "--call", "other"], 2, "there is no tool 'other'"),
        ([COMMAND, "--call", "get_weather", "--arguments", "[1]"], 2, "are a JSON object"),
    ],
)
def test_what_is_wrong_is_said(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mcp", *arguments]) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "result"),
    [("y\n", "22 degrees in Rome"), ("n\n", "was not allowed"), ("", "nobody could be asked")],
)
def test_a_chat_asks_before_each_call(
    answer: str,
    result: str,
    config: str,
    mock: MockProvider,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(answer))
    question = ["chat", "openai/gpt-4o", "?", "--base-url", mock.base_url("openai")]

    assert main([*question, "--mcp", config]) == 0
    printed = capsys.readouterr()
    assert printed.out == "It is warm.\n"
    assert 'weather: get_weather {"city": "Rome"} [y/N]' in printed.err
    assert result in json.dumps(mock.requests[1].body)


def test_a_chat_that_allows_tools_asks_nobody(
    config: str, mock: MockProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    question = ["chat", "openai/gpt-4o", "?", "--base-url", mock.base_url("openai")]

    assert main([*question, "--mcp", config, "--allow-tools"]) == 0
    assert capsys.readouterr().out == "It is warm.\n"
    assert "22 degrees in Rome" in json.dumps(mock.requests[1].body)
