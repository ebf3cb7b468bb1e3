"""What a client is to be, as its builder collects it; what a single call adds to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ai_lib.client.binding import check_binding
from ai_lib.client.target import Target
from ai_lib.errors.tree import ProtocolError
from ai_lib.protocol.catalogue import Catalogue
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.resilience.circuit import CircuitBreakerConfig
from ai_lib.resilience.config import BackpressureConfig, ResilientConfig
from ai_lib.resilience.limit_headers import RateLimitHeaders
from ai_lib.resilience.quota import RateLimiterConfig
from ai_lib.resilience.retry import RetryConfig
from ai_lib.transport.credentials import resolve_credential
from ai_lib.types.wire import Clocks

Loaded = tuple[CompiledManifest, str]


class CallOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What one call sets for itself; None leaves it as the client has it."""

    timeout: float | None = None
    clocks: Clocks | None = None
    fallbacks: tuple[str, ...] | None = None


class ClientSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one client; what is None is looked up or left to the manifest.

    `api_keys` and `base_urls` are those of the models to fall back to, by `provider/model`.
    `catalogue` is where manifests are; what had to be waited for is in it, or in `loaded`.
    `interceptors` accompany every call; they and the sink for `feedback` are of the
    colour of the client.
    """

    model: str | None = None
    api_key: str | None = None
    base_url: str | None = None
    timeout: float | None = None
    clocks: Clocks | None = None
    protocol_dir: str | Path | None = None
    api_family: str | None = None
    hot_reload: bool = False
    allowed_hosts: frozenset[str] = frozenset()
    catalogue: Catalogue | None = None
    loaded: Mapping[tuple[str, str | None], Loaded] = {}
    fallbacks: tuple[str, ...] = ()
    api_keys: Mapping[str, str] = {}
    base_urls: Mapping[str, str] = {}
    resilience: ResilientConfig = ResilientConfig()
    retry: RetryConfig | None = None
    rate_limit: RateLimiterConfig | None = None
    circuit_breaker: CircuitBreakerConfig | None = None
    max_inflight: int | None = None
    interceptors: tuple[object, ...] = ()
    feedback: Any = None

    def protection(self) -> ResilientConfig:
        """Return the patterns in force: set one by one, by the config object, by the environment.

        Raises:
            RequestError: a variable of the environment is not a number it can be.
        """
        single = ResilientConfig(
            retry=self.retry, rate_limit=self.rate_limit, circuit_breaker=self.circuit_breaker
        )
        whole = single.over(self.resilience).over(ResilientConfig.from_env())
        if self.max_inflight is None:
            return whole
        given = self.resilience.backpressure or BackpressureConfig()
        places = msgspec.structs.replace(given, max_concurrent=self.max_inflight)
        return msgspec.structs.replace(whole, backpressure=places)

    def target(self, *, needs_key: bool = True) -> Target:
        """Return where the client's calls go; without a key it is only good to explain.

        Raises:
            ValueError: no model was set.
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found, or it belongs to another host.
        """
        if self.model is None:
            raise ValueError("set the model first: builder().model('provider/model')")
        return self._target(
            self.model,
            self.api_key or self.api_keys.get(self.model),
            self.base_url or self.base_urls.get(self.model),
            self.api_family,
            needs_key,
        )

    def fallback(self, model: str) -> Target:
        """Return another model's target. Raises as `target`.

        Another model of the first one's provider is asked at the same address, in the same API
        family, with the same key; any other provider, and any model given an address, has an
        address and a key of its own.
        """
        key, base_url, family = self.api_keys.get(model), self.base_urls.get(model), None
        if base_url is None and self._is_neighbour(model):
            key, base_url, family = key or self.api_key, self.base_url, self.api_family
        return self._target(model, key, base_url, family)

    def _is_neighbour(self, model: str) -> bool:
        return self._load(model)[0].id == self._load(self.model or model)[0].id

    def _load(self, name: str, family: str | None = None) -> Loaded:
        found = self.loaded.get((name, family))
        return found or (self.catalogue or Catalogue(self.protocol_dir)).load_model(name, family)

    def _target(
        self,
        name: str,
        key: str | None,
        base_url: str | None,
        family: str | None,
        needs_key: bool = True,
    ) -> Target:
        compiled, model = self._load(name, family)
        target = self._aimed(compiled, model, key, base_url, needs_key)
        catalogue = self.catalogue
        if catalogue is None or not catalogue.watches:
            return target
        latest = target

        def renew() -> Target:
            nonlocal latest
            found = catalogue.kept(compiled.id, family)
            if found is not None and found is not latest.compiled:
                latest = self._aimed(found, model, key, base_url, needs_key)
            return latest

        return msgspec.structs.replace(target, renew=renew)

    def _aimed(
        self,
        compiled: CompiledManifest,
        model: str,
        key: str | None,
        base_url: str | None,
        needs_key: bool,
    ) -> Target:
        manifest = compiled.manifest
        credential = resolve_credential(manifest, key) if needs_key else None
        check_binding(manifest, credential, base_url=base_url, allowed_hosts=self.allowed_hosts)
        return Target(
            compiled=compiled,
            model=model,
            credential=credential,
            base_url=base_url,
            timeout=self.timeout,
            own_clocks=self.clocks,
            models=self.catalogue.models() if self.catalogue else None,
        )

    def __repr__(self) -> str:
        return f"ClientSettings(model={self.model!r})"


def protection_of(target: Target, config: ResilientConfig) -> ResilientConfig:
    """Return the patterns for one target: retries are the manifest's unless the client sets them.

    Raises:
        ProtocolError: the manifest's retry_policy makes no sense.
    """
    if config.retry is not None:
        return config
    manifest = target.compiled.manifest
    try:
        retry = RetryConfig.from_protocol(manifest.raw.get("retry_policy"))
    except (TypeError, ValueError) as error:
        raise ProtocolError(
            f"{manifest.source}: $.retry_policy makes no sense: {error}", source=manifest.source
        ) from error
    return msgspec.structs.replace(config, retry=retry)


def limit_headers_of(target: Target) -> RateLimitHeaders | None:
    """Return the names of the target's rate-limit headers, None when its manifest names none."""
    return RateLimitHeaders.from_protocol(target.compiled.manifest.raw.get("rate_limit_headers"))
