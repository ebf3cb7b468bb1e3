"""A child process and its pipes, without the waiting.

On POSIX the pipes do not block and a caller waits for their descriptors; elsewhere, or on request,
a thread reads, for there nothing can wait for a pipe.
"""

import os
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Final

from ai_lib._runtime.forks import LocalState

READ_SIZE: Final = 256 * 1024
_WRITE_SIZE: Final = 128 * 1024
_TAIL: Final = 2048
# What is written and not taken yet may grow up to here: a server that reads no more is at fault.
_MAX_UNSENT: Final = 64 * 1024 * 1024
_MAX_CHUNKS: Final = 256
IS_POSIX: Final = os.name == "posix"


class ChildWriteError(OSError):
    """The child reads no more. `never_sent` is true when not a byte of the message was taken."""

    def __init__(self, message: str, *, never_sent: bool) -> None:
        super().__init__(message)
        self.never_sent = never_sent


class PipeReader:
    """Reads a blocking pipe in a thread, and keeps what came until it is taken."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._chunks: deque[bytes] = deque()
        self._space = threading.Condition()
        self._wake: Callable[[], object] | None = None
        self._is_closed = False
        threading.Thread(target=self._run, name="ai-lib-pipe", daemon=True).start()

    def _run(self) -> None:
        data = b"x"
        while data:
            try:
                data = os.read(self._pipe.fileno(), READ_SIZE)
            except (OSError, ValueError):  # it was closed
                data = b""
            with self._space:
                self._space.wait_for(lambda: len(self._chunks) < _MAX_CHUNKS or self._is_closed)
                self._chunks.append(data)
                wake, self._wake = self._wake, None
            if wake is not None:
                wake()

    def take(self) -> bytes | None:
        """Return the next bytes, none at the end; None when nothing has come."""
        with self._space:
            if not self._chunks:
                return None
            data = self._chunks[0]
            if data:  # the end stays
                self._chunks.popleft()
                self._space.notify()
            return data

    def call_when_readable(self, wake: Callable[[], object]) -> None:
        """Call a function once something has come, at once when something has."""
        with self._space:
            if not self._chunks:
                self._wake = wake
                return
        wake()

    def close(self) -> None:
        """Let the thread end although nothing takes what it read."""
        with self._space:
            self._is_closed = True
            self._space.notify()


class ProcessHandle(LocalState):
    """A child process that is spoken to by its standard input and output.

    Its errors go to a temporary file. It is the leader of a process group of its own, so that what
    it starts ends with it.

    Raises:
        OSError: the program can't be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: str | None = None,
        in_threads: bool = not IS_POSIX,
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the child)
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=dict(environment),
                cwd=folder,
                bufsize=0,
                start_new_session=IS_POSIX,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except BaseException:
            self._errors.close()
            raise
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._unsent = bytearray()
        self._lock = threading.Lock()
        self._reader = PipeReader(self._stdout) if in_threads else None
        if self._reader is None:
            os.set_blocking(self._stdin.fileno(), False)
            os.set_blocking(self._stdout.fileno(), False)

    @property
    def process_id(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How the process ended; negative for a signal, None while it runs."""
        return self._process.poll()

    def read_errors(self) -> str:
        """Return the last 2 kB that the child wrote to its standard error."""
        try:
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, size - _TAIL))
            return self._errors.read().decode("utf-8", "replace").strip()
        except (OSError, ValueError):  # it was closed
            return ""

    def read_now(self) -> bytes | None:
        """Return the bytes that are there, none at the end; None when nothing has come."""
        if self._reader is not None:
            return self._reader.take()
        try:
            return os.read(self._stdout.fileno(), READ_SIZE)
        except BlockingIOError:
            return None
        except (OSError, ValueError):  # it was closed here
            return b""

    def queue(self, message: bytes) -> None:
        """Add a message to what is to be written, behind what a cancelled writer left.

        Raises:
            ChildWriteError: the child has not read for long.
        """
        with self._lock:
            if len(self._unsent) > _MAX_UNSENT:
                raise ChildWriteError("it does not read what it is sent", never_sent=True)
            self._unsent += message

    def write_now(self, message_size: int) -> bool:
        """Write what the child takes at once; return whether that is all.

        Raises:
            ChildWriteError: the child reads no more.
        """
        with self._lock:
            while self._unsent:
                try:
                    written = os.write(self._stdin.fileno(), bytes(self._unsent[:_WRITE_SIZE]))
                except BlockingIOError:
                    return False
                except (OSError, ValueError) as error:
                    never_sent = len(self._unsent) >= message_size
                    raise ChildWriteError(str(error), never_sent=never_sent) from error
                del self._unsent[:written]
            return True

    def close_input(self) -> None:
        """Tell the child that nothing more will come."""
        try:
            self._stdin.close()
        except OSError:  # it is broken already
            pass

    def send_signal(self, number: int) -> None:
        """Send a signal to the child and to all that it started."""
        try:
            if IS_POSIX:
                os.killpg(self._process.pid, number)
            else:
                self._process.terminate()
        except (ProcessLookupError, PermissionError):  # they have ended
            pass

    def kill(self) -> None:
        """End the child at once, without waiting; safe in a finalizer."""
        if self._process.poll() is None:
            self.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            try:
                self._process.wait(1.0)
            except subprocess.TimeoutExpired:
                pass
        self.release()

    def release(self) -> None:
        """Close the pipes and forget what came."""
        if self._reader is not None:
            self._reader.close()
        for pipe in (self._stdin, self._stdout, self._errors):
            try:
                pipe.close()
            except OSError:
                pass
