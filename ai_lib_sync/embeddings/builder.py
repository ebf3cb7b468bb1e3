# Generated from ai_lib/embeddings/builder.py by codegen; do not edit.
"""EmbeddingClientBuilder: collects the settings of an embedding client, and makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import msgspec

from ai_lib.client.target.settings import ClientSettings
from ai_lib.embeddings.split import EmbeddingOptions, Encoding, SplitOptions
from ai_lib.types.json import JsonObject

from .._runtime.backend import make_enterable
from ..client.builder import ClientBuilder
from ..transport import HttpTransport

Client = TypeVar("Client", covariant=True)


class ClientMaker(Protocol[Client]):
    """Makes a client of its settings."""

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
    """Collects the settings of an EmbeddingClient; each method sets one and returns the builder.

    A timeout bounds each call as a whole, all its requests together. Vectors of different models
    don't compare, so a fallback should be the same model elsewhere. One model answers a whole
    call, and the response names it.
    """

    def __init__(self, make: ClientMaker[Client]) -> None:
        super().__init__()
        self._make = make
        self._options = EmbeddingOptions()
        self._split = SplitOptions()

    def dimensions(self, count: int) -> EmbeddingClientBuilder[Client]:
        """Request vectors of this length, in place of the model's own."""
        return self._set_options(dimensions=count)

    def input_type(self, kind: str) -> EmbeddingClientBuilder[Client]:
        """Set what the texts are: `query`, `document`, or a word of the provider."""
        return self._set_options(input_type=kind)

    def encoding(self, encoding: Encoding) -> EmbeddingClientBuilder[Client]:
        """Set how vectors are sent: as `float` or, smaller, as `base64`."""
        return self._set_options(encoding=encoding)

    def truncate(self, allowed: bool = True) -> EmbeddingClientBuilder[Client]:
        """Set whether the provider cuts texts that are too long, or refuses them."""
        return self._set_options(truncate=allowed)

    def extra(self, fields: JsonObject) -> EmbeddingClientBuilder[Client]:
        """Merge fields into every body unchanged, for what has no standard name."""
        return self._set_options(extra={**self._options.extra, **fields})

    def batch_size(self, count: int) -> EmbeddingClientBuilder[Client]:
        """Set how many texts one request has at most; the provider's own limits hold anyway."""
        return self._set_split(batch_size=count)

    def max_concurrent(self, count: int) -> EmbeddingClientBuilder[Client]:
        """Set how many requests of one call are sent at once; the default is 4."""
        return self._set_split(max_concurrent=count)

    def count_tokens(self, counter: Callable[[str], int]) -> EmbeddingClientBuilder[Client]:
        """Count the tokens of a text with this function, in place of estimating them."""
        return self._set_split(count_tokens=counter)

    @make_enterable
    def build(self) -> Client:
        """Return the client.

        Raises:
            ValueError: no model was set.
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found, for the model or a fallback.
            TransportError: a manifest is at an address that can't be reached.
        """
        settings = self._load_settings()
        return self._make(settings, self._transport, options=self._options, split=self._split)

    def _set_options(self, **options: object) -> EmbeddingClientBuilder[Client]:
        self._options = msgspec.structs.replace(self._options, **options)
        return self

    def _set_split(self, **options: object) -> EmbeddingClientBuilder[Client]:
        self._split = msgspec.structs.replace(self._split, **options)
        return self
