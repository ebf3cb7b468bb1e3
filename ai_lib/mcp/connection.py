"""A connection to one MCP server: opened when it is needed, and again when it was lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from ai_lib._log import LOG
from ai_lib.errors.exceptions import AiLibError, ConnectionLost
from ai_lib.errors.mcp import McpError, McpInputRequired, McpServerGone, McpTimeout
from ai_lib.mcp.options import McpOptions, write_elicitation, write_roots
from ai_lib.mcp.wire.messages import (
    MessageRegistry,
    PendingRequest,
    Progress,
    make_answer,
    make_notification,
    make_refusal,
)
from ai_lib.mcp.wire.revisions import (
    STATELESS,
    ServerMetadata,
    is_stateless,
    list_shared_versions,
    make_envelope,
    make_initialization,
    read_discovery,
    read_initialization,
)
from ai_lib.types.json import JsonDict, JsonObject, as_list, as_object

from .._runtime.backend import Event, Lock, fail_after, maybe_await, now, shield, sleep
from .transports.streamable_http import SessionLost

_MAX_ROUNDS: Final = 10
_MAX_PAGES: Final = 100
_PROBE_SECONDS: Final = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.25
_INTERNAL_ERROR: Final = -32603
# What must not be cancelled: the server has no answer to give up yet.
_OPENING: Final = ("initialize", "server/discover")


class McpTransport(Protocol):
    """One way to a server, from `open` to `aclose`."""

    @property
    def is_alive(self) -> bool:
        """Whether requests may be sent."""
        ...

    @property
    def process_id(self) -> int | None:
        """The number of the server's process, where it is a child of this one."""
        ...

    async def open(self) -> None: ...
    async def send(self, request: PendingRequest) -> None: ...
    async def receive(self, request: PendingRequest) -> list[JsonObject]: ...
    async def notify(self, message: JsonObject) -> None: ...
    async def cancel(self, request: PendingRequest) -> None: ...
    async def release(self, request: PendingRequest) -> None: ...
    async def aclose(self) -> None: ...
    def kill(self) -> None: ...


class OpenConnection:
    """A transport with what was settled over it."""

    def __init__(self, registry: MessageRegistry, transport: McpTransport) -> None:
        self.registry = registry
        self.transport = transport
        self.metadata: ServerMetadata | None = None


class McpConnection:
    """Sends requests to one server, from any tasks and threads at once."""

    def __init__(
        self,
        server: str,
        options: McpOptions,
        make_transport: Callable[[MessageRegistry], McpTransport],
        on_notification: Callable[[str, JsonObject], object],
        on_open: Callable[[], object],
    ) -> None:
        self.server = server
        self.options = options
        self._make_transport = make_transport
        self._on_notification = on_notification
        self._on_open = on_open
        self._opening = Lock()
        self._current: OpenConnection | None = None
        self._version: str | None = None
        self._was_opened = False
        self._is_closed = False

    @property
    def metadata(self) -> ServerMetadata | None:
        """What the server said of itself; None before it was opened."""
        return None if self._current is None else self._current.metadata

    @property
    def is_alive(self) -> bool:
        """Whether it is open now."""
        return self._current is not None and self._current.transport.is_alive

    @property
    def pending_count(self) -> int:
        """The number of requests that wait for an answer."""
        return 0 if self._current is None else self._current.registry.pending_count

    @property
    def process_id(self) -> int | None:
        """The number of the server's process, where it is a child of this one."""
        return None if self._current is None else self._current.transport.process_id

    async def open(self) -> OpenConnection:
        """Open the connection, unless it is open.

        Raises:
            McpServerGone: the server can't be started, or it ended and is not to start again.
            McpTimeout: it takes too long.
            McpError: it was closed here, or does not speak the protocol.
        """
        current = self._current
        if current is not None and current.transport.is_alive:
            return current
        async with self._opening:
            current = self._current
            if current is not None and current.transport.is_alive:
                return current
            self._check_may_open()
            if current is not None:
                await self._close(current)
            self._current = current = await self._open_in_time()
            self._was_opened = True
            self._on_open()
            return current

    def _check_may_open(self) -> None:
        if self._is_closed:
            raise McpError(f"{self.server} was closed; make another one", server=self.server)
        if self._was_opened and not self.options.restart:
            raise McpServerGone(
                f"{self.server} has ended, and restart=False", server=self.server, never_sent=True
            )

    async def _open_in_time(self) -> OpenConnection:
        seconds = self.options.start_timeout
        try:
            with fail_after(seconds):
                return await self._open_new()
        except TimeoutError as error:
            if isinstance(error, AiLibError):
                raise
            raise McpTimeout(
                f"{self.server} did not start within {seconds} s (start_timeout)",
                server=self.server,
                seconds=seconds,
            ) from None

    async def _open_new(self) -> OpenConnection:
        """Open a transport and settle on a revision; once more without asking for the newest one.

        Old servers may end when the first message is not `initialize`.
        """
        probes = self._version is None or is_stateless(self._version)
        try:
            return await self._open_transport(probes=probes)
        except McpServerGone as error:
            if not probes or error.never_sent:
                raise
            return await self._open_transport(probes=False)

    async def _open_transport(self, *, probes: bool) -> OpenConnection:
        envelope = make_envelope(
            self.options.capabilities(), "info" if self.options.on_log is not None else None
        )
        registry = MessageRegistry(self.server, envelope, self._on_notification)
        current = OpenConnection(registry, self._make_transport(registry))
        try:
            await current.transport.open()
            current.metadata = await self._negotiate(current, probes=probes)
        except BaseException:
            await self._close(current)
            raise
        self._version = registry.version = current.metadata.version
        return current

    async def _close(self, current: OpenConnection) -> None:
        with shield():
            await current.transport.aclose()

    async def _negotiate(self, current: OpenConnection, *, probes: bool) -> ServerMetadata:
        metadata = await self._discover(current) if probes else None
        if metadata is not None:
            return metadata
        params = make_initialization(self.options.capabilities())
        try:
            result = await self._exchange(current, "initialize", params, None)
        except McpError as error:
            # A server that read the first question late is of the new era by now.
            if not list_shared_versions(error) or (second := await self._discover(current)) is None:
                raise
            return second
        metadata = read_initialization(result, self.server)
        current.registry.version = metadata.version
        await current.transport.notify(make_notification("notifications/initialized"))
        return metadata

    async def _discover(self, current: OpenConnection) -> ServerMetadata | None:
        """Ask for a revision without sessions; None where the server has none."""
        try:
            result = await self._exchange(
                current, "server/discover", {}, _PROBE_SECONDS, version=STATELESS[-1]
            )
        except McpTimeout:
            return None
        except McpError as error:
            if error.code in (None, 401, 403):
                raise
            list_shared_versions(error)
            return None
        return read_discovery(result)

    async def request(
        self,
        method: str,
        params: JsonObject | None = None,
        *,
        timeout: float | None = None,
        on_progress: Progress | None = None,
    ) -> JsonObject:
        """Send a request and return its result; answer what the server asks for meanwhile.

        Raises:
            McpServerGone: the server ended; the request is not repeated if it may have seen it and
                it is a call of a tool.
            McpTimeout: it took too long.
            McpInputRequired: the server asks for what no callback answers.
            McpError: it responded with an error.
            AiLibError: no bytes could be exchanged.
        """
        written: JsonDict = dict(params or {})
        pause = _FIRST_PAUSE
        for _ in range(_MAX_ROUNDS):
            result = await self._request_again(method, written, timeout, on_progress)
            if result.get("resultType") != "input_required":
                return result
            inputs = as_object(result.get("inputRequests"))
            if not inputs:
                await sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            written["inputResponses"] = await self._answer_inputs(inputs)
            state = result.get("requestState")
            if state is not None:
                written["requestState"] = state
        raise McpError(
            f"{self.server} asked for input {_MAX_ROUNDS} times; it was not asked again",
            server=self.server,
        )

    async def _request_again(
        self, method: str, params: JsonObject, timeout: float | None, on_progress: Progress | None
    ) -> JsonObject:
        """Send a request; once more on a new connection, where that can't do the work twice."""
        seconds = self.options.timeout if timeout is None else timeout
        current = await self.open()
        try:
            return await self._exchange(current, method, params, seconds, on_progress=on_progress)
        except (SessionLost, McpServerGone, ConnectionLost) as error:
            await self._drop(current)
            if not self._may_repeat(method, error):
                raise
        current = await self.open()
        return await self._exchange(current, method, params, seconds, on_progress=on_progress)

    def _may_repeat(self, method: str, error: AiLibError) -> bool:
        if isinstance(error, SessionLost):
            return True
        if not self.options.restart or self._is_closed:
            return False
        if isinstance(error, McpServerGone):
            return error.never_sent or method != "tools/call"
        return method != "tools/call" or not getattr(error, "request_sent", True)

    async def _drop(self, broken: OpenConnection) -> None:
        """Forget a connection, unless another caller did so before."""
        if self._current is broken:
            self._current = None
            await self._close(broken)

    async def _exchange(
        self,
        current: OpenConnection,
        method: str,
        params: JsonObject,
        seconds: float | None,
        *,
        version: str | None = None,
        on_progress: Progress | None = None,
    ) -> JsonObject:
        registry, transport = current.registry, current.transport
        request = registry.make_request(
            method, params, Event(), version=version, on_progress=on_progress
        )
        try:
            await self._wait_for(request, transport, seconds)
        except AiLibError:
            raise
        except BaseException as error:
            registry.forget(request)
            if method not in _OPENING:
                with shield():
                    await transport.cancel(request)
            if not isinstance(error, TimeoutError):
                raise
            raise McpTimeout(
                f"{self.server}: {method} took longer than {seconds} s (timeout)",
                server=self.server,
                seconds=seconds,
            ) from None
        finally:
            registry.forget(request)
            await transport.release(request)
        return request.outcome()

    async def _wait_for(
        self, request: PendingRequest, transport: McpTransport, seconds: float | None
    ) -> None:
        """Send a request and wait for its answer; callbacks take time of their own."""
        is_sent = False
        while not request.is_done:
            began = now()
            with fail_after(seconds):
                if not is_sent:
                    await transport.send(request)
                    is_sent = True
                server_requests = await transport.receive(request)
            if seconds is not None:
                seconds = max(0.0, seconds - (now() - began))
            for message in server_requests:
                await self._answer(transport, message)

    async def _answer(self, transport: McpTransport, message: JsonObject) -> None:
        """Answer a request of the server."""
        method = str(message["method"])
        try:
            result = await self._find_answer(method, as_object(message.get("params")))
        except Exception as error:  # noqa: BLE001 (the server is told)
            LOG.warning("the callback for %s of %s failed", method, self.server, exc_info=True)
            reason = f"the callback failed: {type(error).__name__}"
            await transport.notify(make_refusal(message, reason, _INTERNAL_ERROR))
            return
        except BaseException:
            with shield():
                await transport.notify(make_refusal(message, "cancelled", _INTERNAL_ERROR))
            raise
        if result is None:
            await transport.notify(make_refusal(message, f"this client does not offer {method}"))
        else:
            await transport.notify(make_answer(message, result))

    async def _answer_inputs(self, inputs: JsonObject) -> JsonDict:
        """Return the answers to what a result asks for, by its keys."""
        answers: JsonDict = {}
        for key, message in inputs.items():
            fields = as_object(message)
            method = str(fields.get("method"))
            answer = await self._find_answer(method, as_object(fields.get("params")))
            if answer is None:
                raise McpInputRequired(
                    f"{self.server} asks for {method}, and there is no callback for it: give "
                    f"{_CALLBACKS.get(method, 'another server')}",
                    server=self.server,
                    requests=[as_object(part) for part in inputs.values()],
                )
            answers[key] = answer
        return answers

    async def _find_answer(self, method: str, params: JsonObject) -> JsonObject | None:
        """Return the answer to what a server asks; None where there is no callback for it."""
        options = self.options
        if method == "ping":
            return {}
        if method == "sampling/createMessage" and options.on_sampling is not None:
            return as_object(await maybe_await(options.on_sampling(params)))
        if method == "elicitation/create" and options.on_elicitation is not None:
            return write_elicitation(await maybe_await(options.on_elicitation(params)))
        if method == "roots/list" and options.on_roots is not None:
            return write_roots(await maybe_await(options.on_roots()))
        return None

    async def list_all(self, method: str, key: str) -> tuple[list[JsonObject], JsonObject]:
        """Return the items of all pages of a list, and the last page.

        A hundred pages are read at most, and a cursor is followed once.
        """
        items: list[JsonObject] = []
        cursors: set[object] = set()
        params: JsonDict = {}
        page: JsonObject = {}
        while len(cursors) < _MAX_PAGES:
            page = await self.request(method, params)
            items += map(as_object, as_list(page.get(key)))
            cursor = page.get("nextCursor")
            if not isinstance(cursor, str) or cursor in cursors:
                break
            cursors.add(cursor)
            params = {"cursor": cursor}
        return items, page

    async def aclose(self) -> None:
        """Close the connection; requests under way end with McpServerGone."""
        self._is_closed = True
        current, self._current = self._current, None
        if current is not None:
            await self._close(current)

    def kill(self) -> None:
        """End the server at once, without waiting; safe in a finalizer."""
        current, self._current = self._current, None
        if current is not None:
            current.transport.kill()


_CALLBACKS: Final = {
    "sampling/createMessage": "on_sampling=",
    "elicitation/create": "on_elicitation=",
    "roots/list": "on_roots=",
}
