"""A conversation in the terminal, through a pseudo-terminal as a person would hold it."""

import fcntl
import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_lib.testing import Reply
from tests.programs import heed_interrupts
from tests.testing.wire import MockServer

ROOT = Path(__file__).parents[2]
PACKAGES = ["ai_lib", "ai_lib_sync"]
_VARIABLES = {"OPENAI_API_KEY": "sk-canary", "TERM": "xterm", "COLUMNS": "100"}
_STYLES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def mock_server() -> Iterator[MockServer]:
    mock_server = MockServer()
    yield mock_server
    mock_server.server.stop()


def _take_the_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C is its signal
    heed_interrupts()


class Terminal:
    """A program at a terminal: type, and wait for what it shows."""

    def __init__(
        self, package: str, *arguments: str, program: list[str] | None = None, **variables: str
    ) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            program or [sys.executable, "-W", "error", "-m", f"{package}.cli.main", *arguments],
            cwd=ROOT,
            env={**os.environ, **_VARIABLES, **variables},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_the_terminal,
        )
        os.close(theirs)
        self.shown = ""
        self._seen = 0

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def wait_for(self, text: str) -> str:
        """Read until the text is shown; what came since the last wait is returned, with it."""
        while text not in (shown := _STYLES.sub("", self.shown)[self._seen :]):
            ready, _, _ = select.select([self._ours], [], [], 20)
            assert ready, f"{text!r} never came; shown: {self.shown!r}"
            self.shown += os.read(self._ours, 4096).decode("utf-8", "replace")
        end = shown.index(text) + len(text)
        self._seen += end
        return shown[:end]

    def close(self) -> int:
        self.process.wait(timeout=20)
        os.close(self._ours)
        return self.process.returncode


@pytest.fixture(params=PACKAGES)
def terminal(request: pytest.FixtureRequest, mock_server: MockServer) -> Iterator[Terminal]:
    address = f"http://127.0.0.1:{mock_server.server.port}/openai"
    terminal = Terminal(request.param, "chat", "openai/gpt-4o", "--base-url", address, "--plain")
    yield terminal
    terminal.process.kill()
    terminal.process.wait()


def test_each_line_is_a_turn_and_ctrl_d_ends_it(
    mock_server: MockServer, terminal: Terminal
) -> None:
    mock_server.service.enqueue([Reply(text="First answer."), Reply(text="Second answer.")])
    terminal.wait_for("> ")
    terminal.type("One\n")
    terminal.wait_for("First answer.")
    terminal.wait_for("> ")
    terminal.type("Two\n")
    terminal.wait_for("Second answer.")
    terminal.wait_for("> ")
    terminal.type("\x04")
    assert terminal.close() == 0
    said = [message.text for message in mock_server.service.requests[1].messages]
    assert said == ["One", "First answer.", "Two"]


def test_ctrl_c_ends_the_answer_and_not_the_program(
    mock_server: MockServer, terminal: Terminal
) -> None:
    mock_server.service.enqueue([Reply(text="Never ending story", pause=0.5), Reply(text="Short.")])
    terminal.wait_for("> ")
    terminal.type("Tell me\n")
    terminal.wait_for("Never ")
    terminal.type("\x03")
    terminal.wait_for("[interrupted]")
    terminal.wait_for("> ")
    terminal.type("Again\n")
    terminal.wait_for("Short.")
    terminal.wait_for("> ")
    terminal.type("/quit\n")
    assert terminal.close() == 0
    assert "Traceback" not in terminal.shown
    said = [message.text for message in mock_server.service.requests[1].messages]
    assert (said[0], said[-1]) == ("Tell me", "Again")
    assert said[1].startswith("Never")


def test_an_error_leaves_the_conversation_as_it_was(
    mock_server: MockServer, terminal: Terminal
) -> None:
    mock_server.service.enqueue([Reply(status=403, error="Not now."), Reply(text="Fine.")])
    terminal.wait_for("> ")
    terminal.type("One\n")
    terminal.wait_for("Not now.")
    terminal.wait_for("> ")
    terminal.type("Two\n")
    terminal.wait_for("Fine.")
    terminal.wait_for("> ")
    terminal.type("/quit\n")
    terminal.close()
    assert [message.text for message in mock_server.service.requests[1].messages] == ["Two"]


def test_markdown_is_rendered_in_a_terminal(mock_server: MockServer) -> None:
    pytest.importorskip("rich")
    mock_server.service.enqueue([Reply(text="# Title\n\nSome **bold** words.")])
    address = f"http://127.0.0.1:{mock_server.server.port}/openai"
    terminal = Terminal("ai_lib", "chat", "openai/gpt-4o", "Hi", "--base-url", address)
    shown = terminal.wait_for("tokens in")
    assert terminal.close() == 0
    assert "Some bold words." in shown
    assert "**" not in shown
    assert "\x1b[1mbold" in terminal.shown


def test_files_schema_and_parameters_reach_the_model(
    mock_server: MockServer, tmp_path: Path
) -> None:
    picture, notes, schema = tmp_path / "p.png", tmp_path / "notes.txt", tmp_path / "schema.json"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    notes.write_text("Remember the milk.")
    schema.write_text(json.dumps({"type": "object", "properties": {"a": {"type": "integer"}}}))
    mock_server.service.enqueue([Reply(text='{"a": 1}')])
    address = f"http://127.0.0.1:{mock_server.server.port}/openai"
    options = ["-f", str(picture), "-f", str(notes), "--json", str(schema)]
    options += ["--param", "temperature=0.5", "--base-url", address]
    done = subprocess.run(
        [sys.executable, "-m", "ai_lib.cli.main", "chat", "openai/gpt-4o", "What?", *options],
        env={**os.environ, "OPENAI_API_KEY": "sk-canary"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (0, '{"a": 1}\n'), done.stderr
    body = mock_server.service.requests[0].body
    assert body["temperature"] == 0.5
    assert body["response_format"]["type"] == "json_schema"
    kinds = [part["type"] for part in body["messages"][0]["content"]]
    assert kinds == ["image_url", "text", "text"]
    assert "Remember the milk." in body["messages"][0]["content"][1]["text"]
    assert body["response_format"]["json_schema"]["schema"]["properties"] == {
        "a": {"type": "integer"}
    }


SCHEMA = json.dumps({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("how", [(), ("--no-stream",)])
def test_an_answer_that_does_not_fit_the_schema_is_asked_for_again(
    mock_server: MockServer, package: str, how: tuple[str, ...]
) -> None:
    mock_server.service.enqueue([Reply(text='{"a": "one"}'), Reply(text='Here: {"a": 1}')])

    done = ask(mock_server, package, "--json", SCHEMA, "-v", *how)

    assert (done.returncode, done.stdout) == (0, '{"a": 1}\n'), done.stderr
    first, second = mock_server.service.requests
    assert "/a" in second.messages[-1].text  # it is told what was wrong
    assert len(first.messages) == 1
    assert "openai/gpt-4o" in done.stderr
    assert "2 attempts" in done.stderr


@pytest.mark.parametrize("package", PACKAGES)
def test_an_answer_that_never_fits_is_an_error_that_says_why(
    mock_server: MockServer, package: str
) -> None:
    mock_server.service.enqueue([Reply(text='{"a": "one"}')] * 2)

    done = ask(mock_server, package, "--json", SCHEMA)

    assert (done.returncode, done.stdout) == (1, "")
    assert "does not fit its schema after 2 asks: /a" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ('{"type": 1}', "is no JSON Schema"),
        ("[]", "can't be read"),
        ("{", "is not JSON"),
    ],
)
def test_a_broken_schema_is_told_before_anything_is_sent(
    mock_server: MockServer, schema: str, why: str
) -> None:
    done = ask(mock_server, "ai_lib", "--json", schema)

    assert done.returncode == 2
    assert why in done.stderr
    assert mock_server.service.requests == []


def test_the_line_of_figures_tells_the_cost(mock_server: MockServer) -> None:
    mock_server.service.enqueue([Reply(text="One two three.")])

    done = ask(mock_server, "ai_lib", "-v")

    # 2 tokens at 2.5 and 3 at 10 dollars a million.
    assert done.stderr.startswith("[openai/gpt-4o; 2 tokens in, 3 out; 0.000035 USD; ")
    assert done.stderr.endswith("; stop]\n")


def test_ctrl_c_ends_a_typed_answer_and_not_the_program(mock_server: MockServer) -> None:
    mock_server.service.enqueue([Reply(text=['{"a"', ": ", "1}"], pause=5), Reply(text='{"a": 2}')])
    address = f"http://127.0.0.1:{mock_server.server.port}/openai"
    options = ("--base-url", address, "--plain", "--json", SCHEMA)
    terminal = Terminal("ai_lib", "chat", "openai/gpt-4o", *options)
    terminal.wait_for("> ")
    terminal.type("One\n")
    mock_server.wait_for_a_request()
    terminal.type("\x03")
    terminal.wait_for("[interrupted]")
    terminal.wait_for("> ")
    terminal.type("Two\n")
    terminal.wait_for('"a": 2')
    terminal.wait_for("> ")
    terminal.type("/quit\n")
    assert terminal.close() == 0
    assert [message.text for message in mock_server.service.requests[1].messages] == ["Two"]


def ask(mock_server: MockServer, package: str, *options: str) -> subprocess.CompletedProcess[str]:
    address = f"http://127.0.0.1:{mock_server.server.port}/openai"
    question = ["chat", "openai/gpt-4o", "Hello you", "--base-url", address]
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", f"{package}.cli.main", *question, *options],
        env={**os.environ, "OPENAI_API_KEY": "sk-canary"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
