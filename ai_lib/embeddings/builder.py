"""Builds an embedding client step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from ai_lib.client.target.settings import ClientSettings
from ai_lib.embeddings.split import EmbeddingOptions, Encoding, SplitOptions
from ai_lib.types.json import JsonObject

from ..client.builder import ClientBuilder
from ..client.loading import prepared
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


class EmbeddingClientBuilder(ClientBuilder, Generic[Client]):
    """Collects what a client is to be; each method sets one thing and returns the builder."""

    def __init__(self, make: Maker[Client]) -> None:
        super().__init__()
        self._make = make
        self._options = EmbeddingOptions()
        self._split = SplitOptions()

    def timeout(self, seconds: float) -> EmbeddingClientBuilder[Client]:
        """Bound each call as a whole, all its requests together."""
        return self._set(timeout=seconds)

    def with_fallbacks(self, models: Sequence[str]) -> EmbeddingClientBuilder[Client]:
        """Try these models, in order, when the first one fails.

        Vectors of different models don't compare: name the same model elsewhere. One call is
        answered by one model whole, and its response says which.
        """
        return self._set(fallbacks=tuple(models))

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
