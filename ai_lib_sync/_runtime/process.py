"""Waits for the pipes of a child process by blocking the calling thread.

The other package has a module of the same names and signatures. Every wait in here ends early when
a deadline around it passes, or when any thread cancels a scope around it.
"""

import os
import select
import signal

from ai_lib._runtime.blocking import run_interruptible
from ai_lib._runtime.pipes import ProcessHandle

from .backend import Event, now, sleep

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.05


class ChildProcess(ProcessHandle):
    """A child process whose pipes can be waited for."""

    def wait_readable(self) -> None:
        """Return once `read_now` has something to return."""
        if self._reader is None:
            _wait_for(self._stdout.fileno(), select.POLLIN)
            return
        event = Event()
        self._reader.call_when_readable(event.set)
        event.wait()

    def wait_writable(self) -> None:
        """Return once `write_now` may write more."""
        if self._reader is None:
            _wait_for(self._stdin.fileno(), select.POLLOUT)

    def write_all(self, message_size: int) -> bool:
        """Write what the child takes at once."""
        return self.write_now(message_size)

    def wait(self, seconds: float) -> int | None:
        """Return how the process ended; None when it runs on after so many seconds."""
        deadline, pause = now() + seconds, _FIRST_PAUSE
        while self.exit_code is None and now() < deadline:
            sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        return self.exit_code

    def stop(self, grace: float) -> int | None:
        """End the child: by the end of its input, a request, and force, so many seconds apart."""
        self.close_input()
        if self.wait(grace) is None:
            self.send_signal(signal.SIGTERM)
            self.wait(grace)
        if self.exit_code is None:
            self.kill()
        return self.exit_code

    def tell_closing(self) -> None:
        """Do nothing: the reader is woken by the end of the child's output."""


def _wait_for(descriptor: int, condition: int) -> None:
    wake_read, wake_write = os.pipe()
    poll = select.poll()
    poll.register(descriptor, condition)
    poll.register(wake_read, select.POLLIN)

    def block(seconds: float | None) -> None:
        poll.poll(None if seconds is None else int(seconds * 1000) + 1)

    try:
        run_interruptible(lambda: os.write(wake_write, b"x"), block, None, now)
    finally:
        os.close(wake_read)
        os.close(wake_write)
