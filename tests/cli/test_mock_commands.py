"""`mock`, `record` and `replay`: answers on a port, from the command line to another program."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.programs import heed_interrupts

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "OPENAI_API_KEY": "sk-canary"}
COMMAND = [sys.executable, "-W", "error", "-m", "ai_lib.cli.main"]


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """Run a serving command on a free port and give its address; Ctrl-C must end it well."""
    with subprocess.Popen(
        [*COMMAND, *arguments, "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    ) as process:
        assert process.stdout is not None
        address = ""
        for line in process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            address = address or (found[0] if found else "")
            if "Ctrl-C" in line:
                break
        try:
            yield address
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 130
        finally:
            process.kill()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=ENV,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_what_was_recorded_from_the_mock_is_replayed(tmp_path: Path) -> None:
    cassette = str(tmp_path / "answers.jsonl")
    with served("mock", "--say", "Recorded once.") as address:
        base = f"{address}/openai"
        done = run("record", cassette, "openai/gpt-4o", "Hi", "--base-url", base)
        assert (done.returncode, done.stdout) == (0, "Recorded once.\n"), done.stderr
    assert "sk-canary" not in Path(cassette).read_text()

    with served("replay", cassette) as address:
        base = f"{address}/openai"
        again = run("chat", "openai/gpt-4o", "Hi", "--base-url", base)
        assert (again.returncode, again.stdout) == (0, "Recorded once.\n"), again.stderr
        other = run("chat", "openai/gpt-4o", "Something else", "--base-url", base)
        assert other.returncode == 1
        assert "$.messages[0].content was 'Hi', is 'Something else'" in other.stderr


def test_any_client_may_ask_the_mock() -> None:
    with served("mock") as address:
        request = urllib.request.Request(
            f"{address}/openai/chat/completions",
            data=json.dumps(
                {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
            ).encode(),
            headers={"Authorization": "Bearer anything", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = json.load(answer)
    assert body["choices"][0]["message"]["content"] == "You said: Hi"


def test_a_port_in_use_and_a_broken_cassette_are_told(tmp_path: Path) -> None:
    with served("mock") as address:
        port = address.rpartition(":")[2]
        done = run("mock", "--port", port)
    assert done.returncode == 2
    assert f"port {port} can't be used" in done.stderr
    (tmp_path / "broken.jsonl").write_text("{}\n")
    done = run("replay", str(tmp_path / "broken.jsonl"))
    assert done.returncode == 2
    assert "broken.jsonl:1 is no recorded exchange" in done.stderr
