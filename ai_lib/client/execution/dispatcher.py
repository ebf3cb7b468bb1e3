"""Sends one call to its targets in turn, each as often as it may be tried."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from ai_lib._log import LOG
from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest, prepare_chat
from ai_lib.errors.exceptions import AiLibError, TransportTimeout
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.resilience.config import FallbackConfig
from ai_lib.resilience.permit import Permit
from ai_lib.types.wire import TimeoutOptions

from ..._runtime.backend import maybe_await, now
from .targets import GuardedTarget

T = TypeVar("T")
Attempt = Callable[[PreparedRequest, Permit], Awaitable[T]]


async def begin_attempt(call: Call, prepared: PreparedRequest, log: AttemptLog) -> TimeoutOptions:
    """Let interceptors see an attempt, wait for what it needs, and return the time it has.

    Every request of a target is sent behind this: `prepared.wire` has its credential then.

    Raises:
        AiLibError: an interceptor refuses the attempt, or there is no credential for it.
    """
    call.begin_attempt(prepared)
    if prepared.pending is not None:
        pending, prepared.pending = prepared.pending, None
        result: object = await maybe_await(pending)
        if prepared.on_pending is not None:
            prepared.on_pending(result)
    if prepared.credential_cache is not None:
        from .authorization import authorize

        await authorize(prepared, prepared.credential_cache, log)
    return prepared.timeouts_within(log.seconds_left(now()))


async def call_due(prepared: PreparedRequest) -> None:
    """Call, and wait for, what interceptors left for the end of a call; a failure is logged."""
    while prepared.due:
        try:
            await maybe_await(prepared.due.pop()())
        except Exception as error:  # noqa: BLE001 (no bookkeeping costs the answer)
            LOG.warning("what is due after a call failed: %r", error)


class Dispatcher:
    """A chat, compiled for its first target, with the targets it may go to under one deadline.

    Raises:
        RequestError: the first target can't be asked this.
    """

    def __init__(
        self, route: Sequence[GuardedTarget], call: Call, fallback: FallbackConfig
    ) -> None:
        if len(route) > 1 and call.request is not None:
            from ai_lib.client.execution.window import drop_too_small

            route = drop_too_small(route, lambda guarded: guarded.target, call.request)
        self._route = route
        self._fallback = fallback
        self._call = call
        call.route = [guarded.target for guarded in route]
        self._first_request = call.first_request = self._prepare(route[0])

    async def run(self, attempt: Attempt[T]) -> T:
        """Return what `attempt` makes of the first target that answers.

        Raises:
            AiLibError: the last target's error; its `attempts` lists what was tried.
        """
        total, log = self._first_request.timeouts.total, self._call.attempt_log
        if total is not None:
            log.ends = min(log.ends, self._call.timer.began + total)
        try:
            if len(self._route) == 1:
                send = self._bind(attempt, self._route[0])
                return await self._route[0].executor.run(send, log, on_retry=log.on_retry)
            from ...resilience import FallbackChain

            chain: FallbackChain[T] = FallbackChain(self._fallback, may_continue=self._may_continue)
            for number, guarded in enumerate(self._route):
                chain.add_target(f"{number}", partial(self._send_to, guarded, attempt))
            return await chain.run()
        except AiLibError as error:
            log.attach_to(self._explain_timeout(error))
            raise
        finally:
            for prepared in self._call.requests:
                if prepared.due:
                    await call_due(prepared)

    async def report(self) -> None:
        """Tell a shared circuit storage, limiter and budget how a stream's attempt ended."""
        for prepared in self._call.requests:
            if prepared.due:
                await call_due(prepared)
        for guarded in self._route:
            await guarded.executor.preflight.flush()

    async def _send_to(self, guarded: GuardedTarget, attempt: Attempt[T]) -> T:
        log = self._call.attempt_log
        return await guarded.executor.run(self._bind(attempt, guarded), log, on_retry=log.on_retry)

    def _bind(
        self, attempt: Attempt[T], guarded: GuardedTarget
    ) -> Callable[[Permit], Awaitable[T]]:
        """Return the attempt at one target, which the call's log then describes."""
        is_first = guarded is self._route[0]
        prepared = self._first_request if is_first else self._prepare(guarded)
        log = self._call.attempt_log
        log.repeatable = guarded.target.is_repeatable
        log.tokens = 0.0
        log.on_refusal = None
        has_limiter = guarded.executor.preflight.rate_limiter is not None
        if has_limiter and guarded.counts_tokens and prepared.request is not None:
            from ai_lib.client.call.tokens import attempt_tokens

            log.tokens = attempt_tokens(prepared)
        return partial(attempt, prepared)

    def _prepare(self, guarded: GuardedTarget) -> PreparedRequest:
        call = self._call
        if call.request is None:
            raise RuntimeError("only chats are dispatched")
        home = self._route[0].target
        prepared = prepare_chat(
            guarded.target, call.request, call.options, call.id, call.headers, home
        )
        call.requests.append(prepared)
        return prepared

    def _may_continue(self, error: AiLibError) -> bool:
        is_allowed = error.fallbackable or (bool(self._fallback.also_on) and self._is_named(error))
        return is_allowed and now() < self._call.attempt_log.ends

    def _is_named(self, error: AiLibError) -> bool:
        """Whether the caller named this error as one after which the next target is asked."""
        from ai_lib.client.target.named_errors import is_named

        target = self._call.requests[-1].target
        return is_named(error, self._fallback.also_on, target.compiled.dialect.error)

    def _explain_timeout(self, error: AiLibError) -> AiLibError:
        """Name the total timeout as it was set, not what was left of it for the last attempt."""
        if isinstance(error, TransportTimeout) and error.timeout_name == "total":
            total = self._first_request.timeouts.total
            error.seconds = total
            error.message = (
                f"the call was not done within {total or 0:g} s, the total timeout, "
                f"in {len(self._call.attempt_log.attempts)} attempts; raise the timeout if it "
                "needs longer"
            )
        return error
