"""Doing something at each await of a coroutine, or at each wait of a blocking call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

import pytest

from ai_lib._runtime.blocking import run_interruptible

T = TypeVar("T")
MOST = 200  # no call has so many


class CountedAwaits(Generic[T]):
    """Awaits a coroutine and calls `at_await` with the number of each of its awaits, from 1."""

    def __init__(self, coroutine: Coroutine[Any, Any, T], at_await: Callable[[int], object]):
        self._coroutine = coroutine
        self._at_await = at_await
        self.count = 0

    def __await__(self) -> Generator[Any, Any, T]:
        resume: Callable[[], Any] = lambda: self._coroutine.send(None)  # noqa: E731
        while True:
            try:
                awaited = resume()
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            self.count += 1
            self._at_await(self.count)
            try:
                value = yield awaited
            except BaseException as error:  # noqa: BLE001 (it goes on to the coroutine)
                resume = lambda thrown=error: self._coroutine.throw(thrown)  # noqa: E731
            else:
                resume = lambda sent=value: self._coroutine.send(sent)  # noqa: E731


class CountedWaits:
    """Calls `at_wait` from another thread, with the number of each wait of this thread, from 1."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from ai_lib_sync._runtime import backend, stream as sockets

        self.count = 0
        self.at_wait: Callable[[int], object] = lambda _: None
        for module in (backend, sockets):
            monkeypatch.setattr(module, "run_interruptible", self._run)
        self._thread = threading.current_thread()

    def _run(self, wake: Any, block: Any, seconds: float | None, clock: Any) -> Any:
        if threading.current_thread() is not self._thread:
            return run_interruptible(wake, block, seconds, clock)

        def block_and_tell(limit: float | None) -> Any:
            self.count += 1
            other = threading.Thread(target=self.at_wait, args=(self.count,))
            other.start()
            other.join()
            return block(limit)

        return run_interruptible(wake, block_and_tell, seconds, clock)
