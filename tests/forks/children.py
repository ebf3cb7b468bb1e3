"""Forked children: real processes that run a function and send home what it returned."""

import inspect
import os
import pickle
import signal
import threading
import traceback
import warnings
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
from anyio.lowlevel import current_token

_SECONDS = 120


class Child:
    """A forked child that runs a function, plain or asynchronous, in an event loop of its own.

    `until` is a descriptor that the child waits to see closed before it ends.
    """

    def __init__(self, function: Callable[[], Awaitable[object] | object], lingers: bool = False):
        backend = "asyncio" if not _runs_trio() else "trio"
        self._results, results = os.pipe()
        lives, self._life = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # threads and forks: our very case
            self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self._life)
                _run(function, backend, results)
                if lingers:
                    os.read(lives, 1)
            finally:
                os._exit(0)  # whatever happens, the child runs no test of its parent's
        os.close(results)
        os.close(lives)

    def result(self) -> object:
        """Return what the function returned, or raise what it raised."""
        chunks = []
        while chunk := os.read(self._results, 65536):
            chunks.append(chunk)
        value = pickle.loads(b"".join(chunks) or pickle.dumps("the child died"))  # noqa: S301
        if isinstance(value, BaseException):
            raise value
        return value

    def end(self) -> None:
        """Let the child end, and wait for that."""
        os.close(self._life)
        os.close(self._results)
        os.waitpid(self.pid, 0)


def run_in_child(function: Callable[[], Awaitable[object] | object]) -> object:
    """Fork, run the function in the child, and return its result."""
    child = Child(function)
    try:
        return child.result()
    finally:
        child.end()


def _runs_trio() -> bool:
    try:
        return type(current_token()).__module__.endswith("_trio")
    except RuntimeError:  # the blocking twin
        return False


def _run(function: Callable[[], Awaitable[object] | object], backend: str, results: int) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # its handler is that of the parent's tests
    signal.alarm(_SECONDS)  # a child that hangs dies, and its test fails
    values: list[object] = []

    def work() -> None:
        try:
            if inspect.iscoroutinefunction(_unwrap(function)):
                values.append(anyio.run(function, backend=backend))  # type: ignore[arg-type]
            else:
                values.append(function())
        except BaseException:  # noqa: BLE001 (it is sent home)
            values.append(AssertionError(traceback.format_exc()))

    # trio allows one run in a thread, and this one is in the midst of the test's.
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    with os.fdopen(results, "wb") as file:
        file.write(pickle.dumps(values[0]))


def _unwrap(function: Callable[..., object]) -> Callable[..., object]:
    return function.func if isinstance(function, partial) else function
