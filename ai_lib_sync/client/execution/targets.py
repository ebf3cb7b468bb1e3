# Generated from ai_lib/client/execution/targets.py by codegen; do not edit.
"""The targets of one client, each with its own protection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock as PlainLock
from typing import TypeVar

from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.call.tokens import tokens_of
from ai_lib.client.target.settings import ClientSettings, limit_headers_of, protection_of
from ai_lib.client.target.target import Target, placed
from ai_lib.errors.exceptions import AiLibError
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.resilience.permit import Permit

from ...resilience import Backpressure, ResilientExecutor

T = TypeVar("T")


class GuardedTarget:
    """A target and what protects it."""

    def __init__(self, target: Target, executor: ResilientExecutor) -> None:
        self.target = target
        self.executor = executor

    def run(
        self,
        attempt: Callable[[PreparedRequest, Permit], T],
        leg: PreparedRequest,
        ledger: AttemptLog,
    ) -> T:
        """Make attempts at this target until one answers or the policy says enough.

        Raises:
            AiLibError: the last attempt's error; it says which target it came from.
        """
        ledger.repeatable = self.target.repeatable
        limiter = self.executor.preflight.rate_limiter
        counted = limiter is not None and limiter.quota.counts_tokens
        ledger.tokens = tokens_of(leg) if counted else 0.0

        def once(permit: Permit) -> T:
            try:
                if ledger.before_attempt is not None:
                    ledger.before_attempt(leg)
                return attempt(leg, permit)
            except AiLibError as error:
                # Not a bare `raise`: before Python 3.11 that brings the dropped traceback back.
                raise placed(error, leg.target)  # noqa: B904 (it is that error)

        return self.executor.run(once, ledger, on_retry=ledger.on_retry)


class TargetSet:
    """The first target and those to fall back to. Each is made once, so that what is learned of
    it lasts; they share nothing but the places in flight.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self.config = settings.protection()
        pressure = self.config.backpressure
        self.places = Backpressure(pressure) if pressure is not None else None
        self._lock = PlainLock()
        self._others: dict[str, GuardedTarget] = {}
        self.first = self._protect(settings.target())
        self._records: dict[tuple[str, str], ModelRecord | None] = {}
        self._fallbacks = [self._other(model) for model in settings.fallbacks]
        self.named(tuple(settings.routed))

    @property
    def is_resilient(self) -> bool:
        """Whether more than the manifest's retries protects the calls."""
        return self.config.is_on or bool(self._fallbacks)

    def route(self, fallbacks: Sequence[str] | None) -> list[GuardedTarget]:
        """Return the targets of one call, in the order they are tried; None: the client's.

        Raises:
            ProtocolError: a fallback's provider is unknown, or its manifest can't be used.
            CredentialError: there is no key for a fallback.
        """
        if fallbacks is None:
            return [self.first, *self._fallbacks]
        return [self.first, *(self._other(model) for model in fallbacks)]

    def named(self, models: Sequence[str]) -> list[GuardedTarget]:
        """Return the targets of these models, as `provider/model`. Raises as `route`."""
        first = self.first.target.label
        return [self.first if model == first else self._other(model) for model in models]

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """The models to fall back to, as the client has them."""
        return self._settings.fallbacks

    def target(self, name: str) -> Target:
        """Return a model's target. Raises as `route`."""
        return self.named([name])[0].target

    def record(self, provider: str, model: str) -> ModelRecord | None:
        """Return what is listed of a model, as it was when first asked for."""
        key = provider, model
        if key not in self._records:
            catalog = self._settings.catalog or ManifestCatalog(self._settings.protocol_dir)
            self._records[key] = catalog.build_registry().get(provider, model)
        return self._records[key]

    def everyone(self) -> list[GuardedTarget]:
        """Return every target made so far."""
        with self._lock:
            return [self.first, *self._others.values()]

    def report(self) -> None:
        """Tell a shared circuit storage and limiter what is due."""
        for place in self.everyone():
            place.executor.preflight.flush()

    def _other(self, model: str) -> GuardedTarget:
        with self._lock:
            found = self._others.get(model)
            if found is None:
                found = self._others[model] = self._protect(self._settings.fallback(model))
            return found

    def _protect(self, target: Target) -> GuardedTarget:
        executor = ResilientExecutor(
            protection_of(target, self.config),
            target.compiled.id,
            model=target.model,
            backpressure=self.places,
            headers=limit_headers_of(target),
        )
        return GuardedTarget(target, executor)
