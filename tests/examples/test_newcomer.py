"""A newcomer's first minutes: install, doctor, a chat, a notebook, a provider of one's own, a test.

Everything runs in a fresh environment with the library installed in it, as its own commands. What
it depends on is borrowed from this environment, so that the test needs no package index. Run by
itself with `-s`, it prints how long each step took and what it showed.
"""

import os
import re
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.guards import Stopwatch
from tests.programs import heed_interrupts

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = (ROOT / "examples" / "house.yaml").read_text(encoding="utf-8")
APPLICATION = """
from ai_lib_sync.testing import Reply


def summary(client, text):
    return client.chat().system("Summarise.").user(text).execute().content


def test_it_summarises(mock_provider_sync):
    mock_provider_sync.enqueue(Reply(text="Short."))
    with mock_provider_sync.client("openai/gpt-5.4-mini") as client:
        assert summary(client, "A long story.") == "Short."
    assert mock_provider_sync.requests[0].messages[-1].text == "A long story."
"""


class Desk:
    """A newcomer's machine: a folder, an environment, and a stopwatch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / ".venv" / "bin"
        self.env = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}"}

    def run(self, *command: str, code: int = 0, **env: str) -> str:
        """Run a command, say how long it took, and give what it printed."""
        stopwatch = Stopwatch()
        done = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.folder,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        took = stopwatch.seconds
        shown = done.stdout + done.stderr
        sys.stdout.write(f"\n$ {' '.join(command)}   [{took:.1f} s]\n{shown[:600]}\n")
        assert done.returncode == code, shown
        return shown

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[str]:
        """Run `ai-lib mock` and give its address."""
        with subprocess.Popen(
            [str(self.bin / "ai-lib"), "mock", "--port", "0", *arguments],
            cwd=self.folder,
            env=self.env,
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


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Install the library into a fresh environment."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("newcomer")
    venv.create(folder / ".venv", with_pip=False)
    desk = Desk(folder)
    # Behind what is installed there, so that the library itself is the installed one.
    ours = sysconfig.get_path("purelib")
    here = next((folder / ".venv" / "lib").glob("python*/site-packages"))
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    target = ["--target", str(here), "--disable-pip-version-check", str(ROOT)]
    stopwatch = Stopwatch()
    subprocess.run([*install, *target], check=True, capture_output=True, timeout=120)
    (here / "borrowed.pth").write_text(f"{ours}\n")
    took = stopwatch.seconds
    sys.stdout.write(f"\n$ pip install ai-lib   [{took:.1f} s, without dependencies]\n")
    for name in ("ai-lib", "pytest"):
        script = desk.bin / name
        module = {"ai-lib": "ai_lib.cli.main", "pytest": "pytest"}[name]
        starts = f"import runpy\nrunpy.run_module('{module}', run_name='__main__')\n"
        script.write_text(f"#!{desk.bin / 'python'}\n{starts}")
        script.chmod(0o755)
    return desk


def test_the_doctor_says_what_is_there_and_what_is_missing(desk: Desk) -> None:
    shown = desk.run("ai-lib", "doctor")
    assert str(desk.folder) in shown
    assert "missing: set OPENAI_API_KEY" in shown


def test_the_first_chat_is_with_the_mock(desk: Desk) -> None:
    with desk.serving() as address:
        shown = desk.run(
            "ai-lib",
            "chat",
            "openai/gpt-5.4-mini",
            "Hello!",
            "--base-url",
            f"{address}/openai",
            OPENAI_API_KEY="any",
        )
    assert shown.startswith("You said: Hello!")


def test_the_same_in_a_notebook(desk: Desk) -> None:
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    program = desk.folder / "notebook.py"
    program.write_text(
        "import nbformat, nbclient, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "cells = ['from ai_lib import AiClient\\nfrom ai_lib.testing import MockProvider\\n'\n"
        "    'mock = MockProvider().start()\\nclient = await mock.client(\"openai/any\")',\n"
        "    'await client.chat().user(\"Hello!\").execute()', 'mock.stop()']\n"
        "book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])\n"
        "nbclient.NotebookClient(book, kernel_name='python3').execute()\n"
        "print(book.cells[1].outputs[0].data['text/markdown'])\n"
    )
    assert "You said: Hello!" in desk.run("python", "notebook.py")


def test_a_provider_of_ones_own_is_linted_and_called(desk: Desk) -> None:
    tree = desk.folder / "ai-protocol" / "v2" / "providers"
    tree.mkdir(parents=True)
    (tree / "house.yaml").write_text(MANIFEST.replace("custom_header", "custom_heather"))
    shown = desk.run("ai-lib", "lint", str(tree / "house.yaml"), code=1)
    assert "house.yaml:9" in shown
    (tree / "house.yaml").write_text(MANIFEST)
    desk.run("ai-lib", "lint", str(tree / "house.yaml"))
    with desk.serving("--manifest", str(tree / "house.yaml")) as address:
        shown = desk.run(
            "ai-lib",
            "chat",
            "house/large",
            "Who are you?",
            "--base-url",
            f"{address}/house",
            HOUSE_API_KEY="any",
        )
    assert shown.startswith("You said: Who are you?")


def test_an_application_is_tested_with_the_fixture(desk: Desk) -> None:
    (desk.folder / "test_app.py").write_text(APPLICATION)
    (desk.folder / "pytest.ini").write_text("[pytest]\nai_lib_real_calls = refuse\n")
    assert "1 passed" in desk.run("pytest", "-q", "-p", "no:cacheprovider", "test_app.py")
