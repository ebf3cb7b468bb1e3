# Generated from ai_lib/resilience/fallback.py by codegen; do not edit.
"""Tries targets one after the other until one answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from ai_lib.errors.exceptions import AiLibError, RequestError
from ai_lib.resilience.config import FallbackConfig
from ai_lib.resilience.retry import is_in_doubt

from .._runtime.backend import sleep

T = TypeVar("T")
OnFallback = Callable[[str, str, AiLibError], object]


def may_fall_back(error: AiLibError) -> bool:
    """Whether the protocol lets a request that ended so go to another target."""
    return error.fallbackable


class FallbackTarget(msgspec.Struct, Generic[T], frozen=True):
    """One target: heavier ones are tried first."""

    name: str
    operation: Callable[[], T]
    weight: float = 1.0
    enabled: bool = True


class FallbackResult(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What came of a chain: the value and who gave it, or every target's error."""

    success: bool
    value: T | None = None
    target_used: str | None = None
    targets_tried: tuple[str, ...] = ()
    errors: dict[str, AiLibError] = {}


class FallbackChain(Generic[T]):
    """Targets in order of weight, then as they were added.

    `may_continue` decides after an error whether the next target is tried. A target that can't
    express the request is passed over.
    """

    def __init__(
        self,
        config: FallbackConfig | None = None,
        *,
        may_continue: Callable[[AiLibError], bool] = may_fall_back,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self.config = config or FallbackConfig()
        self._may_continue = may_continue
        self._pause = pause
        self._targets: dict[str, FallbackTarget[T]] = {}

    def add_target(
        self,
        name: str,
        operation: Callable[[], T],
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
        """Return the targets that are on, in the order they are tried."""
        on = [target for target in self._targets.values() if target.enabled]
        return sorted(on, key=lambda target: -target.weight)

    def run(self, on_fallback: OnFallback | None = None) -> T:
        """Return the first answer.

        `on_fallback` is told of each step: from which target, to which, and why.

        Raises:
            ValueError: no target is on.
            AiLibError: the last target's error, or the first one that no other target may cure.
        """
        value, _, _ = self._walk({}, on_fallback)
        return value

    def execute(self, on_fallback: OnFallback | None = None) -> FallbackResult[T]:
        """The same, but what went wrong is in the result, not raised."""
        errors: dict[str, AiLibError] = {}
        try:
            value, used, tried = self._walk(errors, on_fallback)
        except AiLibError:
            return FallbackResult(success=False, targets_tried=tuple(errors), errors=errors)
        return FallbackResult(
            success=True, value=value, target_used=used, targets_tried=tried, errors=errors
        )

    def _walk(
        self, errors: dict[str, AiLibError], on_fallback: OnFallback | None
    ) -> tuple[T, str, tuple[str, ...]]:
        failed: AiLibError | None = None
        before = ""
        for target in self.get_targets():
            if failed is not None:
                self._step(before, target.name, failed, on_fallback)
            try:
                return self._ask(target), target.name, (*errors, target.name)
            except AiLibError as error:
                errors[target.name] = error
                unsuited = failed is not None and isinstance(error, RequestError)
                if not unsuited:
                    failed, before = error, target.name
                    if not self._may_continue(error):
                        raise
        if failed is None:
            raise ValueError("the chain has no target that is on; add one with add_target")
        raise failed

    def _step(
        self, before: str, after: str, error: AiLibError, on_fallback: OnFallback | None
    ) -> None:
        if on_fallback is not None:
            on_fallback(before, after, error)
        if self.config.delay_between_targets_ms:
            self._pause(self.config.delay_between_targets_ms / 1000)

    def _ask(self, target: FallbackTarget[T]) -> T:
        for _ in range(self.config.max_attempts_per_target - 1):
            try:
                return target.operation()
            except AiLibError as error:
                if not error.retryable or is_in_doubt(error):
                    raise
        return target.operation()
