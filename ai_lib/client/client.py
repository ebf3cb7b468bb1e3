"""AiClient: talks to one model of one provider."""

from __future__ import annotations

from ai_lib.client.explain import Explanation
from ai_lib.client.settings import ClientSettings
from ai_lib.client.target import Target
from ai_lib.protocol.manifest import ProtocolManifest
from ai_lib.types.request import ChatRequest

from ..transport import HttpTransport
from .builder import AiClientBuilder
from .calls import Calls
from .chat import ChatRequestBuilder
from .opening import open_target


class AiClient:
    """Talks to one model. Make it with `create` or `builder`, close it when done.

        async with await AiClient.create("provider/model") as client:
            reply = await client.chat().user("Hello!").execute()

    A client may be used from any number of tasks and threads at once.
    """

    def __init__(self, target: Target, transport: HttpTransport | None = None) -> None:
        self._target = target
        self._owns_transport = transport is None
        self._transport = transport or HttpTransport()
        self._calls = Calls(self._transport, target)

    @classmethod
    async def create(
        cls,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
    ) -> AiClient:
        """Return a client for `provider/model`, or for a model that a manifest lists by its name.

        `api_key` is otherwise looked up (environment, keyring); `base_url` replaces the manifest's
        address; `timeout` is seconds. Nothing is sent yet.

        Raises:
            ProtocolError: there is no such provider, or its manifest can't be used.
            CredentialError: no API key was found; the message says where it may be put.
        """
        settings = ClientSettings(model=model, api_key=api_key, base_url=base_url, timeout=timeout)
        return cls(await open_target(settings))

    @classmethod
    def builder(cls) -> AiClientBuilder[AiClient]:
        """Return a builder, for everything `create` has no argument for."""
        return AiClientBuilder(cls)

    @property
    def model_id(self) -> str:
        """The model, as `provider/model`."""
        return f"{self._target.compiled.id}/{self._target.model}"

    @property
    def provider_id(self) -> str:
        """The provider's id."""
        return self._target.compiled.id

    @property
    def manifest(self) -> ProtocolManifest:
        """The manifest in force."""
        return self._target.current().compiled.manifest

    def explain(self, request: ChatRequest | None = None) -> Explanation:
        """Return what a call would be: the request as a curl command without the key, what was
        renamed or left out, and the limits, retries and prices that apply. Nothing is sent.

        `request` is what a builder's `build()` gives; without it, a question of one word.

        Raises:
            RequestError: the target can't be asked this.
        """
        return self._target.current().explain(request)

    def chat(self) -> ChatRequestBuilder:
        """Begin a chat request."""
        return ChatRequestBuilder(self._calls)

    async def close(self) -> None:
        """Close the connections. Safe to call twice."""
        if self._owns_transport:
            await self._transport.aclose()

    async def __aenter__(self) -> AiClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AiClient({self.model_id!r})"
