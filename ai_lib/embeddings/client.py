"""EmbeddingClient: turns texts into vectors, by one model of one provider."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ai_lib.client.target.settings import CallOptions, ClientSettings
from ai_lib.embeddings.response import EmbeddingResponse
from ai_lib.embeddings.split import EmbeddingOptions, SplitOptions
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.types.secret import Secret

from ..client.execution.targets import TargetSet
from ..client.interceptors.chain import InterceptorChain
from ..client.loading import prepared
from ..transport import HttpTransport
from .builder import EmbeddingClientBuilder
from .runner import EmbeddingCall


class EmbeddingClient:
    """Embeds texts with one model. Make it with `create` or `builder`, close it when done.

        async with await EmbeddingClient.create("provider/model") as client:
            vector = (await client.embed("Hello!")).first.vector

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
        self._targets = TargetSet(settings)
        self._target = self._targets.first.target
        self._owns_transport = transport is None
        self._transport = transport or HttpTransport()
        self._company = InterceptorChain(settings.interceptors)
        self._options = options or EmbeddingOptions()
        self._split = split or SplitOptions()

    @classmethod
    async def create(
        cls,
        model: str,
        api_key: str | None = None,
        base_url: str | None = None,
        dimensions: int | None = None,
        *,
        timeout: float | None = None,
    ) -> EmbeddingClient:
        """Return a client for `provider/model`, or for a model that a manifest lists by its name.

        `api_key` is otherwise looked up (environment, keyring); `base_url` replaces the manifest's
        address; `dimensions` is the length of the vectors, else the model's own; `timeout` is
        seconds for each call as a whole. Nothing is sent yet.

        Raises:
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found; the message says where it may be put.
        """
        api_key = None if api_key is None else Secret(api_key)
        settings = ClientSettings(model=model, api_key=api_key, base_url=base_url, timeout=timeout)
        options = EmbeddingOptions(dimensions=dimensions)
        return cls(await prepared(settings), options=options)

    @classmethod
    def builder(cls) -> EmbeddingClientBuilder[EmbeddingClient]:
        """Return a builder, for everything `create` has no argument for."""
        return EmbeddingClientBuilder(cls)

    @property
    def model_id(self) -> str:
        """The model, as `provider/model`."""
        return self._target.model_id

    @property
    def model(self) -> str:
        """The model, by the name the provider knows."""
        return self._target.model

    @property
    def provider_id(self) -> str:
        """The provider's id."""
        return self._target.compiled.id

    @property
    def provider(self) -> str:
        """The same as `provider_id`."""
        return self.provider_id

    @property
    def manifest(self) -> ProtocolManifest:
        """The manifest in force."""
        return self._target.current().compiled.manifest

    @property
    def dimensions(self) -> int | None:
        """The length of the vectors: as asked for, else the model's, None when that is unknown."""
        embeddings = self._target.current().compiled.embeddings
        usual = embeddings.find_model(self._target.model).dimensions if embeddings else None
        return self._options.dimensions or usual

    async def embed(
        self,
        text: str,
        dimensions: int | None = None,
        *,
        input_type: str | None = None,
        truncate: bool | None = None,
        timeout: float | None = None,
    ) -> EmbeddingResponse:
        """Return the vector of one text, as `first`. The rest is as for `embed_batch`."""
        return await self.embed_batch(
            [text], dimensions, input_type=input_type, truncate=truncate, timeout=timeout
        )

    async def embed_batch(
        self,
        texts: Sequence[str],
        dimensions: int | None = None,
        batch_size: int | None = None,
        *,
        input_type: str | None = None,
        truncate: bool | None = None,
        timeout: float | None = None,
        fallbacks: Sequence[str] | None = None,
    ) -> EmbeddingResponse:
        """Return the vectors of all texts, in their order.

        They go out in as few requests as the provider allows, with `batch_size` texts at most, some
        of them at once. `input_type`, `truncate` are as in `EmbeddingOptions`; `timeout` is seconds
        for all of it. One request that fails for good fails the call.

        Raises:
            InvalidInput: a text is empty or too long; `index` says which. Nothing was sent.
            RequestError: there are no texts, or the model can't be asked this. Nothing was sent.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            ResponseError: the answer lacks a vector, or has one of another length.
            ResilienceError: the client's own limits or circuit breaker refused the call.
        """
        options, split = self._options, self._split
        asked = {"dimensions": dimensions, "input_type": input_type, "truncate": truncate}
        given = {name: value for name, value in asked.items() if value is not None}
        if given:
            options = msgspec.structs.replace(options, **given)
        if batch_size is not None:
            split = msgspec.structs.replace(split, batch_size=_positive(batch_size))
        call = CallOptions(
            timeout=timeout, fallbacks=None if fallbacks is None else tuple(fallbacks)
        )
        asking = EmbeddingCall(
            self._transport, self._targets, self._company, texts, options, split, call
        )
        return await asking.run()

    async def close(self) -> None:
        """Close the connections. Safe to call twice."""
        if self._owns_transport:
            await self._transport.aclose()

    async def __aenter__(self) -> EmbeddingClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"EmbeddingClient({self.model_id!r})"


def _positive(count: int) -> int:
    if count < 1:
        raise ValueError(f"batch_size must be 1 or more, not {count}")
    return count
