"""Real workers: gunicorn --preload, uvicorn --workers, Celery prefork, multiprocessing.

Each begins with a client that has been used; `nox -s workers` installs what these tests need.
"""

import json
import multiprocessing
import os
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
SECONDS = 120
APPS = "tests.forks.worker_apps"
HERE = Path(__file__).parents[2]


@pytest.fixture
def server() -> Iterator[EchoServer]:
    """A provider that is closed when the test ends."""
    server = EchoServer()
    yield server
    server.close()


@contextmanager
def program(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a module of Python's until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=HERE, env={**os.environ, **variables}
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(SECONDS)


def ask(address: str, text: str) -> dict[str, Any]:
    """Ask an application; wait until it listens."""
    ends = time.monotonic() + SECONDS
    while True:
        try:
            query = urlencode({"text": text})
            with urllib.request.urlopen(f"{address}/?{query}", timeout=30) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except ConnectionError:
            raise
        except urllib.error.URLError:
            if time.monotonic() > ends:
                raise


def check_answers(address: str) -> None:
    """Ask often, from several threads; every answer is that of its question."""
    ask(address, "begin")
    texts = [f"text {number}" for number in range(CALLS)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda text: ask(address, text), texts))
    assert [answer["content"] for answer in answers] == texts
    assert len({answer["pid"] for answer in answers}) > 1


def free_port() -> int:
    """Return a port that nobody listens on."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_gunicorn_with_a_preloaded_application(server: EchoServer) -> None:
    pytest.importorskip("gunicorn")
    pytest.importorskip("flask")
    address = f"127.0.0.1:{free_port()}"
    arguments = (
        "-b",
        address,
        "-w",
        "3",
        "--threads",
        "2",
        "--preload",
        f"{APPS}:make_flask_app()",
    )
    with program("gunicorn", *arguments, ECHO_URL=f"{server.url}/v1"):
        check_answers(f"http://{address}")


def test_uvicorn_with_workers(server: EchoServer) -> None:
    pytest.importorskip("uvicorn")
    port = free_port()
    arguments = (f"{APPS}:asgi_app", "--port", str(port), "--workers", "2", "--log-level", "error")
    with program("uvicorn", *arguments, ECHO_URL=f"{server.url}/v1"):
        check_answers(f"http://127.0.0.1:{port}")


def test_celery_with_forked_workers(
    server: EchoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("celery")
    variables = {"ECHO_URL": f"{server.url}/v1", "BROKER": str(tmp_path)}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "control").mkdir()
    from tests.forks.worker_apps import make_celery_app

    app = make_celery_app()
    arguments = ("-A", f"{APPS}:celery_app", "worker", "-P", "prefork", "-c", "3", "-l", "error")
    with program("celery", *arguments, **variables):
        results = [(f"text {n}", app.send_task("ask", [f"text {n}"])) for n in range(60)]
        answers = [(text, result.get(timeout=SECONDS)) for text, result in results]
    assert [answer["content"] for _, answer in answers] == [text for text, _ in answers]
    assert len({answer["pid"] for _, answer in answers}) > 1


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "forkserver"])
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
    assert count_wrong(client, "parent", CALLS) == 0
    client.close()


def work(travels: Any, mark: str, results: Any) -> None:
    """Ask, in a worker, with a client that was forked or made of a builder."""
    client = travels if isinstance(travels, ai_lib_sync.AiClient) else travels.build()
    results.put(count_wrong(client, mark, 50))
