"""JSON-RPC 2.0 with one MCP server: requests that wait, and what the server sends."""

import json
from collections.abc import Callable, Mapping
from itertools import count
from threading import Lock
from typing import Final, Protocol

import msgspec

from ai_lib._log import LOG
from ai_lib._runtime.forks import LocalState
from ai_lib.errors.mcp import McpError
from ai_lib.mcp.wire.revisions import META, is_stateless
from ai_lib.types.json import JsonDict, JsonObject, JsonValue, as_object, encode_json, is_object

Progress = Callable[[float, float | None, str | None], object]
"""Takes how far a call is: the progress, the total if it is known, and words."""

_MAX_NOISE: Final = 20
_DECODER: Final = msgspec.json.Decoder()
_METHOD_NOT_FOUND: Final = -32601


class EventLike(Protocol):
    """A flag that is set once and wakes those that wait for it."""

    def set(self) -> None: ...


class PendingRequest:
    """One request of ours until it is answered. `event` is set when there is something to do."""

    __slots__ = ("error", "event", "id", "is_done", "message", "method", "on_progress", "result")

    def __init__(
        self, message: JsonDict, event: EventLike, on_progress: Progress | None = None
    ) -> None:
        self.id: int = message["id"]
        self.method: str = message["method"]
        self.message = message
        self.event = event
        self.on_progress = on_progress
        self.is_done = False
        self.result: JsonObject = {}
        self.error: McpError | None = None

    def finish(self, result: JsonObject, error: McpError | None = None) -> None:
        """Set the outcome and wake the caller."""
        self.result, self.error = result, error
        self.is_done = True
        self.event.set()

    def outcome(self) -> JsonObject:
        """Return the result. Raises the error, if there is one."""
        if self.error is not None:
            raise self.error
        return self.result


class MessageRegistry(LocalState):
    """The requests to one server that wait for their answers, from any task and thread."""

    def __init__(
        self,
        server: str,
        envelope: JsonObject,
        on_notification: Callable[[str, JsonObject], object],
    ) -> None:
        self.server = server
        self.version: str | None = None
        self._envelope = envelope
        self._on_notification = on_notification
        self._ids = count(1)
        self._lock = Lock()
        self._pending: dict[object, PendingRequest] = {}
        self._noise = 0

    @property
    def pending_count(self) -> int:
        """The number of requests that wait."""
        return len(self._pending)

    def make_request(
        self,
        method: str,
        params: JsonObject,
        event: EventLike,
        *,
        version: str | None = None,
        on_progress: Progress | None = None,
    ) -> PendingRequest:
        """Return a request that is registered, with its message ready to be sent."""
        number = next(self._ids)
        written = dict(params)
        meta = dict(as_object(params.get("_meta")))
        version = version or self.version
        if is_stateless(version):
            meta.update(self._envelope)
            meta[f"{META}protocolVersion"] = version
        if on_progress is not None:
            meta["progressToken"] = number
        if meta:
            written["_meta"] = meta
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": written}
        request = PendingRequest(message, event, on_progress)
        with self._lock:
            self._pending[number] = request
        return request

    def forget(self, request: PendingRequest) -> None:
        """Give up a request: its answer is ignored."""
        with self._lock:
            self._pending.pop(request.id, None)

    def find_another(self, request: PendingRequest | None) -> PendingRequest | None:
        """Return a request other than this one that still waits."""
        with self._lock:
            return next((other for other in self._pending.values() if other is not request), None)

    def read_line(self, line: bytes) -> list[JsonObject]:
        """Take one line of a server's output; return the requests in it that want an answer.

        Raises:
            McpError: twenty lines in a row were no messages.
        """
        if not line.strip():
            return []
        try:
            message = decode_message(line)
        except ValueError:
            self._noise += 1
            if self._noise >= _MAX_NOISE:
                text = line[:200].decode("utf-8", "replace")
                raise McpError(
                    f"{self.server} writes what is no JSON-RPC to its standard output: {text!r}; "
                    "a server must log to standard error",
                    server=self.server,
                ) from None
            return []
        self._noise = 0
        return self.read(message)

    def read(self, message: JsonValue, *, only: PendingRequest | None = None) -> list[JsonObject]:
        """Take a message, or a list of them; return the requests that want an answer.

        With `only`, it came as the response to that request: an answer without its id is its own.
        """
        if isinstance(message, list):
            return [request for part in message for request in self.read(part, only=only)]
        if not is_object(message):
            return []
        if "method" in message:
            if "id" in message:
                return [message]
            self._read_notification(message)
        else:
            self._read_answer(message, only)
        return []

    def _read_answer(self, message: JsonObject, only: PendingRequest | None) -> None:
        number = message.get("id")
        with self._lock:
            if only is not None and (number is None or number == str(only.id)):
                number = only.id
            request = self._pending.pop(number, None) if isinstance(number, int) else None
        if request is None:
            return
        if "error" in message:
            request.finish({}, read_error(self.server, message["error"]))
        else:
            request.finish(as_object(message.get("result")))

    def _read_notification(self, message: JsonObject) -> None:
        method, params = str(message["method"]), as_object(message.get("params"))
        try:
            if method == "notifications/progress":
                self._read_progress(params)
            else:
                self._on_notification(method, params)
        except Exception:  # noqa: BLE001 (a callback must not end the calls of others)
            LOG.warning("a callback for %s of %s failed", method, self.server, exc_info=True)

    def _read_progress(self, params: JsonObject) -> None:
        token = params.get("progressToken")
        request = self._pending.get(token) if isinstance(token, int) else None
        if request is not None and request.on_progress is not None:
            request.on_progress(
                params.get("progress", 0), params.get("total"), params.get("message")
            )

    def fail_all(self, error: McpError) -> None:
        """End every request that waits with an error."""
        with self._lock:
            requests, self._pending = list(self._pending.values()), {}
        for request in requests:
            request.finish({}, error)


class LineDecoder:
    """Splits bytes into lines, however they are cut. Cost is linear in the bytes received."""

    def __init__(self, server: str, limit: int) -> None:
        self._server = server
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; return the lines that they complete.

        Raises:
            McpError: a line is longer than the limit.
        """
        *lines, unfinished = data.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._pieces, lines[0]])
            self._pieces.clear()
            self._size = 0
        if unfinished:
            self._pieces.append(unfinished)
            self._size += len(unfinished)
        if max(self._size, max(map(len, lines), default=0)) > self._limit:
            raise McpError(
                f"{self._server} sent a message of more than {self._limit} bytes; raise max_result "
                "(a message may have eight times as much)",
                server=self._server,
            )
        return lines


def decode_message(data: bytes) -> JsonValue:
    """Decode JSON, also with the NaN and Infinity that some servers write.

    Raises:
        ValueError: it is no JSON, or no object and no list of them.
    """
    try:
        message: JsonValue = _DECODER.decode(data)
    except msgspec.DecodeError:
        message = json.loads(data)
    if not isinstance(message, dict | list):
        raise ValueError("a message is an object")
    return message


def encode_message(message: JsonObject) -> bytes:
    """Encode a message. Raises RequestError for what JSON does not have."""
    return encode_json(message)


def read_error(server: str, error: JsonValue) -> McpError:
    """Return the error that a server responded with."""
    fields = as_object(error)
    code = fields.get("code")
    return McpError(
        f"{server}: {fields.get('message') or 'an error without a message'}",
        server=server,
        code=code if isinstance(code, int) else None,
        data=fields.get("data"),
    )


def make_notification(method: str, params: JsonObject | None = None) -> JsonDict:
    """Return a message that wants no answer."""
    message: JsonDict = {"jsonrpc": "2.0", "method": method}
    return message if params is None else {**message, "params": params}


def make_answer(request: JsonObject, result: JsonObject) -> JsonDict:
    """Return the answer to a request of the server."""
    return {"jsonrpc": "2.0", "id": request.get("id"), "result": result}


def make_refusal(request: JsonObject, reason: str, code: int = _METHOD_NOT_FOUND) -> JsonDict:
    """Return the error that answers a request of the server."""
    error: Mapping[str, object] = {"code": code, "message": reason}
    return {"jsonrpc": "2.0", "id": request.get("id"), "error": error}
