"""The targets of one client, each with its own protection."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from threading import Lock as PlainLock

import msgspec

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.client.target.settings import ClientSettings, limit_headers_of, protection_for
from ai_lib.client.target.target import Target, error_from_response
from ai_lib.errors.exceptions import AiLibError
from ai_lib.protocol.manifest.models import ModelRecord
from ai_lib.resilience.config import ResilientConfig

from ..._runtime.backend import run_in_thread
from ...resilience import Backpressure, ResilientExecutor
from ...transport import HttpResponse

_MAX_CHOSEN = 32


class GuardedTarget:
    """A target and the executor that protects it."""

    def __init__(self, target: Target, executor: ResilientExecutor) -> None:
        self.target = target
        self.executor = executor

    @property
    def counts_tokens(self) -> bool:
        """Whether its rate limit is asked for tokens."""
        limiter = self.executor.preflight.rate_limiter
        return limiter is not None and limiter.quota.counts_tokens


async def error_of(response: HttpResponse, target: Target) -> AiLibError:
    """Return the error that a response with a status other than 2xx stands for."""
    # The body is no local variable: it may hold the key, and tracebacks show locals.
    return error_from_response(
        target, response.status, response.headers, await response.read_error()
    )


class TargetSet(ForkedState):
    """The first target and those to fall back to.

    Each is made once, so that what is learned of it lasts. They share nothing but `backpressure`,
    the limit on attempts in flight.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self.config = settings.resolve_protection()
        if settings.fallback_on:
            fallback = msgspec.structs.replace(self.config.fallback, also_on=settings.fallback_on)
            self.config = msgspec.structs.replace(self.config, fallback=fallback)
        self.backpressure = _make_backpressure(self.config)
        self.logged_paths: set[str] = set()
        self._lock = PlainLock()
        renew_after_fork(self)
        self._others: dict[str, GuardedTarget] = {}
        self._chosen: OrderedDict[str, GuardedTarget] = OrderedDict()
        self._records: dict[tuple[str, str], ModelRecord | None] = {}
        self.first = self._protect(settings.make_target())
        fallbacks = [self._fallback_target(model) for model in settings.fallbacks]
        self.default_route = [self.first, *fallbacks]
        self.find(tuple(settings.routed_models))
        self.is_watching = self.first.target.renew is not None

    async def refresh(self) -> None:
        """Read, off the event loop, the manifests whose files have changed."""
        await run_in_thread(partial(_renew_each, [item.target for item in self.list_targets()]))

    @property
    def is_resilient(self) -> bool:
        """Whether more than the manifest's retries protects the calls."""
        return self.config.is_on or len(self.default_route) > 1

    def choose(self, model: str) -> GuardedTarget:
        """Return the target of a model that a call names. Raises as `route`.

        The last 32 of those that the client does not have otherwise are kept, each with its own
        limits and circuit.
        """
        if model in (self.first.target.label, self._settings.model):
            return self.first
        with self._lock:
            guarded = self._others.get(model) or self._chosen.pop(model, None)
            if guarded is None:
                guarded = self._protect(self._settings.make_fallback(model))
            if model not in self._others:
                self._chosen[model] = guarded
            if len(self._chosen) > _MAX_CHOSEN:
                self._chosen.popitem(last=False)
            return guarded

    def route(
        self, fallbacks: Sequence[str] | None, model: str | None = None
    ) -> list[GuardedTarget]:
        """Return the targets of one call, in the order they are tried; None: the client's.

        Raises:
            ProtocolError: a fallback's provider is unknown, or its manifest can't be used.
            CredentialError: there is no key for a fallback.
        """
        if model is not None:
            names = self._settings.fallbacks if fallbacks is None else fallbacks
            others = [self._fallback_target(name) for name in names]
            first = self.choose(model)
            return [first, *(guarded for guarded in others if guarded is not first)]
        if fallbacks is None:
            return self.default_route
        return [self.first, *(self._fallback_target(model) for model in fallbacks)]

    def find(self, models: Sequence[str]) -> list[GuardedTarget]:
        """Return the targets of these models, as `provider/model`. Raises as `route`."""
        first = self.first.target.label
        return [self.first if model == first else self._fallback_target(model) for model in models]

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """The models to fall back to, as the client has them."""
        return self._settings.fallbacks

    def target(self, name: str) -> Target:
        """Return a model's target. Raises as `route`."""
        return self.find([name])[0].target

    def record(self, provider: str, model: str) -> ModelRecord | None:
        """Return what is listed of a target's model, as it was when the target was made."""
        return self._records.get((provider, model))

    def list_targets(self) -> list[GuardedTarget]:
        """Return every target made so far."""
        with self._lock:
            return [self.first, *self._others.values(), *self._chosen.values()]

    async def report(self) -> None:
        """Tell a shared circuit storage and limiter what is due."""
        for guarded in self.list_targets():
            await guarded.executor.preflight.flush()

    def _fallback_target(self, model: str) -> GuardedTarget:
        with self._lock:
            guarded = self._others.get(model)
            if guarded is None:
                guarded = self._others[model] = self._protect(self._settings.make_fallback(model))
            return guarded

    def _protect(self, target: Target) -> GuardedTarget:
        self._records[target.compiled.id, target.model] = target.listed.record
        executor = ResilientExecutor(
            protection_for(target, self.config, self._settings.max_retries),
            target.compiled.id,
            model=target.model,
            backpressure=self.backpressure,
            headers=limit_headers_of(target),
        )
        return GuardedTarget(target, executor)


def _make_backpressure(config: ResilientConfig) -> Backpressure | None:
    """Return the limit on attempts in flight that others share, or one of this client."""
    shared = config.concurrency
    if shared is None:
        return None if config.backpressure is None else Backpressure(config.backpressure)
    if not isinstance(shared, Backpressure):
        raise TypeError(f"{shared!r} limits no attempts in flight of this package's clients")
    return shared


def _renew_each(targets: Sequence[Target]) -> None:
    for target in targets:
        target.current()
