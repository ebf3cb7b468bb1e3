"""Tries targets one after the other until one responds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec

from ai_lib.errors.exceptions import AiLibError, RequestError
from ai_lib.resilience.config import FallbackConfig
from ai_lib.resilience.retry import is_in_doubt

from .._runtime.backend import sleep

T = TypeVar("T")
OnFallback = Callable[[str, str, AiLibError], object]


def may_fall_back(error: AiLibError) -> bool:
    """Whether the protocol allows another target after this error."""
    return error.fallbackable


class FallbackTarget(msgspec.Struct, Generic[T], frozen=True):
    """One target. Targets of a larger weight are tried first."""

    name: str
    operation: Callable[[], Awaitable[T]]
    weight: float = 1.0
    enabled: bool = True


class FallbackResult(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """The outcome of a chain: the value and its target, or the error of every target."""

    success: bool
    value: T | None = None
    target_used: str | None = None
    targets_tried: tuple[str, ...] = ()
    errors: dict[str, AiLibError] = {}


class FallbackChain(Generic[T]):
    """Calls targets in the order of their weights, then as they were added.

    `may_continue` decides after an error whether the next target is tried. A target that can't
    express the request is skipped.
    """

    def __init__(
        self,
        config: FallbackConfig | None = None,
        *,
        may_continue: Callable[[AiLibError], bool] = may_fall_back,
        pause: Callable[[float], Awaitable[None]] = sleep,
    ) -> None:
        self.config = config or FallbackConfig()
        self._may_continue = may_continue
        self._pause = pause
        self._targets: dict[str, FallbackTarget[T]] = {}

    def add_target(
        self,
        name: str,
        operation: Callable[[], Awaitable[T]],
        weight: float = 1.0,
        enabled: bool = True,
    ) -> FallbackChain[T]:
        """Add a target, or replace the one of that name."""
        self._targets[name] = FallbackTarget(name, operation, weight, enabled)
        return self

    def remove_target(self, name: str) -> bool:
        """Remove a target; false when there is none of that name."""
        return self._targets.pop(name, None) is not None

    def set_enabled(self, name: str, enabled: bool) -> bool:
        """Switch a target on or off; false when there is none of that name."""
        target = self._targets.get(name)
        if target is not None:
            self._targets[name] = msgspec.structs.replace(target, enabled=enabled)
        return target is not None

    def get_targets(self) -> list[FallbackTarget[T]]:
        """Return the enabled targets, in the order in which they are tried."""
        enabled_targets = [target for target in self._targets.values() if target.enabled]
        return sorted(enabled_targets, key=lambda target: -target.weight)

    async def run(self, on_fallback: OnFallback | None = None) -> T:
        """Return the first response.

        `on_fallback` is called for each step with the failed target, the next one, and the error.

        Raises:
            ValueError: no target is enabled.
            AiLibError: the error of the last target, or the first that `may_continue` refuses.
        """
        value, _, _ = await self._try_targets({}, on_fallback)
        return value

    async def execute(self, on_fallback: OnFallback | None = None) -> FallbackResult[T]:
        """Do the same as `run`, and return errors of targets in the result."""
        errors: dict[str, AiLibError] = {}
        try:
            value, target_name, names_tried = await self._try_targets(errors, on_fallback)
        except AiLibError:
            return FallbackResult(success=False, targets_tried=tuple(errors), errors=errors)
        return FallbackResult(
            success=True,
            value=value,
            target_used=target_name,
            targets_tried=names_tried,
            errors=errors,
        )

    async def _try_targets(
        self, errors: dict[str, AiLibError], on_fallback: OnFallback | None
    ) -> tuple[T, str, tuple[str, ...]]:
        last_error: AiLibError | None = None
        failed_name = ""
        for target in self.get_targets():
            if last_error is not None:
                await self._go_to_next(failed_name, target.name, last_error, on_fallback)
            try:
                return await self._call_target(target), target.name, (*errors, target.name)
            except AiLibError as error:
                errors[target.name] = error
                is_inexpressible = last_error is not None and isinstance(error, RequestError)
                if not is_inexpressible:
                    last_error, failed_name = error, target.name
                    if not self._may_continue(error):
                        raise
        if last_error is None:
            raise ValueError("the chain has no enabled target; add one with add_target")
        raise last_error

    async def _go_to_next(
        self, failed_name: str, next_name: str, error: AiLibError, on_fallback: OnFallback | None
    ) -> None:
        if on_fallback is not None:
            on_fallback(failed_name, next_name, error)
        if self.config.delay_between_targets_ms:
            await self._pause(self.config.delay_between_targets_ms / 1000)

    async def _call_target(self, target: FallbackTarget[T]) -> T:
        for _ in range(self.config.max_attempts_per_target - 1):
            try:
                return await target.operation()
            except AiLibError as error:
                if not error.retryable or is_in_doubt(error):
                    raise
        return await target.operation()
