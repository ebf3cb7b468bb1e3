"""Builds an embedding client step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

from ai_lib.client.settings import ClientSettings
from ai_lib.embeddings.options import EmbeddingOptions, Encoding, SplitOptions
from ai_lib.resilience.circuit import CircuitBreakerConfig
from ai_lib.resilience.config import ResilientConfig
from ai_lib.resilience.quota import RateLimiterConfig
from ai_lib.resilience.retry import RetryConfig
from ai_lib.types.json import JsonObject
from ai_lib.types.wire import Clocks

from ..client.opening import prepared
from ..protocol.loader import ProtocolLoader
from ..transport import HttpTransport

Client = TypeVar("Client", covariant=True)


class Maker(Protocol[Client]):
    """What makes the client of its settings."""

    def __call__(
        self,
        settings: ClientSettings,
        transport: HttpTransport | None = None,
        *,
        options: EmbeddingOptions | None = None,
        split: SplitOptions | None = None,
    ) -> Client:
        """Return the client."""
        ...


class EmbeddingClientBuilder(Generic[Client]):
    """Collects what a client is to be; each method sets one thing and returns the builder."""

    def __init__(self, make: Maker[Client]) -> None:
        self._make = make
        self._settings = ClientSettings()
        self._options = EmbeddingOptions()
        self._split = SplitOptions()
        self._transport: HttpTransport | None = None
        self._loader: ProtocolLoader | None = None

    def model(self, model: str) -> EmbeddingClientBuilder[Client]:
        """Set the model, as `provider/model` or by a name that a manifest lists."""
        return self._set(model=model)

    def api_key(self, key: str) -> EmbeddingClientBuilder[Client]:
        """Set the API key, which is otherwise looked up."""
        return self._set(api_key=key)

    def base_url(self, url: str) -> EmbeddingClientBuilder[Client]:
        """Set the address, which is otherwise the manifest's; fallbacks keep theirs."""
        return self._set(base_url=url)

    def api_key_for(self, model: str, key: str) -> EmbeddingClientBuilder[Client]:
        """Set the API key of one model to fall back to, which is otherwise looked up."""
        return self._set(api_keys={**self._settings.api_keys, model: key})

    def base_url_for(self, model: str, url: str) -> EmbeddingClientBuilder[Client]:
        """Set the address of one model to fall back to, which is otherwise its manifest's."""
        return self._set(base_urls={**self._settings.base_urls, model: url})

    def timeout(self, seconds: float) -> EmbeddingClientBuilder[Client]:
        """Bound each call as a whole, all its requests together."""
        return self._set(timeout=seconds)

    def clocks(self, clocks: Clocks) -> EmbeddingClientBuilder[Client]:
        """Set the clocks of every call one by one; they are taken as they are."""
        return self._set(clocks=clocks)

    def protocol_dir(self, path: str | Path) -> EmbeddingClientBuilder[Client]:
        """Load manifests from this protocol tree, one file, or a pinned https address."""
        return self._set(protocol_dir=path)

    def protocol_path(self, path: str | Path) -> EmbeddingClientBuilder[Client]:
        """The same as `protocol_dir`."""
        return self.protocol_dir(path)

    def protocol_loader(self, loader: ProtocolLoader) -> EmbeddingClientBuilder[Client]:
        """Load manifests with this loader."""
        self._loader = loader
        return self

    def resilience(self, config: ResilientConfig) -> EmbeddingClientBuilder[Client]:
        """Set the patterns that protect the calls; what is set by itself overrides them."""
        return self._set(resilience=config)

    def with_resilience(self, config: ResilientConfig) -> EmbeddingClientBuilder[Client]:
        """The same as `resilience`."""
        return self.resilience(config)

    def with_retry(self, config: RetryConfig) -> EmbeddingClientBuilder[Client]:
        """Set what is tried again, in place of the manifest's retry_policy."""
        return self._set(retry=config)

    def with_rate_limit(self, config: RateLimiterConfig) -> EmbeddingClientBuilder[Client]:
        """Limit what goes out to each target."""
        return self._set(rate_limit=config)

    def with_circuit_breaker(self, config: CircuitBreakerConfig) -> EmbeddingClientBuilder[Client]:
        """Stop calls to a target that keeps failing."""
        return self._set(circuit_breaker=config)

    def max_inflight(self, count: int) -> EmbeddingClientBuilder[Client]:
        """Let so many attempts of all calls be in flight at once; others wait in line."""
        return self._set(max_inflight=count)

    def with_fallbacks(self, models: Sequence[str]) -> EmbeddingClientBuilder[Client]:
        """Try these models, in order, when the first one fails.

        Vectors of different models don't compare: name the same model elsewhere. One call is
        answered by one model whole, and its response says which.
        """
        return self._set(fallbacks=tuple(models))

    def transport(self, transport: HttpTransport) -> EmbeddingClientBuilder[Client]:
        """Send through this transport, which the caller keeps and closes."""
        self._transport = transport
        return self

    def dimensions(self, count: int) -> EmbeddingClientBuilder[Client]:
        """Ask for vectors of this length, in place of the model's own."""
        return self._ask(dimensions=count)

    def input_type(self, kind: str) -> EmbeddingClientBuilder[Client]:
        """Say what the texts are: `query`, `document`, or a word of the provider's own."""
        return self._ask(input_type=kind)

    def encoding(self, encoding: Encoding) -> EmbeddingClientBuilder[Client]:
        """Have vectors sent as `float` or, smaller, as `base64`."""
        return self._ask(encoding=encoding)

    def truncate(self, allowed: bool = True) -> EmbeddingClientBuilder[Client]:
        """Have texts that are too long cut, or refused."""
        return self._ask(truncate=allowed)

    def extra(self, fields: JsonObject) -> EmbeddingClientBuilder[Client]:
        """Merge fields into every body as they are, for what has no standard name."""
        return self._ask(extra={**self._options.extra, **fields})

    def batch_size(self, count: int) -> EmbeddingClientBuilder[Client]:
        """Send so many texts in one request, at most; the provider's own limits hold anyway."""
        return self._cut(batch_size=_positive("batch_size", count))

    def max_concurrent(self, count: int) -> EmbeddingClientBuilder[Client]:
        """Send so many requests of one call at once, 4 unless told."""
        return self._cut(max_concurrent=_positive("max_concurrent", count))

    def count_tokens(self, counter: Callable[[str], int]) -> EmbeddingClientBuilder[Client]:
        """Count the tokens of a text with this, in place of estimating them."""
        return self._cut(count_tokens=counter)

    async def build(self) -> Client:
        """Return the client.

        Raises:
            ValueError: no model was set.
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found, for the model or one to fall back to.
            TransportError: a manifest is at an address that can't be reached.
        """
        settings = await prepared(self._settings, self._loader)
        return self._make(settings, self._transport, options=self._options, split=self._split)

    def _set(self, **settings: object) -> EmbeddingClientBuilder[Client]:
        self._settings = msgspec.structs.replace(self._settings, **settings)
        return self

    def _ask(self, **options: object) -> EmbeddingClientBuilder[Client]:
        self._options = msgspec.structs.replace(self._options, **options)
        return self

    def _cut(self, **options: object) -> EmbeddingClientBuilder[Client]:
        self._split = msgspec.structs.replace(self._split, **options)
        return self

    def __repr__(self) -> str:
        return f"EmbeddingClientBuilder({self._settings.model!r})"


def _positive(name: str, count: int) -> int:
    if count < 1:
        raise ValueError(f"{name} must be 1 or more, not {count}")
    return count
