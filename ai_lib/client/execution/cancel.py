"""Cancelling a stream from outside of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from threading import RLock
from typing import Generic, Protocol, TypeVar

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib._runtime.single_reader import SingleReader
from ai_lib.client.execution.cancel_reason import CancelReason, CancelState
from ai_lib.errors.exceptions import AiLibError, StreamCancelled
from ai_lib.types.wire import check_seconds

from ..._runtime.backend import CancelScope, Event, fail_after, now

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class CancelToken(ForkedState):
    """Cancels the streams it was given to; `cancel()` may be called from any task or thread.

    A stream that waits is interrupted at once, whatever it waits for; its iteration ends without
    a `StreamEnd`. With a `timeout` (seconds from now) the token cancels itself. No thread watches
    over that: a stream or a `wait` under way ends in time, and callbacks run then, else when
    someone next looks at the token.

    Raises:
        TypeError, ValueError: the timeout is no number from 0 on (`math.inf` is no limit).
    """

    def __init__(self, timeout: float | None = None) -> None:
        self._lock = RLock()
        self._ends: float | None = None
        if timeout is not None:
            self._ends = now() + check_seconds("the timeout", timeout, allows_zero=True)
        self._state = CancelState()
        self._event = Event()
        self._callbacks: dict[object, Callable[[], object]] = {}
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Renew the lock; what it is to interrupt is the parent's."""
        super().renew_in_child()
        self._event = Event()
        self._callbacks = {}

    @property
    def state(self) -> CancelState:
        """Whether, why and when it was cancelled."""
        if self._ends is not None and not self._state.cancelled and now() >= self._ends:
            self.cancel(CancelReason.TIMEOUT)
        return self._state

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled, or its time is up."""
        return self.state.cancelled

    @property
    def reason(self) -> CancelReason | None:
        """Why, once it was cancelled."""
        return self.state.reason

    def cancel(self, reason: CancelReason = CancelReason.USER_REQUEST, **metadata: object) -> bool:
        """Cancel; returns False when that had happened before (the first reason is kept)."""
        with self._lock:
            if self._state.cancelled:
                return False
            self._state = CancelState(
                cancelled=True,
                reason=reason,
                timestamp=datetime.now(timezone.utc),
                metadata=metadata,
            )
            callbacks, self._callbacks = list(self._callbacks.values()), {}
        self._event.set()
        _call_all(callbacks)
        return True

    def on_cancel(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Have `callback` called on cancel, at once if that has happened.

        It runs on the cancelling thread and must not block. Returns a function that takes it back.
        """
        key = object()
        with self._lock:
            cancelled = self._state.cancelled
            if not cancelled:
                self._callbacks[key] = callback
        if cancelled:
            callback()
        return lambda: self._forget(key)

    def _forget(self, key: object) -> None:
        with self._lock:
            self._callbacks.pop(key, None)

    async def wait(self) -> CancelReason:
        """Return the reason once it is cancelled."""
        await self.wait_with_timeout(None)
        return self._state.reason or CancelReason.TIMEOUT

    async def wait_with_timeout(self, seconds: float | None) -> bool:
        """Wait at most so long for it to be cancelled; returns whether it was.

        Raises:
            TypeError, ValueError: `seconds` is no number from 0 on.
        """
        if seconds is not None:
            seconds = check_seconds("the timeout", seconds, allows_zero=True)
        limits = [limit for limit in (seconds, self._seconds_left()) if limit is not None]
        try:
            with fail_after(min(limits, default=None)):
                await self._event.wait()
        except TimeoutError:
            self._expire()
        return self.is_cancelled

    def raise_if_cancelled(self) -> None:
        """Raise `StreamCancelled` when it was cancelled."""
        reason = self.reason
        if reason is not None:
            raise StreamCancelled(f"cancelled: {reason.value}", reason=reason.value)

    def reset(self) -> None:
        """Be as new, without a timeout; who waits for it now waits on."""
        with self._lock:
            self._ends = None
            if self._state.cancelled:
                self._state = CancelState()
                self._event = Event()

    async def run(self, step: Callable[[], Awaitable[object]]) -> bool:
        """Run `step` unless or until cancelled; returns whether it ran to its end."""
        if self.is_cancelled:
            return False
        with CancelScope() as scope:
            forget = self.on_cancel(scope.cancel)
            try:
                with fail_after(self._seconds_left()):
                    await step()
            except TimeoutError as error:
                if self._ends is None or isinstance(error, AiLibError):
                    raise
                self._expire()
                return False
            finally:
                forget()
        return not scope.cancelled

    def _seconds_left(self) -> float | None:
        return None if self._ends is None else max(0.0, self._ends - now())

    def _expire(self) -> None:
        # The deadline may be a hair earlier than the clock says.
        if self._ends is not None and self._seconds_left() == 0:
            self.cancel(CancelReason.TIMEOUT)

    def __repr__(self) -> str:
        reason = self._state.reason
        return f"<CancelToken {reason.value if reason else 'not cancelled'}>"


def _call_all(callbacks: list[Callable[[], object]]) -> None:
    """Call every one of them, whatever the ones before raised; raise the first error at the end."""
    if callbacks:
        try:
            callbacks[0]()
        finally:
            _call_all(callbacks[1:])


class CancelHandle:
    """The side of a token that cancels."""

    def __init__(self, token: CancelToken) -> None:
        self._token = token

    def cancel(self, reason: CancelReason = CancelReason.USER_REQUEST, **metadata: object) -> bool:
        """Cancel; returns False when that had happened before."""
        return self._token.cancel(reason, **metadata)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._token.is_cancelled

    @property
    def reason(self) -> CancelReason | None:
        """Why, once it was cancelled."""
        return self._token.reason


def create_cancel_pair(timeout: float | None = None) -> tuple[CancelToken, CancelHandle]:
    """Return a token for the stream and a handle for whoever may cancel it."""
    token = CancelToken(timeout)
    return token, CancelHandle(token)


class Source(Protocol[T_co]):
    """What can be cancelled: something to iterate over and to close."""

    async def __anext__(self) -> T_co: ...

    async def aclose(self) -> None: ...


class CancellableStream(Generic[T]):
    """A stream that a token ends, at once, even while it waits; the stream is closed then.

    `on_cancel` is called once when that happens.
    """

    def __init__(
        self,
        stream: Source[T],
        token: CancelToken,
        on_cancel: Callable[[], object] | None = None,
    ) -> None:
        self.stream = stream
        self._token = token
        self._on_cancel = on_cancel
        self._reader = SingleReader()
        self._started = False
        self._finished = False

    @property
    def started(self) -> bool:
        """Whether an item was asked for."""
        return self._started

    @property
    def finished(self) -> bool:
        """Whether it has ended, in whichever way."""
        return self._finished

    def __aiter__(self) -> CancellableStream[T]:
        return self

    async def __anext__(self) -> T:
        with self._reader:
            return await self._read()

    async def _read(self) -> T:
        if self._finished:
            raise StopAsyncIteration
        self._started = True
        items: list[T] = []

        async def step() -> None:
            try:
                items.append(await self.stream.__anext__())
            except StopAsyncIteration:
                self._finished = True

        try:
            ran_to_end = await self._token.run(step)
        except BaseException:
            self._finished = True
            raise
        if items and ran_to_end:
            return items[0]
        if not ran_to_end:
            await self.aclose()
            callback, self._on_cancel = self._on_cancel, None
            if callback is not None:
                callback()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Close the stream. Safe to call twice."""
        self._finished = True
        await self.stream.aclose()

    async def __aenter__(self) -> CancellableStream[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


async def with_cancellation(
    stream: Source[T], token: CancelToken, on_cancel: Callable[[], object] | None = None
) -> CancellableStream[T]:
    """Return the stream as one that the token ends."""
    return CancellableStream(stream, token, on_cancel)
