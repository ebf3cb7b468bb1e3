"""ClientBuilder and AiClientBuilder: collect the settings of a client, and make it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

from ai_lib.client.target.arguments import (
    check_base_url,
    check_config,
    check_model,
    check_name,
    check_names,
    check_variables,
)
from ai_lib.client.target.connection_builder import ConnectionBuilder
from ai_lib.client.target.portable_settings import (
    check_portable,
    pack_settings,
    unpack_settings,
)
from ai_lib.client.target.settings import ClientSettings
from ai_lib.resilience.circuit.circuit import CircuitBreakerConfig
from ai_lib.resilience.circuit.storage import CircuitStorage
from ai_lib.resilience.config import ResilientConfig
from ai_lib.resilience.rate_limit.external import Limiter
from ai_lib.resilience.rate_limit.quota import RateLimiterConfig
from ai_lib.resilience.retry import RetryConfig
from ai_lib.types.wire import TimeoutOptions, check_seconds

from .._runtime.backend import make_enterable
from ..protocol.loader import ProtocolLoader
from ..transport import HttpTransport
from .loading import load_settings, read_key

if TYPE_CHECKING:
    from logging import Logger

    from ai_lib.guardrails.policy import Rules
    from ai_lib.routing import ModelArray, ModelEndpoint, ModelManager
    from ai_lib.routing.selectors import Strategy
    from ai_lib.telemetry.health.tracker import ProviderHealthTracker
    from ai_lib.telemetry.logger import AiLibLogger
    from ai_lib.telemetry.metrics.observation import Meter
    from ai_lib.telemetry.tracing.tracer import Tracer
    from ai_lib.tokens import Budget, SharedBudget

    from ..cache import CacheManager
    from ..distributed import SharedState
    from ..plugins import Middleware, Plugin, PluginRegistry
    from ..telemetry.feedback.sinks import FeedbackSink
    from ..transport.credentials.obtain import ApiKey
    from .interceptors.base import Interceptor


class CheckedClient(Protocol):
    """A client that can check whether its required providers are available."""

    async def ensure_available(self) -> None:
        """Raise ConnectError when a required provider is not available."""
        ...


Client = TypeVar("Client", bound=CheckedClient)
B = TypeVar("B", bound="ClientBuilder")


class ClientBuilder(ConnectionBuilder):
    """Collects the settings that every kind of client has; each method returns the builder."""

    def __init__(self) -> None:
        super().__init__()
        self._transport: HttpTransport | None = None
        self._loader: ProtocolLoader | None = None
        self._carries_keys = False

    def carry_keys(self: B) -> B:
        """Let a pickle of this builder hold the keys it was given.

        Without it a pickled builder holds none, and the process that builds a client of it finds
        the keys itself (environment, keyring).
        """
        self._carries_keys = True
        return self

    def __getstate__(self) -> dict[str, object]:
        """Return what a pickle holds. Raises PicklingError for what can't leave this process."""
        check_portable("transport", self._transport)
        check_portable("protocol_loader", self._loader)
        settings = pack_settings(self._settings, carries_keys=self._carries_keys)
        return {**vars(self), "_settings": settings}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._settings = unpack_settings(self._settings)

    def __copy__(self: B) -> B:
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def __deepcopy__(self: B, _: object) -> B:
        return self.__copy__()  # settings are replaced, never changed

    def production_ready(self: B) -> B:
        """Switch on retries, a rate limit, a circuit breaker and a limit of attempts in flight.

        The values are those of `ResilientConfig.production`; a setting made by itself wins.
        """
        return self._set(resilience=ResilientConfig.production())

    def resilience(self: B, config: ResilientConfig) -> B:
        """Set the patterns that protect the calls; a setting made by itself overrides them."""
        return self._set(resilience=check_config(config, ResilientConfig))

    def with_resilience(self: B, config: ResilientConfig) -> B:
        """The same as `resilience`."""
        return self.resilience(config)

    def with_retry(self: B, config: RetryConfig) -> B:
        """Set which errors are retried, and how often, in place of the manifest's retry_policy."""
        return self._set(retry=check_config(config, RetryConfig))

    def with_rate_limit(self: B, config: RateLimiterConfig) -> B:
        """Limit the requests and tokens sent to each target."""
        return self._set(rate_limit=check_config(config, RateLimiterConfig))

    def with_circuit_breaker(self: B, config: CircuitBreakerConfig) -> B:
        """Stop calls to a target that keeps failing."""
        return self._set(circuit_breaker=check_config(config, CircuitBreakerConfig))

    def circuit_storage(self: B, storage: CircuitStorage) -> B:
        """Keep the circuits' state in this storage; clients with the same storage share it."""
        return self._set(circuit_storage=storage)

    def limiter(self: B, limiter: Limiter) -> B:
        """Let this limiter delay the attempts, in place of the built-in rate limits."""
        return self._set(limiter=limiter)

    def max_inflight(self: B, count: int) -> B:
        """Allow this many attempts in flight at once (0: any number); the others queue."""
        return self._set(max_inflight=count)

    def share_state(
        self: B,
        state: SharedState,
        *,
        rpm: float | None = None,
        tpm: float | None = None,
        rps: float | None = None,
        concurrency: int | None = None,
        budget: float | None = None,
        cache: bool = False,
    ) -> B:
        """Keep the circuits in this state, and these limits with all processes that share it.

        `rpm`, `tpm` and `rps` are requests and tokens a minute and requests a second, for each
        target; `concurrency` is of attempts in flight, `budget` a sum in USD; with `cache`,
        responses are shared too. The state's own methods have further settings.
        """
        self.circuit_storage(state.circuits())
        if rpm is not None or tpm is not None or rps is not None:
            self.limiter(state.limiter(rpm=rpm, tpm=tpm, rps=rps))
        if concurrency is not None:
            self._set(concurrency=state.concurrency(concurrency))
        if budget is not None:
            self.budget(state.budget(budget))
        if cache:
            from .interceptors.cache import CacheInterceptor

            self.intercept(CacheInterceptor(state.cache()))
        return self

    def with_fallbacks(self: B, models: Sequence[str], *, on: Sequence[str] = ()) -> B:
        """Try these models, in order, when the first one fails; each has its own protection.

        `on` names errors after which the next one is tried too, although the protocol does not say
        so: `context_length`, `content_policy`, or the name of a standard error. A model whose
        context window the request can't be in is passed over where another one takes it.

        Raises:
            ValueError: there is no such error.
        """
        from ai_lib.client.target.named_errors import check_error_names

        return self._set(fallbacks=check_names(models), fallback_on=check_error_names(on))

    def model(self: B, model: str, *, listed_as: str | None = None) -> B:
        """Set the model, as `provider/model` or by a name that a manifest lists.

        `listed_as` is the listed model, as `provider/model`, that a name of your own stands for,
        such as that of a deployment: what may be sent to it and what it costs is then known.
        """
        check_model(model)
        if listed_as is None:
            return self._set(model=model)
        return self._set(model=model, listed_as={model: listed_as})

    def api_key(self: B, key: ApiKey) -> B:
        """Set the API key; without it the key is looked up (environment, keyring).

        A function is asked for the key before a request is sent. It gives the key, or a tuple of
        the key and the moment it expires (seconds since 1970, or a datetime with a time zone):
        such a key is kept, and renewed before it expires or when the provider refuses it. A plain
        function is called in a thread where there is an event loop.

        Raises:
            TypeError: it is neither a string nor something that gives one.
        """
        return self._set(api_key=read_key(key))

    def api_key_for(self: B, model: str, key: ApiKey) -> B:
        """Set the API key of one fallback model; without it the key is looked up."""
        return self._set(api_keys={**self._settings.api_keys, model: read_key(key) or ""})

    def base_url(self: B, url: str) -> B:
        """Replace the manifest's address; fallbacks keep theirs."""
        return self._set(base_url=check_base_url(url))

    def base_url_for(self: B, model: str, url: str) -> B:
        """Replace the address of one fallback model."""
        address = check_base_url(url)
        return self._set(base_urls={**self._settings.base_urls, model: address or ""})

    def variable(self: B, **values: str) -> B:
        """Set parts of the addresses of providers that have some, such as `region="eu-west-1"`.

        A manifest lists them under `variables`; what is not set is looked up in the environment.

        Raises:
            TypeError: a value is no text.
        """
        check_variables(values)
        return self._set(variables={**self._settings.variables, **values})

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
        """Load manifests with this loader; `protocol_dir` and `hot_reload` then have no effect.

        A loader that reads from an address needs a `fetch`; see `fetch_manifest`.
        """
        self._loader = loader
        return self

    def hot_reload(self: B, enabled: bool = True) -> B:
        """Apply changes of manifest files while the client lives.

        An unusable file leaves the last good one in force; a running call keeps its manifest. The
        protection of the calls (retries, limits) stays as the first manifest had it.
        """
        return self._set(hot_reload=enabled)

    def allow_host(self: B, host: str) -> B:
        """Allow a manifest that was found or fetched to send requests to this host.

        It is for providers that do not ship with the library. `AI_ALLOWED_HOSTS` and the file
        `~/.config/ai-lib/allowed-hosts` allow hosts as well.
        `host` is written as in an address, with its port unless that is the default one.
        """
        return self._set(allowed_hosts=self._settings.allowed_hosts | {check_name(host).lower()})

    def intercept(self: B, interceptor: Interceptor) -> B:
        """Add an interceptor, which sees every call; earlier ones stay."""
        return self._set(interceptors=(*self._settings.interceptors, interceptor))

    def budget(
        self: B,
        budget: Budget | SharedBudget | None = None,
        *,
        limit: float | None = None,
        currency: str = "USD",
        tag: str | None = None,
        unknown_price: Literal["refuse", "allow"] = "refuse",
    ) -> B:
        """Limit the cost of the calls by a `budget`, or by a new one of `limit`; see `Budget`.

        Clients may share a budget; a `SharedBudget` may be kept elsewhere, and waited for. An
        attempt that might exceed it raises BudgetExceeded before anything is sent.
        """
        from .interceptors.budget import budget_interceptor

        return self.intercept(budget_interceptor(budget, limit, currency, tag, unknown_price))

    def cache(self: B, manager: CacheManager) -> B:
        """Take responses to repeated requests from this cache; the caller keeps and closes it."""
        from .interceptors.cache import CacheInterceptor

        return self.intercept(CacheInterceptor(manager))

    def guardrails(
        self: B,
        rules: Rules = (),
        *,
        input: bool | Rules = True,
        output: bool | Rules = True,
        results: bool | Rules | None = None,
        thinking: bool = False,
        tools: bool = False,
    ) -> B:
        """Apply these rules to every call: to what is sent (`input`) and received (`output`).

        Either may be switched off, or have further rules of its own, as may `results`: what tools
        gave, which has those for input unless it is given. The rules apply to messages
        other than the system's and to the texts of other operations; with `tools` also to the
        arguments of tool calls, with `thinking` to the reasoning. Masked text and masked reasoning
        lose the provider's opaque state.
        """
        from .interceptors.guardrails import GuardrailInterceptor, rules_for

        for_input, for_output = rules_for(rules, input), rules_for(rules, output)
        for_results = None if results is None else rules_for(rules, results)
        return self.intercept(
            GuardrailInterceptor(for_input, for_output, for_results, thinking=thinking, tools=tools)
        )

    def plugins(self: B, plugins: PluginRegistry | Sequence[Plugin | Middleware]) -> B:
        """Call these plugins for every call; the caller keeps them and shuts them down.

        A list of plugins is initialized with the first call.

        Raises:
            PluginError: one of them can't be used here.
        """
        from .interceptors.plugins import PluginInterceptor

        return self.intercept(PluginInterceptor(plugins))

    def metrics(self: B, meter: Meter) -> B:
        """Count every call with this meter: a `MetricsCollector`, `OtelMetrics`, or your own."""
        from .interceptors.metrics import MetricsInterceptor

        return self.intercept(MetricsInterceptor(meter))

    def tracer(self: B, tracer: Tracer) -> B:
        """Make a span for every call with this tracer."""
        from .interceptors.tracing import TracingInterceptor

        return self.intercept(TracingInterceptor(tracer))

    def logger(self: B, logger: AiLibLogger | Logger, *, content: bool = False) -> B:
        """Log every call here; with `content`, also log prompts and responses, at DEBUG.

        Starts and attempts are logged at DEBUG, responses and cancelled calls at INFO, retries at
        WARNING, failed calls at ERROR. Secrets are hidden.
        """
        from .interceptors.logging import LoggingInterceptor

        return self.intercept(LoggingInterceptor(logger, content))

    def health(self: B, tracker: ProviderHealthTracker) -> B:
        """Tell this tracker the outcome of every attempt."""
        from .interceptors.metrics import HealthInterceptor

        return self.intercept(HealthInterceptor(tracker))

    def transport(self: B, transport: HttpTransport) -> B:
        """Send through this transport; the caller keeps and closes it."""
        self._transport = transport
        return self

    def timeout(self: B, seconds: float) -> B:
        """Set the seconds each call may take.

        A plain call is bounded as a whole; in a stream each wait for the next piece is bounded.
        """
        return self._set(timeout=check_seconds("the timeout", seconds))

    async def _load_settings(self) -> ClientSettings:
        return await load_settings(self._settings, self._loader)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._settings.model!r})"


class AiClientBuilder(ClientBuilder, Generic[Client]):
    """Collects the settings of an AiClient; each method sets one and returns the builder."""

    def __init__(self, make: Callable[[ClientSettings, HttpTransport | None], Client]) -> None:
        super().__init__()
        self._make = make

    def api_family(self, name: str) -> AiClientBuilder[Client]:
        """Use this one of the API families that the manifest lists, such as `responses`."""
        return self._set(api_family=name)

    def fit_media(self, enabled: bool = True) -> AiClientBuilder[Client]:
        """Set whether images, audio and documents are converted to what a target takes.

        They are by default. Switched off, they are neither checked nor changed.
        """
        return self._set(fit_media=enabled)

    def routing(
        self,
        source: ModelArray | ModelManager | Sequence[ModelEndpoint | str],
        *,
        strategy: Strategy | None = None,
    ) -> AiClientBuilder[Client]:
        """Spread the chats over these models or endpoints.

        Each call goes to one that declares what the call needs; when that fails, the others and
        then the fallbacks are tried in turn. `strategy` replaces the array's or manager's own.
        Without `model`, the first of them takes the operations other than chat.
        """
        from .interceptors.routing import routing_settings

        return self._set(**routing_settings(self._settings, source, strategy))

    def feedback(self, sink: FeedbackSink) -> AiClientBuilder[Client]:
        """Send the feedback of `AiClient.report_feedback` to this sink."""
        return self._set(feedback=sink)

    @make_enterable
    async def build(self) -> Client:
        """Return the client.

        Raises:
            ValueError: no model was set.
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found, for the model or a fallback.
            TransportError: a manifest is at an address that can't be reached, or a provider whose
                manifest says `availability.required` is not available.
            RequestError: a setting of the environment is invalid.
        """
        client = self._make(await self._load_settings(), self._transport)
        await client.ensure_available()
        return client
