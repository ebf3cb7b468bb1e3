# Generated from ai_lib/client/builder.py by codegen; do not edit.
"""Builds a client step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

import msgspec

from ai_lib.client.settings import ClientSettings
from ai_lib.resilience.circuit import CircuitBreakerConfig
from ai_lib.resilience.circuit_storage import CircuitStorage
from ai_lib.resilience.config import ResilientConfig
from ai_lib.resilience.limiter import Limiter
from ai_lib.resilience.quota import RateLimiterConfig
from ai_lib.resilience.retry import RetryConfig
from ai_lib.types.secret import Secret
from ai_lib.types.wire import Clocks

from ..protocol.loader import ProtocolLoader
from ..transport import HttpTransport
from .interceptor import Interceptor
from .opening import prepared

if TYPE_CHECKING:
    from ai_lib.guardrails.policy import Rules
    from ai_lib.routing import ModelArray, ModelEndpoint, ModelManager
    from ai_lib.routing.selectors import Strategy
    from ai_lib.tokens import Budget

    from ..cache import CacheManager
    from ..plugins import Middleware, Plugin, PluginRegistry

Client = TypeVar("Client")


class AiClientBuilder(Generic[Client]):
    """Collects what a client is to be; each method sets one thing and returns the builder."""

    def __init__(self, make: Callable[[ClientSettings, HttpTransport | None], Client]) -> None:
        self._make = make
        self._settings = ClientSettings()
        self._transport: HttpTransport | None = None
        self._loader: ProtocolLoader | None = None

    def model(self, model: str) -> AiClientBuilder[Client]:
        """Set the model, as `provider/model` or by a name that a manifest lists."""
        return self._set(model=model)

    def api_key(self, key: str) -> AiClientBuilder[Client]:
        """Set the API key, which is otherwise looked up."""
        return self._set(api_key=Secret(key))

    def api_key_for(self, model: str, key: str) -> AiClientBuilder[Client]:
        """Set the API key of one model to fall back to, which is otherwise looked up."""
        return self._set(api_keys={**self._settings.api_keys, model: Secret(key)})

    def base_url(self, url: str) -> AiClientBuilder[Client]:
        """Set the address, which is otherwise the manifest's; fallbacks keep theirs."""
        return self._set(base_url=url)

    def base_url_for(self, model: str, url: str) -> AiClientBuilder[Client]:
        """Set the address of one model to fall back to, which is otherwise its manifest's."""
        return self._set(base_urls={**self._settings.base_urls, model: url})

    def timeout(self, seconds: float) -> AiClientBuilder[Client]:
        """Bound each call: a plain one as a whole, of a stream the wait for each next piece."""
        return self._set(timeout=seconds)

    def clocks(self, clocks: Clocks) -> AiClientBuilder[Client]:
        """Set the clocks of every call one by one; they are taken as they are."""
        return self._set(clocks=clocks)

    def protocol_dir(self, path: str | Path) -> AiClientBuilder[Client]:
        """Load manifests from this protocol tree, one file, or a pinned https address."""
        return self._set(protocol_dir=path)

    def protocol_path(self, path: str | Path) -> AiClientBuilder[Client]:
        """The same as `protocol_dir`."""
        return self.protocol_dir(path)

    def api_family(self, name: str) -> AiClientBuilder[Client]:
        """Speak this one of the API families the manifest lists, such as `responses`."""
        return self._set(api_family=name)

    def protocol_loader(self, loader: ProtocolLoader) -> AiClientBuilder[Client]:
        """Load manifests with this loader, which replaces what the other settings say of loading.

        A loader that is to read from an address needs a `fetch`; see `fetch_manifest`.
        """
        self._loader = loader
        return self

    def hot_reload(self, enabled: bool = True) -> AiClientBuilder[Client]:
        """Take changes of manifest files into force while the client lives.

        A file that can't be used leaves the last good one in force; a running call keeps its own.
        What protects the calls (retries, limits) stays as the first manifest had it.
        """
        return self._set(hot_reload=enabled)

    def allow_host(self, host: str) -> AiClientBuilder[Client]:
        """Let a manifest from elsewhere have a bundled provider's key sent to this host.

        `host` is as in an address, with its port when that is not the usual one.
        """
        return self._set(allowed_hosts=self._settings.allowed_hosts | {host.lower()})

    def fit_media(self, enabled: bool = True) -> AiClientBuilder[Client]:
        """Say whether images, audio and documents are made to fit what a target takes (they are).

        Switched off, they are neither checked nor changed: the provider sees what was given.
        """
        return self._set(fit_media=enabled)

    def production_ready(self) -> AiClientBuilder[Client]:
        """Switch everything on: retries, a rate limit, a circuit breaker, a limit in flight.

        The figures are those of `ResilientConfig.production`; whatever is set by itself stays.
        """
        return self._set(resilience=ResilientConfig.production())

    def resilience(self, config: ResilientConfig) -> AiClientBuilder[Client]:
        """Set the patterns that protect the calls; what is set by itself overrides them."""
        return self._set(resilience=config)

    def with_resilience(self, config: ResilientConfig) -> AiClientBuilder[Client]:
        """The same as `resilience`."""
        return self.resilience(config)

    def with_retry(self, config: RetryConfig) -> AiClientBuilder[Client]:
        """Set what is tried again, in place of the manifest's retry_policy."""
        return self._set(retry=config)

    def with_rate_limit(self, config: RateLimiterConfig) -> AiClientBuilder[Client]:
        """Limit what goes out to each target."""
        return self._set(rate_limit=config)

    def with_circuit_breaker(self, config: CircuitBreakerConfig) -> AiClientBuilder[Client]:
        """Stop calls to a target that keeps failing."""
        return self._set(circuit_breaker=config)

    def circuit_storage(self, storage: CircuitStorage) -> AiClientBuilder[Client]:
        """Keep the circuits' state there, so that clients that are given the same share it."""
        return self._set(circuit_storage=storage)

    def limiter(self, limiter: Limiter) -> AiClientBuilder[Client]:
        """Let this limiter say when attempts may go, in place of the built-in rate limits."""
        return self._set(limiter=limiter)

    def max_inflight(self, count: int) -> AiClientBuilder[Client]:
        """Let so many attempts be in flight at once (0: any number); others wait in line."""
        return self._set(max_inflight=count)

    def with_fallbacks(self, models: Sequence[str]) -> AiClientBuilder[Client]:
        """Try these models, in order, when the first one fails; each has its own protection."""
        return self._set(fallbacks=tuple(models))

    def intercept(self, interceptor: Interceptor) -> AiClientBuilder[Client]:
        """Let this accompany every call, beside what was given before."""
        return self._set(interceptors=(*self._settings.interceptors, interceptor))

    def routing(
        self,
        source: ModelArray | ModelManager | Sequence[ModelEndpoint | str],
        *,
        strategy: Strategy | None = None,
    ) -> AiClientBuilder[Client]:
        """Spread the calls over these; without `model`, the first counts for all that is no chat.

        Each call goes to one that declares what it needs; the others, then the fallbacks, are tried
        in turn if that fails. `strategy` is otherwise the array's or manager's own.
        """
        from .routing import routed

        return self._set(**routed(self._settings, source, strategy))

    def budget(
        self,
        budget: Budget | None = None,
        *,
        limit: float | None = None,
        currency: str = "USD",
        tag: str | None = None,
        unknown_price: Literal["refuse", "allow"] = "refuse",
    ) -> AiClientBuilder[Client]:
        """Spend no more than this: `budget` may be shared by clients, or one is made; see `Budget`.

        An attempt that might exceed it fails with BudgetExceeded, before it is sent.
        """
        from .spending import spending

        return self.intercept(spending(budget, limit, currency, tag, unknown_price))

    def cache(self, manager: CacheManager) -> AiClientBuilder[Client]:
        """Answer from this cache what was asked before; the caller keeps and closes it."""
        from .cached import Cached

        return self.intercept(Cached(manager))

    def guardrails(
        self,
        rules: Rules = (),
        *,
        input: bool | Rules = True,
        output: bool | Rules = True,
        thinking: bool = False,
        tools: bool = False,
    ) -> AiClientBuilder[Client]:
        """Hold every call to these rules: what is sent (`input`) and what is received (`output`).

        Either may be switched off, or have further rules of its own. Messages count but for the
        system's; with `tools` also the arguments of tool calls, with `thinking` the reasoning.
        Masked text loses the provider's opaque state, as does masked reasoning.
        """
        from .guarded import Guarded, chosen

        sent, received = chosen(rules, input), chosen(rules, output)
        return self.intercept(Guarded(sent, received, thinking=thinking, tools=tools))

    def plugins(
        self, plugins: PluginRegistry | Sequence[Plugin | Middleware]
    ) -> AiClientBuilder[Client]:
        """Let these plugins accompany every call; the caller keeps them and shuts them down.

        Plugins given as a list get ready with the first call. Raises PluginError when one of them
        can't be used here.
        """
        from .plugged import Plugged

        return self.intercept(Plugged(plugins))

    def transport(self, transport: HttpTransport) -> AiClientBuilder[Client]:
        """Send through this transport, which the caller keeps and closes."""
        self._transport = transport
        return self

    def build(self) -> Client:
        """Return the client.

        Raises:
            ValueError: no model was set.
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found, for the model or one to fall back to.
            TransportError: a manifest is at an address that can't be reached.
            RequestError: a setting of the environment makes no sense.
        """
        return self._make(prepared(self._settings, self._loader), self._transport)

    def _set(self, **settings: object) -> AiClientBuilder[Client]:
        self._settings = msgspec.structs.replace(self._settings, **settings)
        return self

    def __repr__(self) -> str:
        return f"AiClientBuilder({self._settings.model!r})"
