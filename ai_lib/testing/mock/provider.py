"""`MockProvider`: a provider of one's own, on the loopback, that needs no key and costs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ai_lib.testing.mock.providers import ManifestLike
from ai_lib.testing.mock.recorded_request import RecordedRequest
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.server import LoopbackServer
from ai_lib.testing.mock.service import Chooser, Service

if TYPE_CHECKING:
    from ...client import AiClient, AiClientBuilder

_KEY = "mock-key"


class MockProvider:
    """A real HTTP/1.1 server on 127.0.0.1 that speaks the dialect of every provider it knows.

    It reads the same manifests as the client, backwards, so that whoever speaks to a provider can
    speak to it: this library, or the provider's own. The first part of a path says which provider
    is meant; `base_url` gives the address to hand to a client.

        >>> async with MockProvider([Reply(text="Hello!")]) as mock:
        ...     async with await mock.client("provider/model") as client:
        ...         response = await client.chat().user("Hi").execute()

    Scripted `replies` are given in order, one a request. When they are used up, `answer` may
    return one for a request; when that is absent or returns None, the request decides: see
    `testing/mock/default_replies.py`. The same requests in the same order get the same bytes.

    `manifests` are further providers: manifests, or paths of manifest files. Requests without a
    credential are refused as the provider refuses them, and so are unknown paths (404) and
    bodies that are not JSON (400).

    Raises:
        ProtocolError: one of `manifests` can't be read.
    """

    def __init__(
        self,
        replies: Iterable[Reply] = (),
        *,
        manifests: Sequence[ManifestLike] = (),
        answer: Chooser | None = None,
    ) -> None:
        self._service = Service(replies, manifests, answer)
        self._server: LoopbackServer | None = None

    def start(self, port: int = 0) -> MockProvider:
        """Listen on `port` of 127.0.0.1 (0: any free one), as a `with` block does; `stop` ends it.

        Raises:
            OSError: the port is taken.
        """
        if self._server is not None:
            raise RuntimeError("this MockProvider was started before; make a new one")
        self._server = LoopbackServer(self._service.answer, port)
        return self

    def stop(self) -> None:
        """Close every connection and free the port; what was recorded stays."""
        if self._server is not None:
            self._server.stop()

    async def __aenter__(self) -> MockProvider:
        return self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """The same as `stop`."""
        self.stop()

    def base_url(self, provider: str) -> str:
        """Return the address that stands in for the provider of that id or alias.

        Raises:
            ManifestNotFound: there is no such provider.
            ProtocolError: its dialect can't be imitated.
        """
        found = self._service.roster.find(provider)
        return f"http://127.0.0.1:{self._running.port}/{found.manifest.id}"

    async def client(self, model: str, **options: Any) -> AiClient:
        """Return a client for `provider/model` that speaks to this server.

        `options` go to `AiClient.create`; the key is a dummy unless they give one.
        """
        from ...client import AiClient

        provider = model.partition("/")[0]
        given = {"api_key": _KEY, "base_url": self.base_url(provider), **options}
        return await AiClient.create(model, **given)

    def builder(self, model: str) -> AiClientBuilder[AiClient]:
        """Return a builder of a client as `client` gives one, for further settings."""
        from ...client import AiClient

        provider = model.partition("/")[0]
        return AiClient.builder().model(model).api_key(_KEY).base_url(self.base_url(provider))

    def enqueue(self, *replies: Reply) -> None:
        """Append replies to the script."""
        self._service.enqueue(replies)

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every request received so far, oldest first."""
        return self._service.requests

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        return self._server.accepted if self._server else 0

    @property
    def providers(self) -> tuple[str, ...]:
        """The ids of the providers it can stand in for."""
        return self._service.roster.names

    @property
    def _running(self) -> LoopbackServer:
        if self._server is None or not self._server.is_running:
            raise RuntimeError("the MockProvider is not running: use it in a `with` block")
        return self._server

    def __repr__(self) -> str:
        server = self._server
        where = "stopped"
        if server is not None and server.is_running:
            where = f"http://127.0.0.1:{server.port}"
        return (
            f"MockProvider({where}, requests={len(self.requests)}, "
            f"scripted={self._service.scripted})"
        )
