"""Waits for the pipes of a child process on asyncio or trio, through anyio.

The other package has a module of the same names and signatures. A child belongs to no event loop.
"""

import signal
from functools import partial

import anyio

from ai_lib._runtime.backend import Event, now, run_in_thread, sleep
from ai_lib._runtime.pipes import ProcessHandle

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.05


class ChildProcess(ProcessHandle):
    """A child process whose pipes can be waited for."""

    async def wait_readable(self) -> None:
        """Return once `read_now` has something to return."""
        if self._reader is None:
            await anyio.wait_readable(self._stdout.fileno())
            return
        event = Event()
        self._reader.call_when_readable(event.set)
        await event.wait()

    async def wait_writable(self) -> None:
        """Return once `write_now` may write more."""
        if self._reader is None:
            await anyio.wait_writable(self._stdin.fileno())

    async def write_all(self, message_size: int) -> bool:
        """Write what the child takes at once, in a thread where a write may block."""
        if self._reader is None:
            return self.write_now(message_size)
        return await run_in_thread(partial(self.write_now, message_size))

    async def wait(self, seconds: float) -> int | None:
        """Return how the process ended; None when it runs on after so many seconds."""
        deadline, pause = now() + seconds, _FIRST_PAUSE
        while self.exit_code is None and now() < deadline:
            await sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        return self.exit_code

    async def stop(self, grace: float) -> int | None:
        """End the child: by the end of its input, a request, and force, so many seconds apart."""
        self.close_input()
        if await self.wait(grace) is None:
            self.send_signal(signal.SIGTERM)
            await self.wait(grace)
        if self.exit_code is None:
            self.kill()
        return self.exit_code

    def tell_closing(self) -> None:
        """Wake whoever waits for the output, before it is closed."""
        if self._reader is None and not self._stdout.closed:
            anyio.notify_closing(self._stdout.fileno())
