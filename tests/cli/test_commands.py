"""The console script, run as a user runs it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_lib._version import __version__
from ai_lib.testing import Reply
from tests.programs import heed_interrupts
from tests.testing.wire import MockServer

ROOT = Path(__file__).parents[2]
PACKAGES = ["ai_lib", "ai_lib_sync"]


@pytest.fixture
def mock_server() -> Iterator[MockServer]:
    """Start a mock provider; it is stopped when the test ends."""
    mock_server = MockServer()
    yield mock_server
    mock_server.server.stop()


def command(package: str, *arguments: str) -> list[str]:
    """Give the command of a package."""
    return [sys.executable, "-W", "error", "-m", f"{package}.cli.main", *arguments]


def run(
    *arguments: str, package: str = "ai_lib", key: str | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    env = {**os.environ, "OPENAI_API_KEY": key} if key else dict(os.environ)
    return subprocess.run(
        command(package, *arguments),
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        **options,
    )


def ask(
    mock_server: MockServer, *arguments: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Ask the mock provider from the command line."""
    address = f"http://127.0.0.1:{mock_server.server.port}/openai"
    return run(
        "chat", "openai/gpt-4o", *arguments, "--base-url", address, key="sk-canary", **options
    )


def test_the_demo_runs_in_both_colours() -> None:
    done = run("demo")

    assert (done.returncode, done.stderr) == (0, "")
    assert "from ai_lib import AiClient" in done.stdout
    assert "from ai_lib_sync import AiClient" in done.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_the_answer_alone_goes_to_standard_output(mock_server: MockServer, package: str) -> None:
    done = ask(mock_server, "Hello you", "--system", "Be kind.", package=package)

    assert (done.returncode, done.stdout, done.stderr) == (0, "You said: Hello you\n", "")
    request = mock_server.service.requests[0]
    assert request.streamed
    assert [message.text for message in request.messages] == ["Be kind.", "Hello you"]


@pytest.mark.parametrize("package", PACKAGES)
def test_without_streaming_and_with_usage(mock_server: MockServer, package: str) -> None:
    done = ask(mock_server, "Hello you", "--no-stream", "-v", package=package)

    assert (done.returncode, done.stdout) == (0, "You said: Hello you\n")
    assert "2 tokens in, 4 out" in done.stderr
    assert not mock_server.service.requests[0].streamed


def test_the_question_may_come_from_standard_input(mock_server: MockServer) -> None:
    assert ask(mock_server, "-", input="From a file\n").stdout == "You said: From a file\n"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_missing_key_says_where_it_may_be(package: str) -> None:
    done = run("chat", "openai/gpt-4o", "Hi", package=package)

    assert (done.returncode, done.stdout) == (2, "")
    assert "OPENAI_API_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_provider_is_a_usage_error() -> None:
    done = run("chat", "opena/gpt-4o", "Hi")

    assert done.returncode == 2
    assert "did you mean openai" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("chat",), ("nonsense",), ("chat", "m", "q", "--x")])
def test_wrong_arguments_are_a_usage_error(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)

    assert done.returncode == 2
    assert "usage: ai-lib" in done.stderr


def test_a_providers_error_is_told_in_one_line(mock_server: MockServer) -> None:
    mock_server.service.enqueue([Reply(status=403, error="Not for you.")] * 9)

    done = ask(mock_server, "Hi")

    assert (done.returncode, done.stdout) == (1, "")
    assert "Not for you." in done.stderr
    assert "sk-canary" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_stream_that_breaks_keeps_what_came(mock_server: MockServer) -> None:
    mock_server.service.enqueue([Reply(text="so far so good", truncate=3)] * 9)

    done = ask(mock_server, "Hi")

    assert (done.returncode, done.stdout) == (1, "so far\n")


@pytest.mark.parametrize("package", PACKAGES)
def test_an_interrupt_ends_it_cleanly(mock_server: MockServer, package: str) -> None:
    mock_server.service.enqueue([Reply(text="first second", pause=60)])
    address = f"http://127.0.0.1:{mock_server.server.port}/openai"
    with subprocess.Popen(
        command(package, "chat", "openai/gpt-4o", "Hi", "--base-url", address),
        cwd=ROOT,
        env={**os.environ, "OPENAI_API_KEY": "sk-canary"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    ) as process:
        mock_server.wait_for_a_request()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "Traceback" not in stderr


def test_the_version_is_printed() -> None:
    done = run("--version")

    assert done.stdout == f"ai-lib {__version__}\n"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option: str) -> None:
    code = (
        "import sys\n"
        "from ai_lib.cli.main import main\n"
        f"try: main(['{option}'])\n"
        "except SystemExit: pass\n"
        "print(sorted(set(sys.modules) & {'anyio', 'httpcore', 'msgspec', 'ssl', 'asyncio'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stdout.endswith("[]\n"), done.stderr
