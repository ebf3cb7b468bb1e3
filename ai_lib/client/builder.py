"""Builds a client step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

import msgspec

from ai_lib.client.target.arguments import checked_config, checked_name, checked_names
from ai_lib.client.target.settings import ClientSettings
from ai_lib.resilience.circuit.circuit import CircuitBreakerConfig
from ai_lib.resilience.circuit.storage import CircuitStorage
from ai_lib.resilience.config import ResilientConfig
from ai_lib.resilience.rate_limit.external import Limiter
from ai_lib.resilience.rate_limit.quota import RateLimiterConfig
from ai_lib.resilience.retry import RetryConfig
from ai_lib.types.secret import Secret
from ai_lib.types.wire import TimeoutOptions

from ..protocol.loader import ProtocolLoader
from ..transport import HttpTransport
from .interceptors.base import Interceptor
from .loading import prepared

if TYPE_CHECKING:
    from logging import Logger

    from ai_lib.guardrails.policy import Rules
    from ai_lib.routing import ModelArray, ModelEndpoint, ModelManager
    from ai_lib.routing.selectors import Strategy
    from ai_lib.telemetry.health.tracker import ProviderHealthTracker
    from ai_lib.telemetry.logger import AiLibLogger
    from ai_lib.telemetry.metrics.observation import Meter
    from ai_lib.telemetry.tracing.tracer import Tracer
    from ai_lib.tokens import Budget

    from ..cache import CacheManager
    from ..plugins import Middleware, Plugin, PluginRegistry
    from ..telemetry.feedback.sinks import FeedbackSink


class CheckedClient(Protocol):
    """A client that can see, before it is handed out, whether who must be there is there."""

    async def ensure_available(self) -> None:
        """Raise where a provider that is required can't be reached."""
        ...


Client = TypeVar("Client", bound=CheckedClient)
B = TypeVar("B", bound="ClientBuilder")


class ClientBuilder:
    """What is set alike of every kind of client; each method returns the builder."""

    def __init__(self) -> None:
        self._settings = ClientSettings()
        self._transport: HttpTransport | None = None
        self._loader: ProtocolLoader | None = None

    def production_ready(self: B) -> B:
        """Switch everything on: retries, a rate limit, a circuit breaker, a limit in flight.

        The figures are those of `ResilientConfig.production`; whatever is set by itself stays.
        """
        return self._set(resilience=ResilientConfig.production())

    def resilience(self: B, config: ResilientConfig) -> B:
        """Set the patterns that protect the calls; what is set by itself overrides them."""
        return self._set(resilience=checked_config(config, ResilientConfig))

    def with_resilience(self: B, config: ResilientConfig) -> B:
        """The same as `resilience`."""
        return self.resilience(config)

    def with_retry(self: B, config: RetryConfig) -> B:
        """Set what is tried again, in place of the manifest's retry_policy."""
        return self._set(retry=checked_config(config, RetryConfig))

    def with_rate_limit(self: B, config: RateLimiterConfig) -> B:
        """Limit what goes out to each target."""
        return self._set(rate_limit=checked_config(config, RateLimiterConfig))

    def with_circuit_breaker(self: B, config: CircuitBreakerConfig) -> B:
        """Stop calls to a target that keeps failing."""
        return self._set(circuit_breaker=checked_config(config, CircuitBreakerConfig))

    def circuit_storage(self: B, storage: CircuitStorage) -> B:
        """Keep the circuits' state there, so that clients that are given the same share it."""
        return self._set(circuit_storage=storage)

    def limiter(self: B, limiter: Limiter) -> B:
        """Let this limiter say when attempts may go, in place of the built-in rate limits."""
        return self._set(limiter=limiter)

    def max_inflight(self: B, count: int) -> B:
        """Let so many attempts be in flight at once (0: any number); others wait in line."""
        return self._set(max_inflight=count)

    def with_fallbacks(self: B, models: Sequence[str]) -> B:
        """Try these models, in order, when the first one fails; each has its own protection."""
        return self._set(fallbacks=checked_names(models))

    def _set(self: B, **settings: object) -> B:
        self._settings = msgspec.structs.replace(self._settings, **settings)
        return self

    def model(self: B, model: str) -> B:
        """Set the model, as `provider/model` or by a name that a manifest lists."""
        return self._set(model=model)

    def api_key(self: B, key: str) -> B:
        """Set the API key, which is otherwise looked up."""
        return self._set(api_key=Secret(key))

    def api_key_for(self: B, model: str, key: str) -> B:
        """Set the API key of one model to fall back to, which is otherwise looked up."""
        return self._set(api_keys={**self._settings.api_keys, model: Secret(key)})

    def base_url(self: B, url: str) -> B:
        """Set the address, which is otherwise the manifest's; fallbacks keep theirs."""
        return self._set(base_url=url)

    def base_url_for(self: B, model: str, url: str) -> B:
        """Set the address of one model to fall back to, which is otherwise its manifest's."""
        return self._set(base_urls={**self._settings.base_urls, model: url})

    def timeouts(self: B, options: TimeoutOptions) -> B:
        """Set each time limit of every call by itself, in place of `timeout`."""
        return self._set(timeouts=options)

    def protocol_dir(self: B, path: str | Path) -> B:
        """Load manifests from this protocol tree, one file, or a pinned https address."""
        return self._set(protocol_dir=path)

    def protocol_path(self: B, path: str | Path) -> B:
        """The same as `protocol_dir`."""
        return self.protocol_dir(path)

    def protocol_loader(self: B, loader: ProtocolLoader) -> B:
        """Load manifests with this loader, which replaces what the other settings say of loading.

        A loader that is to read from an address needs a `fetch`; see `fetch_manifest`.
        """
        self._loader = loader
        return self

    def hot_reload(self: B, enabled: bool = True) -> B:
        """Take changes of manifest files into force while the client lives.

        A file that can't be used leaves the last good one in force; a running call keeps its own.
        What protects the calls (retries, limits) stays as the first manifest had it.
        """
        return self._set(hot_reload=enabled)

    def allow_host(self: B, host: str) -> B:
        """Let a manifest from elsewhere have a bundled provider's key sent to this host.

        `host` is as in an address, with its port when that is not the usual one.
        """
        return self._set(allowed_hosts=self._settings.allowed_hosts | {checked_name(host).lower()})

    def intercept(self: B, interceptor: Interceptor) -> B:
        """Let this accompany every call, beside what was given before."""
        return self._set(interceptors=(*self._settings.interceptors, interceptor))

    def budget(
        self: B,
        budget: Budget | None = None,
        *,
        limit: float | None = None,
        currency: str = "USD",
        tag: str | None = None,
        unknown_price: Literal["refuse", "allow"] = "refuse",
    ) -> B:
        """Spend no more than this: `budget` may be shared by clients, or one is made; see `Budget`.

        An attempt that might exceed it fails with BudgetExceeded, before it is sent.
        """
        from .interceptors.budget import spending

        return self.intercept(spending(budget, limit, currency, tag, unknown_price))

    def metrics(self: B, meter: Meter) -> B:
        """Have this count every call: a `MetricsCollector`, `OtelMetrics`, or one's own."""
        from .interceptors.metrics import MetricsInterceptor

        return self.intercept(MetricsInterceptor(meter))

    def tracer(self: B, tracer: Tracer) -> B:
        """Have this make a span for every call."""
        from .interceptors.tracing import TracingInterceptor

        return self.intercept(TracingInterceptor(tracer))

    def logger(self: B, logger: AiLibLogger | Logger, *, content: bool = False) -> B:
        """Have every call logged here; what was said as well, at DEBUG, if `content` is asked for.

        Starts and attempts are logged at DEBUG, answers and cancelled calls at INFO, retries at
        WARNING, calls that failed at ERROR. Secrets are hidden.
        """
        from .interceptors.logging import LoggingInterceptor

        return self.intercept(LoggingInterceptor(logger, content))

    def health(self: B, tracker: ProviderHealthTracker) -> B:
        """Have this learn from every attempt how the providers do."""
        from .interceptors.metrics import HealthInterceptor

        return self.intercept(HealthInterceptor(tracker))

    def transport(self: B, transport: HttpTransport) -> B:
        """Send through this transport, which the caller keeps and closes."""
        self._transport = transport
        return self


class AiClientBuilder(ClientBuilder, Generic[Client]):
    """Collects what a client is to be; each method sets one thing and returns the builder."""

    def __init__(self, make: Callable[[ClientSettings, HttpTransport | None], Client]) -> None:
        super().__init__()
        self._make = make

    def timeout(self, seconds: float) -> AiClientBuilder[Client]:
        """Bound each call: a plain one as a whole, of a stream the wait for each next piece."""
        return self._set(timeout=seconds)

    def api_family(self, name: str) -> AiClientBuilder[Client]:
        """Speak this one of the API families the manifest lists, such as `responses`."""
        return self._set(api_family=name)

    def fit_media(self, enabled: bool = True) -> AiClientBuilder[Client]:
        """Say whether images, audio and documents are made to fit what a target takes (they are).

        Switched off, they are neither checked nor changed: the provider sees what was given.
        """
        return self._set(fit_media=enabled)

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
        from .interceptors.routing import routed

        return self._set(**routed(self._settings, source, strategy))

    def cache(self, manager: CacheManager) -> AiClientBuilder[Client]:
        """Answer from this cache what was asked before; the caller keeps and closes it."""
        from .interceptors.cache import CacheInterceptor

        return self.intercept(CacheInterceptor(manager))

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
        from .interceptors.guardrails import GuardrailInterceptor, chosen

        sent, received = chosen(rules, input), chosen(rules, output)
        return self.intercept(GuardrailInterceptor(sent, received, thinking=thinking, tools=tools))

    def plugins(
        self, plugins: PluginRegistry | Sequence[Plugin | Middleware]
    ) -> AiClientBuilder[Client]:
        """Let these plugins accompany every call; the caller keeps them and shuts them down.

        Plugins given as a list get ready with the first call. Raises PluginError when one of them
        can't be used here.
        """
        from .interceptors.plugins import PluginInterceptor

        return self.intercept(PluginInterceptor(plugins))

    def feedback(self, sink: FeedbackSink) -> AiClientBuilder[Client]:
        """Let the client's `report_feedback` hand it to this sink."""
        return self._set(feedback=sink)

    async def build(self) -> Client:
        """Return the client.

        Raises:
            ValueError: no model was set.
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found, for the model or one to fall back to.
            TransportError: a manifest is at an address that can't be reached, or a provider whose
                manifest says `availability.required` is not there.
            RequestError: a setting of the environment makes no sense.
        """
        client = self._make(await prepared(self._settings, self._loader), self._transport)
        await client.ensure_available()
        return client

    def __repr__(self) -> str:
        return f"AiClientBuilder({self._settings.model!r})"
