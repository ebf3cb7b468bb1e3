"""A real PostgreSQL server on a free port, where the machine has one."""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def find_folder() -> Path | None:
    """Return the folder of the server's programs; None when there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for path in (shutil.which("initdb"), *(str(folder / "initdb") for folder in folders)):
        if path and Path(path).resolve().with_name("pg_isready").exists():
            return Path(path).resolve().parent
    return None


def read_limiter_example() -> Any:
    """Return the class that the documentation shows: a limiter that a database keeps."""
    page = Path(__file__).parents[2] / "docs/distributed.md"
    pattern = r'```py-other title="postgres_limiter.py"\n(.*?)```'
    (source,) = re.findall(pattern, page.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 (to run the documentation is what this is for)
    return names["PostgresLimiter"]


@contextmanager
def running_postgres() -> Iterator[str]:
    """Run a server for a `with` block and give its address. Without one the test is skipped."""
    programs = find_folder()
    if programs is None or importlib.util.find_spec("psycopg") is None:
        pytest.skip("no PostgreSQL server is installed, or not psycopg")
    # The server refuses to run as root, and nobody else may look into pytest's folders.
    user = "nobody" if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="ai-lib-postgres-"))
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", _free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-N", "-E", "UTF8"],
        check=True, user=user, **quiet,  # type: ignore[call-overload]
    )  # fmt: skip
    options = ("-p", str(port), "-k", str(folder), "-F", "-c", "listen_addresses=127.0.0.1")
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, *options],
        user=user,
        **quiet,  # type: ignore[call-overload]
    )
    try:
        _wait_until_ready(programs, port, folder)
        yield f"postgresql://tester@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def _wait_until_ready(programs: Path, port: int, folder: Path) -> None:
    command = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-q"]
    for _ in range(1000):
        if subprocess.run(command, cwd=folder, check=False).returncode == 0:
            return
        threading.Event().wait(0.02)
    raise AssertionError("the server does not take connections")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
