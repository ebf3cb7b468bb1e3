# Generated from ai_lib/embeddings/client.py by codegen; do not edit.
"""EmbeddingClient: turns texts into vectors with one model of one provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from ai_lib.client.target.settings import CallOptions, ClientSettings
from ai_lib.embeddings.response import EmbeddingResponse
from ai_lib.embeddings.split import (
    EmbeddingOptions,
    EmbeddingRequest,
    SplitOptions,
    require_sequence,
)
from ai_lib.types.wire import check_optional_seconds

from .._runtime.backend import make_enterable
from ..client.loading import load_model, read_key
from ..client.model_client import ModelClient
from ..transport import HttpTransport
from .builder import EmbeddingClientBuilder
from .runner import EmbeddingCall

if TYPE_CHECKING:
    from ssl import SSLContext

    from ai_lib.transport.options import TransportOptions

    from ..transport.credentials.obtain import ApiKey


class EmbeddingClient(ModelClient):
    """Embeds texts with one model. Make it with `create` or `builder`; close it when done.

        with EmbeddingClient.create("provider/model") as client:
            vector = (client.embed("Hello!")).first.vector

    A client may be used from any number of tasks and threads at once.
    """

    def __init__(
        self,
        settings: ClientSettings,
        transport: HttpTransport | None = None,
        *,
        options: EmbeddingOptions | None = None,
        split: SplitOptions | None = None,
    ) -> None:
        super().__init__(settings, transport)
        self._options = options or EmbeddingOptions()
        self._split = split or SplitOptions()

    @classmethod
    @make_enterable
    def create(
        cls,
        model: str,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        dimensions: int | None = None,
        *,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        proxy: str | None = "environment",
        max_retries: int | None = None,
        ssl_context: SSLContext | None = None,
        http: TransportOptions | None = None,
    ) -> EmbeddingClient:
        """Return a client for `provider/model`, or for a model that a manifest lists by its name.

        Without `api_key` the key is looked up (environment, keyring); see the builder's `api_key`
        for functions that give one. `base_url` replaces the
        manifest's address. `dimensions` is the length of the vectors; the default is the model's
        own. `timeout` is the seconds of each call as a whole. Nothing is sent yet.
        `headers`, `proxy`, `max_retries`, `ssl_context` and `http` are as the builder's methods.

        Raises:
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found; the message says where it may be put.
        """
        api_key = key = read_key(api_key)  # no traceback shows it
        settings = load_model(
            model, key, base_url, timeout, headers, proxy, max_retries, ssl_context, http
        )
        return cls(settings, options=EmbeddingOptions(dimensions=dimensions))

    @classmethod
    def builder(cls) -> EmbeddingClientBuilder[EmbeddingClient]:
        """Return a builder, which has a method for every setting."""
        return EmbeddingClientBuilder(cls)

    @property
    def model(self) -> str:
        """The model, by the provider's name for it."""
        return self._target.model

    @property
    def provider(self) -> str:
        """The same as `provider_id`."""
        return self.provider_id

    @property
    def dimensions(self) -> int | None:
        """The length of the vectors: as requested, else the model's own, None if it is unknown."""
        if self._options.dimensions:
            return self._options.dimensions
        return self._target.listed.embedding.dimensions

    def embed(
        self,
        text: str,
        dimensions: int | None = None,
        *,
        input_type: str | None = None,
        truncate: bool | None = None,
        timeout: float | None = None,
    ) -> EmbeddingResponse:
        """Return a response whose `first` is the vector of the text; see `embed_batch`."""
        return self.embed_batch(
            [text], dimensions, input_type=input_type, truncate=truncate, timeout=timeout
        )

    def embed_batch(
        self,
        texts: Sequence[str] | EmbeddingRequest,
        dimensions: int | None = None,
        batch_size: int | None = None,
        *,
        input_type: str | None = None,
        truncate: bool | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
    ) -> EmbeddingResponse:
        """Return the vectors of all texts, in their order.

        An `EmbeddingRequest` in place of texts brings options of its own; arguments come before
        them. The texts are sent in as few requests as the provider allows, each with at most
        `batch_size` texts, several requests at once. `input_type` and `truncate` are as in
        `EmbeddingOptions`; `timeout` is the seconds of the whole call. When one request fails
        after its retries, the call fails.

        Raises:
            InvalidInput: a text is empty or too long; `index` says which. Nothing was sent.
            RequestError: there are no texts, or the model can't do what is asked. Nothing was sent.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            ResponseError: the response lacks a vector, or has one of another length.
            ResilienceError: the client's own limits or circuit breaker refused the call.
        """
        options, split = self._options, self._split
        if isinstance(texts, EmbeddingRequest):
            options, texts = texts.apply_to(options), texts.texts
        require_sequence(texts)
        arguments = {"dimensions": dimensions, "input_type": input_type, "truncate": truncate}
        overrides = {name: value for name, value in arguments.items() if value is not None}
        if overrides:
            options = msgspec.structs.replace(options, **overrides)
        if batch_size is not None:
            split = msgspec.structs.replace(split, batch_size=batch_size)
        call_options = CallOptions(
            timeout=check_optional_seconds("the timeout", timeout),
            fallbacks=None if fallbacks is None else tuple(fallbacks),
        )
        call = EmbeddingCall(
            self._transport, self._targets, self._interceptors, texts, options, split, call_options
        )
        return call.embed()
