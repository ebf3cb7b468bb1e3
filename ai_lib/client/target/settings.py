"""The settings of a client, as its builder collects them, and the options of a single call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ai_lib.client.target.retirement import warn_of_retirement
from ai_lib.client.target.target import Target
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.model import TRUSTED_ORIGINS
from ai_lib.protocol.model import Model
from ai_lib.protocol.trust import allow_hosts, check_host
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.resilience.circuit.circuit import CircuitBreakerConfig
from ai_lib.resilience.circuit.storage import CircuitStorage
from ai_lib.resilience.config import BackpressureConfig, ResilientConfig
from ai_lib.resilience.rate_limit.external import Limiter
from ai_lib.resilience.rate_limit.headers import RateLimitHeaders
from ai_lib.resilience.rate_limit.quota import RateLimiterConfig
from ai_lib.resilience.retry import RetryConfig
from ai_lib.transport.credentials.lookup import resolve_credential
from ai_lib.types.response import ChatResponse
from ai_lib.types.wire import TimeoutOptions

if TYPE_CHECKING:
    from ssl import SSLContext

    from ai_lib.transport.credentials.credential_cache import CredentialCache
    from ai_lib.transport.options import TransportOptions

Loaded = tuple[CompiledManifest, str]


class CallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What one call sets for itself; None leaves it as the client has it.

    `model` is asked first, in place of the client's. `headers` are the caller's.
    `attempt_log` is that of a call that asks several times: its asks share deadline and attempts.
    `is_wanted` says whether a response is one that a cache may keep or give: of a typed call, one
    that fits its type. `cache` says whether the client's cache may serve and keep it, `cache_ttl`
    for how many seconds.
    """

    model: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    timeout: float | None = None
    timeouts: TimeoutOptions | None = None
    fallbacks: tuple[str, ...] | None = None
    attempt_log: AttemptLog | None = None
    metadata: Mapping[str, object] = {}
    cache: bool | None = None
    cache_ttl: float | None = None
    is_wanted: Callable[[ChatResponse], bool] | None = None


class RoutedModel(msgspec.Struct, frozen=True, kw_only=True):
    """One of several models that calls are spread over, with its own key and address."""

    model: str
    api_key: str | CredentialCache | None = None
    base_url: str | None = None

    def __repr__(self) -> str:
        return f"RoutedModel({self.model!r}, base_url={self.base_url!r})"


class ClientSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one client; what is None is looked up or left to the manifest.

    `api_keys` and `base_urls` are those of the models to fall back to, by `provider/model`.
    `listed_as` has, for a name that nothing lists, the listed model that it stands for.
    `variables` are parts of addresses, for the targets that have them.
    `catalog` is where manifests are; what had to be waited for is in it, or in `loaded`.
    `routed_models` are the models that calls are spread over, each by the name that stands for it;
    `model` may be one of these names. `interceptors` accompany every call; they and the sink for
    `feedback` are of the colour of the client.
    """

    model: str | None = None
    api_key: str | CredentialCache | None = None
    base_url: str | None = None
    timeout: float | None = None
    timeouts: TimeoutOptions | None = None
    headers: tuple[tuple[str, str], ...] = ()
    proxy: str | None = "environment"
    ssl_context: SSLContext | None = None
    http: TransportOptions | None = None
    max_retries: int | None = None
    protocol_dir: str | Path | None = None
    api_family: str | None = None
    variables: Mapping[str, str] = {}
    hot_reload: bool = False
    allowed_hosts: frozenset[str] = frozenset()
    fit_media: bool = True
    catalog: ManifestCatalog | None = None
    loaded: Mapping[tuple[str, str | None], Loaded] = {}
    fallbacks: tuple[str, ...] = ()
    fallback_on: frozenset[str] = frozenset()
    api_keys: Mapping[str, str | CredentialCache] = {}
    base_urls: Mapping[str, str] = {}
    listed_as: Mapping[str, str] = {}
    routed_models: Mapping[str, RoutedModel] = {}
    resilience: ResilientConfig = ResilientConfig()
    retry: RetryConfig | None = None
    rate_limit: RateLimiterConfig | None = None
    circuit_breaker: CircuitBreakerConfig | None = None
    circuit_storage: CircuitStorage | None = None
    limiter: Limiter | None = None
    concurrency: object = None
    max_inflight: int | None = None
    interceptors: tuple[object, ...] = ()
    feedback: Any = None

    def resolve_protection(self) -> ResilientConfig:
        """Return the patterns in force: set one by one, by the config object, by the environment.

        Raises:
            RequestError: a variable of the environment is not a number it can be.
        """
        single = ResilientConfig(
            retry=self.retry,
            rate_limit=self.rate_limit,
            circuit_breaker=self.circuit_breaker,
            circuit_storage=self.circuit_storage,
            limiter=self.limiter,
            concurrency=self.concurrency,
        )
        combined = single.over(self.resilience).over(ResilientConfig.from_env())
        if self.max_inflight is None:
            return combined
        config = self.resilience.backpressure or BackpressureConfig()
        backpressure = msgspec.structs.replace(config, max_concurrent=self.max_inflight)
        return msgspec.structs.replace(combined, backpressure=backpressure)

    def make_target(self, *, needs_key: bool = True) -> Target:
        """Return the target of the client's calls; without a key it is only good to explain.

        Raises:
            ValueError: no model was set.
            ProtocolError: there is no such provider, or its manifest can't be used.
            HostNotAllowed: a manifest that nobody named sends to a host that nobody allowed.
            CredentialError: no API key was found.
        """
        if self.model is None:
            raise ValueError("set the model first: builder().model('provider/model')")
        if self.model in self.routed_models:
            return self.make_fallback(self.model, needs_key=needs_key)
        return self._load_target(
            self.model,
            self.api_key or self.api_keys.get(self.model),
            self.base_url or self.base_urls.get(self.model),
            self.api_family,
            needs_key,
        )

    def make_fallback(self, name: str, *, needs_key: bool = True) -> Target:
        """Return another target, of a model or a routed name. Raises as `make_target`.

        Another model of the first one's provider is asked at the same address, in the same API
        family, with the same key; any other provider, and any model given an address, has an
        address and a key of its own.
        """
        routed = self.routed_models.get(name) or RoutedModel(model=name)
        key = routed.api_key or self.api_keys.get(routed.model)
        base_url, family = routed.base_url or self.base_urls.get(routed.model), None
        if base_url is None and self._has_first_provider(name):
            key, base_url, family = key or self.api_key, self.base_url, self.api_family
        return self._load_target(name, key, base_url, family, needs_key)

    def beside(self, model: str) -> ClientSettings:
        """Return the settings of a client of another model, over the connections of this one.

        Of another provider, it has that one's key, and no header that may hold a credential.
        """
        shared = msgspec.structs.replace(
            self,
            model=model,
            fallbacks=(),
            routed_models={},
            proxy="environment",
            ssl_context=None,
            http=None,
        )
        if self._has_first_provider(model):
            return shared
        headers = self.headers
        if headers:
            from ai_lib.client.target.headers import may_hold_credential

            headers = tuple(field for field in headers if not may_hold_credential(*field))
        return msgspec.structs.replace(
            shared, api_key=None, base_url=None, api_family=None, headers=headers
        )

    def _has_first_provider(self, name: str) -> bool:
        return self._load(name)[0].id == self._load(self.model or name)[0].id

    def _load(self, name: str, family: str | None = None) -> Loaded:
        name = self.routed_models[name].model if name in self.routed_models else name
        loaded = self.loaded.get((name, family))
        return loaded or (self.catalog or ManifestCatalog(self.protocol_dir)).load_model(
            name, family
        )

    def _load_target(
        self,
        name: str,
        key: str | CredentialCache | None,
        base_url: str | None,
        family: str | None,
        needs_key: bool = True,
    ) -> Target:
        compiled, model = self._load(name, family)
        listed_as = self.listed_as.get(name)
        choice = _TargetChoice(
            model=model,
            key=key,
            base_url=base_url or None,
            family=family,
            needs_key=needs_key,
            listed_as=listed_as,
        )
        target = self._build_target(compiled, choice)
        if name in self.routed_models:
            target = msgspec.structs.replace(target, name=name)
        catalog = self.catalog
        if catalog is None or not catalog.is_watching:
            return target
        latest, source = target, compiled

        def renew() -> Target:
            nonlocal latest, source
            current = catalog.find_loaded(compiled.id, family)
            if current is not None and current is not source:
                renewed = self._build_target(current, choice)
                latest, source = msgspec.structs.replace(renewed, name=target.name), current
            return latest

        return msgspec.structs.replace(target, renew=renew)

    def _build_target(self, compiled: CompiledManifest, choice: _TargetChoice) -> Target:
        model, needs_key, base_url = choice.model, choice.needs_key, choice.base_url
        if compiled.manifest.model_families and choice.family is None:
            listed_as = self._load(choice.listed_as)[1] if choice.listed_as else model
            compiled = compiled.choose_family(model, listed_as)
        manifest = compiled.manifest
        if manifest.variables or manifest.base_url_env or self.variables:
            from ai_lib.client.target.address import check_variable_names, fill_address

            if not (self.fallbacks or self.routed_models):
                check_variable_names(self.variables, compiled)
            compiled, base_url = fill_address(compiled, self.variables, base_url, needs_key)
            manifest = compiled.manifest
        if needs_key and manifest.origin not in TRUSTED_ORIGINS:
            check_host(manifest, base_url=base_url, allowed_hosts=self.allowed_hosts)
        if self.allowed_hosts:
            compiled = allow_hosts(compiled, self.allowed_hosts)
        credential = resolve_credential(manifest, choice.key) if needs_key else None
        if credential is not None and credential.auth is not None:
            compiled = compiled.with_manifest(auth=credential.auth)
        listed = self._find_model(compiled, model, choice.listed_as)
        warn_of_retirement(listed)
        return Target(
            compiled=compiled,
            listed=listed,
            credential=credential,
            base_url=base_url,
            timeout=self.timeout,
            own_timeouts=self.timeouts,
            fit_media=self.fit_media,
            headers=self.headers,
            home=self._find_home() if self.headers else "",
        )

    def _find_home(self) -> str:
        """Return the origin that the client's headers are given for."""
        from ai_lib.client.target.headers import find_origin

        first = msgspec.structs.replace(self, headers=()).make_target(needs_key=False)
        return find_origin(first.address)

    def resolve_transport(self) -> TransportOptions | None:
        """Return how bytes are exchanged, None for the defaults."""
        options = self.http
        if self.proxy == "environment" and self.ssl_context is None:
            return options
        from ai_lib.transport.options import TransportOptions

        options = options or TransportOptions()
        if self.proxy != "environment":
            options = msgspec.structs.replace(options, proxy=self.proxy)
        if self.ssl_context is not None:
            options = msgspec.structs.replace(options, ssl_context=self.ssl_context)
        return options

    def _find_model(self, compiled: CompiledManifest, name: str, listed_as: str | None) -> Model:
        """Return all that is known of a model, once for its target."""
        catalog = self.catalog or ManifestCatalog(self.protocol_dir)
        if listed_as is None:
            return catalog.find_model(compiled, name)
        model = catalog.find_model(*self._load(listed_as))
        return msgspec.structs.replace(model, provider=compiled.id, name=name)

    def __repr__(self) -> str:
        return f"ClientSettings(model={self.model!r})"


class _TargetChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What a target is built of beside its manifest."""

    model: str
    key: str | CredentialCache | None
    base_url: str | None
    family: str | None
    needs_key: bool
    listed_as: str | None

    def __repr__(self) -> str:
        return f"_TargetChoice({self.model!r})"


def check_count(name: str, count: Any) -> int:
    """Return a whole number from 0 on. Raises TypeError or ValueError for anything else."""
    if not isinstance(count, int) or isinstance(count, bool):
        raise TypeError(f"{name} is a whole number, not {count!r:.100}")
    if count < 0:
        raise ValueError(f"{name} is 0 or more, not {count}")
    return count


def protection_for(
    target: Target, config: ResilientConfig, max_retries: int | None = None
) -> ResilientConfig:
    """Return the patterns for one target: the manifest's retries unless the client sets them."""
    if config.retry is not None and max_retries is None:
        return config
    retry = config.retry or RetryConfig.from_manifest(target.compiled.manifest.retry)
    if max_retries is not None:
        retry = msgspec.structs.replace(retry, max_retries=max_retries)
    return msgspec.structs.replace(config, retry=retry)


def limit_headers_of(target: Target) -> RateLimitHeaders | None:
    """Return the names of the target's rate-limit headers, None when its manifest names none."""
    return RateLimitHeaders.from_manifest(target.compiled.manifest.rate_limits)
