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
from tests.testing.wire import Desk

ROOT = Path(__file__).parents[2]
PACKAGES = ["ai_lib", "ai_lib_sync"]
_STYLES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.server.stop()


def _take_the_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C is its signal
    heed_interrupts()


class Terminal:
    """A program at a terminal: type, and wait for what it shows."""

    def __init__(self, package: str, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", f"{package}.cli.main", *arguments],
            cwd=ROOT,
            env={**os.environ, "OPENAI_API_KEY": "sk-canary", "TERM": "xterm", "COLUMNS": "100"},
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
def terminal(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Terminal]:
    address = f"http://127.0.0.1:{desk.server.port}/openai"
    terminal = Terminal(request.param, "chat", "openai/gpt-4o", "--base-url", address, "--plain")
    yield terminal
    terminal.process.kill()
    terminal.process.wait()


def test_each_line_is_a_turn_and_ctrl_d_ends_it(desk: Desk, terminal: Terminal) -> None:
    desk.service.enqueue([Reply(text="First answer."), Reply(text="Second answer.")])
    terminal.wait_for("> ")
    terminal.type("One\n")
    terminal.wait_for("First answer.")
    terminal.wait_for("> ")
    terminal.type("Two\n")
    terminal.wait_for("Second answer.")
    terminal.wait_for("> ")
    terminal.type("\x04")
    assert terminal.close() == 0
    said = [message.text for message in desk.service.requests[1].messages]
    assert said == ["One", "First answer.", "Two"]


def test_ctrl_c_ends_the_answer_and_not_the_program(desk: Desk, terminal: Terminal) -> None:
    desk.service.enqueue([Reply(text="Never ending story", pause=0.5), Reply(text="Short.")])
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
    said = [message.text for message in desk.service.requests[1].messages]
    assert (said[0], said[-1]) == ("Tell me", "Again")
    assert said[1].startswith("Never")


def test_an_error_leaves_the_conversation_as_it_was(desk: Desk, terminal: Terminal) -> None:
    desk.service.enqueue([Reply(status=403, error="Not now."), Reply(text="Fine.")])
    terminal.wait_for("> ")
    terminal.type("One\n")
    terminal.wait_for("Not now.")
    terminal.wait_for("> ")
    terminal.type("Two\n")
    terminal.wait_for("Fine.")
    terminal.wait_for("> ")
    terminal.type("/quit\n")
    terminal.close()
    assert [message.text for message in desk.service.requests[1].messages] == ["Two"]


def test_markdown_is_rendered_in_a_terminal(desk: Desk) -> None:
    pytest.importorskip("rich")
    desk.service.enqueue([Reply(text="# Title\n\nSome **bold** words.")])
    address = f"http://127.0.0.1:{desk.server.port}/openai"
    terminal = Terminal("ai_lib", "chat", "openai/gpt-4o", "Hi", "--base-url", address)
    shown = terminal.wait_for("tokens in")
    assert terminal.close() == 0
    assert "Some bold words." in shown
    assert "**" not in shown
    assert "\x1b[1mbold" in terminal.shown


def test_files_schema_and_parameters_reach_the_model(desk: Desk, tmp_path: Path) -> None:
    picture, notes, schema = tmp_path / "p.png", tmp_path / "notes.txt", tmp_path / "schema.json"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    notes.write_text("Remember the milk.")
    schema.write_text(json.dumps({"type": "object", "properties": {"a": {"type": "integer"}}}))
    desk.service.enqueue([Reply(text='{"a": 1}')])
    address = f"http://127.0.0.1:{desk.server.port}/openai"
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
    body = desk.service.requests[0].body
    assert body["temperature"] == 0.5
    assert body["response_format"]["type"] == "json_schema"
    kinds = [part["type"] for part in body["messages"][0]["content"]]
    assert kinds == ["image_url", "text", "text"]
    assert "Remember the milk." in body["messages"][0]["content"][1]["text"]
