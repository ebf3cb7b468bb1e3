"""An MCP server by HTTP: each message is a request, its response JSON or a stream of messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from ai_lib.errors.exceptions import AiLibError, ConnectionLost, ResponseTooLarge
from ai_lib.errors.mcp import McpAuthRequired, McpError, McpServerGone
from ai_lib.mcp.wire.headers import Headers, make_headers, parse_challenge
from ai_lib.mcp.wire.messages import (
    MessageRegistry,
    PendingRequest,
    decode_message,
    encode_message,
    make_notification,
)
from ai_lib.mcp.wire.revisions import is_stateless
from ai_lib.pipeline.decoders.frame import Frame
from ai_lib.pipeline.decoders.sse import SseDecoder
from ai_lib.types.json import JsonObject, as_object
from ai_lib.types.secret import list_secret_forms
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from ..._runtime.backend import fail_after
from ...transport import HttpResponse, HttpTransport

_SECRETS: Final = frozenset({"authorization", "mcp-session-id"})
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_TIMEOUTS: Final = TimeoutOptions(idle=None)
_GRACE: Final = 2.0
_MAX_ERROR: Final = 300


class TokenSource(Protocol):
    """Gives the token that a server is sent."""

    async def fetch_token(
        self, challenge: McpAuthRequired | None, transport: HttpTransport
    ) -> str | None:
        """Return the token; `challenge` says why the last one was refused."""
        ...


class SessionLost(McpError):
    """The server knows the session no more; it did nothing."""


class StreamableHttpTransport:
    """One server by HTTP; any tasks and threads may use it at once."""

    def __init__(
        self,
        registry: MessageRegistry,
        url: str,
        *,
        http: HttpTransport,
        headers: Headers,
        token_source: TokenSource | None,
        mirror: Callable[[JsonObject], Headers],
        max_message: int,
    ) -> None:
        self._registry = registry
        self._url = url
        self._http = http
        self._headers = headers
        self._token_source = token_source
        self._mirror = mirror
        self._max_message = max_message
        self._session: str | None = None
        self._is_lost = False
        self._streams: dict[int, tuple[HttpResponse, SseDecoder]] = {}
        self.is_alive = False

    process_id = None

    async def open(self) -> None:
        """Do nothing: each request connects by itself."""
        self.is_alive = True

    async def send(self, request: PendingRequest) -> None:
        """Send a request and read its response, unless that is a stream.

        Raises:
            SessionLost: the server knows the session no more.
            McpAuthRequired: it wants a token.
            McpError: it refused the request, or does not speak the protocol.
            AiLibError: no bytes could be exchanged.
        """
        response = await self._post(request.message)
        try:
            if request.method == "initialize":
                self._session = response.headers.get("mcp-session-id")
            media_type = (response.headers.get("content-type") or "").split(";")[0].strip()
            if media_type.lower() == "text/event-stream" and response.status == 200:
                self._streams[request.id] = response, SseDecoder(self._max_message)
                return
            await self._read_plain(request, response)
        except BaseException:
            await response.aclose()
            raise

    async def _post(self, message: JsonObject) -> HttpResponse:
        """Send a message; once more with another token where the first is refused."""
        response = await self._post_once(message, None)
        if response.status not in (401, 403):
            return response
        error = await self._read_challenge(response)
        if self._token_source is None or (response.status == 403 and error.error is None):
            raise error
        response = await self._post_once(message, error)
        if response.status in (401, 403):
            raise await self._read_challenge(response)
        return response

    async def _post_once(
        self, message: JsonObject, challenge: McpAuthRequired | None
    ) -> HttpResponse:
        headers = [*make_headers(message, self._registry.version), *self._headers]
        headers += await self._make_own_headers(challenge)
        if message.get("method") == "tools/call" and is_stateless(self._registry.version):
            headers += self._mirror(as_object(message.get("params")))
        return await self._send(
            HttpRequest(
                url=self._url,
                headers=tuple(headers),
                body=encode_message(message),
                secrets=_SECRETS | {name.lower() for name, _ in self._headers},
            )
        )

    async def _make_own_headers(self, challenge: McpAuthRequired | None) -> list[tuple[str, str]]:
        headers = []
        if self._token_source is not None:
            token = await self._token_source.fetch_token(challenge, self._http)
            if token:
                headers.append(("Authorization", f"Bearer {token}"))
        if self._session is not None:
            headers.append(("Mcp-Session-Id", self._session))
        return headers

    async def _send(self, request: HttpRequest) -> HttpResponse:
        response = await self._http.send(request, _TIMEOUTS)
        if response.status in _REDIRECTS:
            location = response.headers.get("location") or "elsewhere"
            await response.aclose()
            raise McpError(
                f"{self._registry.server} redirects to {location[:200]}, which is not followed: a "
                "token must not go elsewhere; if it is the right address, give that one",
                server=self._registry.server,
                code=response.status,
            )
        return response

    async def _read_challenge(self, response: HttpResponse) -> McpAuthRequired:
        scheme, parameters = parse_challenge(response.headers.get("www-authenticate"))
        await response.drain()
        wish = "wants a token" if response.status == 401 else "wants a token that allows more"
        reason = parameters.get("error_description") or parameters.get("error")
        return McpAuthRequired(
            f"{self._registry.server} {wish}{f': {reason}' if reason else ''}; give it by auth=",
            server=self._registry.server,
            status=response.status,
            scheme=scheme,
            parameters=parameters,
        )

    async def _read_plain(self, request: PendingRequest, response: HttpResponse) -> None:
        body = await response.read(self._max_message)
        try:
            self._registry.read(decode_message(body), only=request)
        except ValueError:
            pass
        if request.is_done and (request.error is None or response.status == 200):
            return
        text = _redact(body.decode("utf-8", "replace"), response.request)[:_MAX_ERROR]
        if self._session is not None and request.method != "initialize":
            if response.status == 404 or (response.status == 400 and "session" in text.lower()):
                self._is_lost = True
                raise SessionLost(
                    f"{self._registry.server} knows the session no more",
                    server=self._registry.server,
                    code=response.status,
                )
        if request.is_done:
            return
        raise McpError(
            f"{self._registry.server} responded with status {response.status} and no message: "
            f"{text!r}",
            server=self._registry.server,
            code=response.status,
        )

    async def receive(self, request: PendingRequest) -> list[JsonObject]:
        """Wait for the answer; return early with what the server asks for meanwhile.

        Raises:
            McpServerGone: the stream ended before the answer.
            McpError: a message is no message, or too large.
        """
        stream = self._streams.get(request.id)
        if stream is None or request.is_done:
            return []
        response, decoder = stream
        while not request.is_done:
            try:
                data = await response.__anext__()
            except StopAsyncIteration:
                frames, is_end = decoder.close(), True
            except ConnectionLost as error:
                raise self._broke_off() from error
            else:
                frames, is_end = self._feed(decoder, data), False
            server_requests = [
                part
                for frame in frames
                for part in self._registry.read(self._decode(frame.data), only=request)
            ]
            if server_requests:
                return server_requests
            if is_end and not request.is_done:
                raise self._broke_off()
        return []

    def _feed(self, decoder: SseDecoder, data: bytes) -> list[Frame]:
        try:
            return decoder.feed(data)
        except ResponseTooLarge as error:
            raise McpError(
                f"{self._registry.server} sent a message of more than {error.limit} bytes; raise "
                "max_result (a message may have eight times as much)",
                server=self._registry.server,
            ) from error

    def _decode(self, data: bytes) -> object:
        try:
            return decode_message(data)
        except ValueError as error:
            raise McpError(
                f"{self._registry.server} sent what is no message: {data[:100]!r}",
                server=self._registry.server,
            ) from error

    def _broke_off(self) -> McpServerGone:
        return McpServerGone(
            f"the answer of {self._registry.server} broke off", server=self._registry.server
        )

    async def notify(self, message: JsonObject) -> None:
        """Send a message that wants no answer. Raises as `send`."""
        response = await self._post(message)
        await response.drain()

    async def cancel(self, request: PendingRequest) -> None:
        """Tell the server that an answer is not wish any more.

        Without sessions, closing the stream says so.
        """
        await self.release(request)
        if is_stateless(self._registry.version):
            return
        params = {"requestId": request.id, "reason": "the caller cancelled it"}
        try:
            with fail_after(_GRACE):
                await self.notify(make_notification("notifications/cancelled", params))
        except (AiLibError, TimeoutError):
            pass

    async def release(self, request: PendingRequest) -> None:
        """Close the stream of a request."""
        stream = self._streams.pop(request.id, None)
        if stream is not None:
            if request.is_done:
                await stream[0].drain()
            else:
                await stream[0].aclose()

    def kill(self) -> None:
        """Do nothing: the connections are the transport's."""

    async def aclose(self) -> None:
        """End the session, if there is one."""
        self.is_alive = False
        if self._session is None or self._is_lost:
            return
        try:
            headers = [*self._headers, *await self._make_own_headers(None)]
            if self._registry.version is not None:
                headers.append(("MCP-Protocol-Version", self._registry.version))
            with fail_after(_GRACE):
                response = await self._send(
                    HttpRequest(
                        method="DELETE", url=self._url, headers=tuple(headers), secrets=_SECRETS
                    )
                )
                await response.drain()
        except (AiLibError, TimeoutError):
            pass
        self._session = None


def _redact(text: str, request: HttpRequest) -> str:
    """Return a server's text without the secrets that it was sent."""
    for secret in request.secret_values():
        for form in list_secret_forms(secret):
            text = text.replace(form, "***")
    return text
