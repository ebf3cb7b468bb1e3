# Generated from ai_lib/mcp/transports/stdio.py by codegen; do not edit.
"""An MCP server as a child process: messages are lines of its standard input and output.

There is no task and no thread behind it. Whoever waits for an answer takes the turn of reading, if
it is free, and gives every message to whom it belongs; once its own answer is there, it passes the
turn on to another that waits.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Final

from ai_lib._runtime import forks
from ai_lib._runtime.pipes import ChildWriteError
from ai_lib.errors.mcp import McpError, McpServerGone
from ai_lib.mcp.wire.messages import (
    LineDecoder,
    MessageRegistry,
    PendingRequest,
    encode_message,
    make_notification,
)
from ai_lib.types.json import JsonObject

from ..._runtime.backend import Event, Lock, fail_after
from ..._runtime.process import ChildProcess

_GRACE: Final = 2.0  # seconds between the ways to end a child
_BLOCKED: Final = 0.05  # seconds after which a writer looks whether the server waits for a reader

# What a child is told of the environment: no key of a provider is among it.
_INHERITED: Final = (
    *("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"),
    *("APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATHEXT", "PROCESSOR_ARCHITECTURE"),
    *("SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "USERNAME", "USERPROFILE"),
)


class StdioTransport:
    """One child process, from its start to its end, spoken to by any tasks and threads."""

    def __init__(
        self,
        registry: MessageRegistry,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: str | None,
        max_message: int,
    ) -> None:
        self._registry = registry
        self._command = command
        self._environment = environment
        self._folder = folder
        self._lines = LineDecoder(registry.server, max_message)
        self._reading = Lock()
        self._writing = Lock()
        self._child: ChildProcess | None = None
        self._forks = forks.generation
        self._server_requests: list[
            JsonObject
        ] = []  # what the server asks, until a reader takes it

    @property
    def is_alive(self) -> bool:
        """Whether the child runs, and is this process's."""
        child = self._child
        return child is not None and child.exit_code is None and self._forks == forks.generation

    @property
    def process_id(self) -> int | None:
        """The number of the child's process."""
        return None if self._child is None else self._child.process_id

    def open(self) -> None:
        """Start the child.

        Raises:
            McpServerGone: it can't be started.
        """
        try:
            self._child = ChildProcess(
                self._command, environment=self._make_environment(), folder=self._folder
            )
        except OSError as error:
            raise McpServerGone(
                f"{self._registry.server} can't be started: {self._explain(error)}",
                server=self._registry.server,
                never_sent=True,
            ) from error

    def _make_environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {**inherited, **self._environment}

    def _explain(self, error: OSError) -> str:
        program = self._command[0]
        path = self._make_environment().get("PATH")
        if isinstance(error, FileNotFoundError) and shutil.which(program, path=path) is None:
            return f"the program {program!r} was not found; install it, or give its whole path"
        return str(error)

    def send(self, request: PendingRequest) -> None:
        """Send a request.

        Raises:
            McpServerGone: the server reads no more; `never_sent` says whether it saw a part.
        """
        self.notify(request.message)

    def notify(self, message: JsonObject) -> None:
        """Send a message that wants no answer. Raises as `send`."""
        child = self._child
        if child is None or self._forks != forks.generation:
            raise self._make_error(never_sent=True)
        line = encode_message(message) + b"\n"
        with self._writing:
            try:
                child.queue(line)
                while not child.write_all(len(line)):
                    self._wait_writable(child)
            except ChildWriteError as error:
                child.wait(_GRACE / 4)
                error_to_raise = self._make_error(never_sent=error.never_sent)
                self._registry.fail_all(self._make_error())
                raise error_to_raise from error

    def _wait_writable(self, child: ChildProcess) -> None:
        """Wait until the server takes more; read meanwhile, if it waits for that and nobody does.

        What asks for an answer in what is read here is kept for the next reader.
        """
        try:
            with fail_after(_BLOCKED):
                child.wait_writable()
        except TimeoutError:
            if self._reading.try_acquire():
                try:
                    data = child.read_now()
                    if data:
                        self._server_requests += self._read_lines(data)
                finally:
                    self._reading.release()

    def receive(self, request: PendingRequest) -> list[JsonObject]:
        """Wait for the answer; return early with what the server asks for meanwhile.

        Raises:
            McpServerGone: the server ended.
            McpError: it does not speak the protocol.
        """
        try:
            while True:
                event = Event()
                request.event = event
                if request.is_done:
                    return []
                if self._reading.try_acquire():
                    try:
                        return self._read_for(request)
                    finally:
                        self._reading.release()
                event.wait()
        finally:
            self._pass_turn(request)

    def _read_for(self, request: PendingRequest) -> list[JsonObject]:
        child = self._child
        while True:
            if self._server_requests:
                server_requests, self._server_requests = self._server_requests, []
                return server_requests
            if request.is_done:
                return []
            data = None if child is None else child.read_now()
            if data:
                self._server_requests += self._read_lines(data)
            elif data is None and child is not None:
                child.wait_readable()
            else:
                self._read_end(child)

    def _read_lines(self, data: bytes) -> list[JsonObject]:
        try:
            lines = self._lines.feed(data)
            return [request for line in lines for request in self._registry.read_line(line)]
        except McpError as error:
            self.kill()
            self._registry.fail_all(error)
            return []

    def _read_end(self, child: ChildProcess | None) -> None:
        """End every request: nothing more will come."""
        if child is not None:
            child.wait(_GRACE / 4)
        self._registry.fail_all(self._make_error())

    def _pass_turn(self, request: PendingRequest) -> None:
        """Wake another request that waits, which may then read."""
        other = self._registry.find_another(request)
        if other is not None:
            other.event.set()

    def _make_error(self, *, never_sent: bool = False) -> McpServerGone:
        child = self._child
        code = None if child is None else child.exit_code
        stderr = "" if child is None else child.read_errors()
        state = f"has ended with exit code {code}" if code is not None else "is closed"
        wrote = f"; it wrote: {stderr[-500:]}" if stderr else ""
        return McpServerGone(
            f"{self._registry.server} {state}{wrote}",
            server=self._registry.server,
            exit_code=code,
            stderr=stderr,
            never_sent=never_sent,
        )

    def cancel(self, request: PendingRequest) -> None:
        """Tell the server that an answer is not wanted any more; do nothing if it is gone."""
        params = {"requestId": request.id, "reason": "the caller cancelled it"}
        try:
            with fail_after(_GRACE):
                self.notify(make_notification("notifications/cancelled", params))
        except (McpServerGone, TimeoutError):
            pass

    def release(self, request: PendingRequest) -> None:
        """Do nothing: a request holds nothing of the pipes."""

    def kill(self) -> None:
        """End the child at once, without waiting; safe in a finalizer."""
        child = self._child
        if child is not None and self._forks == forks.generation:
            child.kill()

    def close(self) -> None:
        """End the child, by force if it takes longer than some seconds."""
        child, self._child = self._child, None
        if child is None or self._forks != forks.generation:
            return
        child.stop(_GRACE)
        self._registry.fail_all(self._make_error())
        child.tell_closing()
        child.release()
