"""`MockProvider`: a provider on the loopback that needs no key and costs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ai_lib.testing.mock.providers import ManifestLike
from ai_lib.testing.mock.recorded_request import RecordedRequest
from ai_lib.testing.mock.reply import Reply, check_replies
from ai_lib.testing.mock.server import LoopbackServer
from ai_lib.testing.mock.service import ReplyChooser, Service

from ..._runtime.backend import make_enterable

if TYPE_CHECKING:
    from ...client import AiClient, AiClientBuilder

_KEY = "mock-key"
_PART = "mock-1"  # may stand in any address


class MockProvider:
    """A real HTTP/1.1 server on 127.0.0.1 that speaks the dialect of every provider it knows.

    It uses the client's manifests in reverse, so this library and the provider's own can both
    call it. The first part of a path names the provider; `base_url` returns the address for a
    client.

        >>> async with MockProvider([Reply(text="Hello!")]) as mock:
        ...     async with mock.client("provider/model") as client:
        ...         response = await client.chat().user("Hi").execute()

    Scripted `replies` are given in order, one a request. When they are used up, `choose_reply`
    may return one for a request. When it is absent or returns None, the request decides: see
    `testing/mock/default_replies.py`. The same requests in the same order get the same bytes.

    `manifests` adds providers: manifests, or paths of manifest files. Requests without a
    credential are refused in the provider's words, and so are unknown paths (404) and bodies
    that are not JSON (400).

    Raises:
        ProtocolError: one of `manifests` can't be read.
        TypeError: one of `replies` is no `Reply`.
    """

    def __init__(
        self,
        replies: Iterable[Reply] = (),
        *,
        manifests: Sequence[ManifestLike] = (),
        choose_reply: ReplyChooser | None = None,
    ) -> None:
        self._service = Service(check_replies(replies), manifests, choose_reply)
        self._server: LoopbackServer | None = None

    def start(self, port: int = 0) -> MockProvider:
        """Listen on `port` of 127.0.0.1 (0: any free port) until `stop`.

        Raises:
            OSError: the port is taken.
            RuntimeError: it was started before.
        """
        if self._server is not None:
            raise RuntimeError("this MockProvider was started before; make a new one")
        self._server = LoopbackServer(self._service.respond, port)
        return self

    def stop(self) -> None:
        """Close every connection and free the port; the recorded requests stay."""
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
        """Stop, as `stop` does."""
        self.stop()

    def base_url(self, provider: str) -> str:
        """Return the base URL of the mock of the provider with this id or alias.

        Raises:
            ManifestNotFound: there is no such provider.
            ProtocolError: its dialect can't be mocked.
        """
        mocked = self._service.providers.find(provider)
        return f"http://127.0.0.1:{self._running_server.port}/{mocked.manifest.id}"

    @make_enterable
    async def client(self, model: str, **options: Any) -> AiClient:
        """Return a client for `provider/model` that calls this server.

        `options` are passed to `AiClient.create`; the key is a dummy unless they give one.
        """
        from ...client import AiClient

        provider = model.partition("/")[0]
        if self._list_variables(provider):
            builder = self.builder(model)
            for name, value in options.items():
                getattr(builder, name)(value)
            return await builder.build()
        client_options = {"api_key": _KEY, "base_url": self.base_url(provider), **options}
        return await AiClient.create(model, **client_options)

    def builder(self, model: str) -> AiClientBuilder[AiClient]:
        """Return the builder of such a client, for further settings."""
        from ...client import AiClient

        provider = model.partition("/")[0]
        builder = AiClient.builder().model(model).api_key(_KEY).base_url(self.base_url(provider))
        return builder.variable(**dict.fromkeys(self._list_variables(provider), _PART))

    def _list_variables(self, provider: str) -> list[str]:
        """List the parts of the provider's addresses that a caller gives."""
        variables = self._service.providers.find(provider).manifest.variables
        return [name for name, variable in variables.items() if variable.by is None]

    def enqueue(self, *replies: Reply) -> None:
        """Append replies to the script.

        Raises:
            TypeError: one of `replies` is no `Reply`.
        """
        self._service.enqueue(check_replies(replies))

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every request received so far, oldest first."""
        return self._service.requests

    @property
    def connections(self) -> int:
        """The number of connections accepted so far."""
        return self._server.accepted if self._server else 0

    @property
    def providers(self) -> tuple[str, ...]:
        """The ids of the providers that it can mock."""
        return self._service.providers.names

    @property
    def _running_server(self) -> LoopbackServer:
        if self._server is None or not self._server.is_running:
            raise RuntimeError("the MockProvider is not running: use it in a `with` block")
        return self._server

    def __repr__(self) -> str:
        server = self._server
        state = "stopped"
        if server is not None and server.is_running:
            state = f"http://127.0.0.1:{server.port}"
        return (
            f"MockProvider({state}, requests={len(self.requests)}, "
            f"scripted={self._service.scripted_count})"
        )
