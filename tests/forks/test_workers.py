"""Real workers: gunicorn --preload, uvicorn --workers, Celery prefork, multiprocessing.

The parent begins with a client that has been used, and its next 300 calls are checked as well as
those of the workers. `nox -s workers` installs what these tests need.
"""

import json
import multiprocessing
import os
import select
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

import ai_lib_sync
from tests._sync.forks.conversation import EchoServer, count_wrong

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
]
CALLS = 300
SECONDS = 60
APPS = "tests.forks.worker_apps"
HERE = Path(__file__).parents[2]


@pytest.fixture
def server() -> Iterator[EchoServer]:
    """A provider that is closed when the test ends."""
    server = EchoServer()
    yield server
    server.release.set()
    server.close()


class Program:
    """A program of Python's that runs until the block ends, and whose parent process is asked."""

    def __init__(self, folder: Path, server: EchoServer) -> None:
        self.variables = {"ECHO_URL": f"{server.url}/v1", "PARENT": str(folder)}
        for name in ("questions", "answers"):
            os.mkfifo(folder / name)
        # For reading and writing, so that neither end waits for the other to open it.
        self._questions = os.open(folder / "questions", os.O_RDWR)
        self._answers = os.open(folder / "answers", os.O_RDWR)

    @contextmanager
    def run(self, *arguments: str, **variables: str) -> Iterator[None]:
        """Run a module of Python's until the block ends."""
        everything = {**os.environ, **self.variables, **variables}
        command = [sys.executable, "-m", *arguments]
        process = subprocess.Popen(command, cwd=HERE, env=everything, start_new_session=True)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
                raise
            finally:
                os.close(self._questions)
                os.close(self._answers)

    def start_parent(self, mark: str, calls: int = CALLS) -> None:
        """Have the parent make so many calls."""
        os.write(self._questions, f"{mark} {calls}\n".encode())

    def finish_parent(self) -> int:
        """Return how many of those calls were answered wrongly."""
        ready, _, _ = select.select([self._answers], [], [], SECONDS)
        assert ready, "the parent does not answer"
        return int(os.read(self._answers, 100))


@pytest.fixture
def program(tmp_path: Path, server: EchoServer) -> Program:
    return Program(tmp_path, server)


def ask(address: str, text: str) -> dict[str, Any]:
    """Ask an application; wait until it listens."""
    ends = time.monotonic() + SECONDS
    while True:
        try:
            query = urlencode({"text": text})
            with urllib.request.urlopen(f"{address}/?{query}", timeout=30) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            if time.monotonic() > ends:
                raise


def check_answers(address: str, program: Program) -> None:
    """Ask often, from several threads, while the parent asks, too; then ask the parent again."""
    ask(address, "begin")
    program.start_parent("parent")
    texts = [f"text {number}" for number in range(CALLS)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda text: ask(address, text), texts))
    assert [answer["content"] for answer in answers] == texts
    assert len({answer["pid"] for answer in answers}) > 1
    assert program.finish_parent() == 0
    program.start_parent("again")
    assert program.finish_parent() == 0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_gunicorn_with_a_preloaded_application(program: Program) -> None:
    pytest.importorskip("gunicorn")
    pytest.importorskip("flask")
    address = f"127.0.0.1:{free_port()}"
    options = ("-c", f"python:{APPS}", "-b", address, "-w", "3", "--threads", "2", "--preload")
    with program.run("gunicorn", *options, f"{APPS}:make_flask_app()"):
        check_answers(f"http://{address}", program)


def test_gunicorn_with_a_preloaded_asgi_application(program: Program) -> None:
    pytest.importorskip("gunicorn.asgi", reason="gunicorn has no ASGI worker")
    address = f"127.0.0.1:{free_port()}"
    options = ("-c", f"python:{APPS}", "-b", address, "-w", "3", "-k", "asgi", "--preload")
    with program.run("gunicorn", *options, f"{APPS}:asgi_app"):
        check_answers(f"http://{address}", program)


def test_uvicorn_with_workers(program: Program) -> None:
    pytest.importorskip("uvicorn")
    port = free_port()
    options = ("--port", str(port), "--workers", "2", "--log-level", "error")
    with program.run(APPS, f"{APPS}:asgi_app", *options):
        check_answers(f"http://127.0.0.1:{port}", program)


def test_celery_with_forked_workers(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("celery")
    broker = tmp_path / "broker"
    (broker / "control").mkdir(parents=True)
    variables = {**program.variables, "BROKER": str(broker)}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    from tests.forks.worker_apps import make_celery_app

    app = make_celery_app()
    # A worker that ends after 20 tasks is replaced by another fork, while the parent asks.
    options = ("worker", "-P", "prefork", "-c", "3", "-l", "error", "--max-tasks-per-child", "20")
    with program.run("celery", "-A", f"{APPS}:celery_app", *options, **variables):
        program.start_parent("parent")
        texts = [f"text {number}" for number in range(CALLS)]
        results = [app.send_task("ask", [text]) for text in texts]
        answers = [result.get(timeout=SECONDS) for result in results]
        assert [answer["content"] for answer in answers] == texts
        assert len({answer["pid"] for answer in answers}) > 3
        assert program.finish_parent() == 0
        program.start_parent("again")
        assert program.finish_parent() == 0


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_multiprocessing(server: EchoServer, method: str) -> None:
    builder = ai_lib_sync.AiClient.builder().model("openai/m").api_key("k").timeout(20)
    builder = builder.base_url(f"{server.url}/v1")
    client = builder.build()
    assert count_wrong(client, "before", 1) == 0
    context = multiprocessing.get_context(method)
    travels = client if method == "fork" else builder.carry_keys()
    results = context.Queue()
    children = [
        context.Process(target=work, args=(travels, f"child{n}", results)) for n in range(3)
    ]
    for child in children:
        child.start()
    assert count_wrong(client, "parent", CALLS) == 0
    assert [results.get(timeout=SECONDS) for _ in children] == [0, 0, 0]
    for child in children:
        child.join(SECONDS)
        assert child.exitcode == 0
    assert count_wrong(client, "parent", CALLS) == 0
    client.close()


def work(travels: Any, mark: str, results: Any) -> None:
    """Ask, in a worker, with a client that was forked or made of a builder."""
    client = travels if isinstance(travels, ai_lib_sync.AiClient) else travels.build()
    results.put(count_wrong(client, mark, 100))
