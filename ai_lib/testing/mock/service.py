"""The mock provider's desk: takes each request, checks it, and answers in its dialect."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ai_lib.errors.exceptions import AiLibError, ProtocolError
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.manifest.model import Auth
from ai_lib.testing.mock.default_replies import choose_reply
from ai_lib.testing.mock.delivery import Headers, plain_answer, streamed_answer
from ai_lib.testing.mock.errors import fault_body, fault_values
from ai_lib.testing.mock.providers import ManifestLike, MockedProvider, MockProviders
from ai_lib.testing.mock.recorded_request import RecordedRequest
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.reply_plan import ReplyIds, draft
from ai_lib.testing.mock.request_reader import ParsedRequest, read_request
from ai_lib.testing.mock.server import Answer, ReceivedRequest
from ai_lib.testing.mock.stream_writer import plain_body, stream_frames
from ai_lib.testing.mock.vectors import ParsedEmbeddingRequest, asked_vectors, vectors_body

Chooser = Callable[[RecordedRequest], Reply | None]


class Service:
    """Answers HTTP requests for every provider of a roster; safe to call from many threads.

    `pace` is the seconds between the frames of replies that nobody scripted.
    """

    def __init__(
        self,
        replies: Iterable[Reply],
        manifests: Sequence[ManifestLike],
        chooser: Chooser | None,
        pace: float = 0.0,
    ) -> None:
        self.roster = MockProviders(manifests)
        self._script = deque(replies)
        self._chooser = chooser
        self._pace = pace
        self._requests: list[RecordedRequest] = []
        self._lock = threading.Lock()

    @property
    def requests(self) -> list[RecordedRequest]:
        """What was asked so far."""
        with self._lock:
            return list(self._requests)

    @property
    def scripted(self) -> int:
        """How many scripted replies are left."""
        return len(self._script)

    def enqueue(self, replies: Iterable[Reply]) -> None:
        """Append to the script."""
        with self._lock:
            self._script.extend(replies)

    def answer(self, request: ReceivedRequest) -> Answer:
        """Return the answer to one request."""
        name, _, rest = request.path.lstrip("/").partition("/")
        try:
            provider = self.roster.find(name)
        except ProtocolError as error:
            self._record(_recorded(request, "", request.path))
            body = msgspec.json.encode({"error": {"message": str(error)}})
            return plain_answer(Reply(), 404, (("content-type", "application/json"),), body)
        return self._serve(provider, request, f"/{rest}")

    def _serve(self, provider: MockedProvider, request: ReceivedRequest, path: str) -> Answer:
        path = path.removeprefix(provider.root) if provider.root else path
        secrets = _secrets(provider.manifest.auth)
        recorded = _recorded(request, provider.manifest.id, path, secrets)
        plain, streams = provider.chat.match(path), None
        if provider.streams is not None:
            streams = provider.streams.match(path)
        found = streams or plain
        embeds = provider.embeds.match(path) if provider.embeds and not found else None
        number = self._record(recorded)
        numbers = ReplyIds(provider.serve, number)
        refusal = _refusal(provider, recorded, (found or embeds) is not None)
        if embeds is not None and refusal is None:
            wanted = asked_vectors(provider, recorded.body, embeds.groupdict().get("model"))
            if isinstance(wanted, str):
                return _failed(provider, Reply(status=400, error=wanted), numbers)
            full = self._replaced(number, msgspec.structs.replace(recorded, model=wanted.model))
            return self._embedded(provider, full, wanted, numbers)
        if refusal is not None or found is None or not isinstance(recorded.body, dict):
            return _failed(provider, refusal or Reply(status=404), numbers)
        asked = read_request(
            provider.dialect,
            provider.serve,
            recorded.body,
            model=found.groupdict().get("model"),
            streamed=streams is not None,
        )
        full = self._replaced(number, _understood(recorded, asked))
        return self._reply(provider, full, asked, numbers)

    def _embedded(
        self,
        provider: MockedProvider,
        recorded: RecordedRequest,
        asked: ParsedEmbeddingRequest,
        numbers: ReplyIds,
    ) -> Answer:
        """Answer with vectors, or with the error or the body that comes next in the script."""
        reply = self._scripted() or (self._chooser and self._chooser(recorded)) or Reply()
        if reply.fails and reply.body is None:
            return _failed(provider, reply, numbers)
        values = {"request_id": numbers.make("request"), "reply_id": numbers.make("reply")}
        body = reply.body or vectors_body(provider, asked, values)
        headers = _headers(provider, reply, provider.serve.plain.content_type, values)
        return plain_answer(reply, reply.status, headers, body)

    def _record(self, recorded: RecordedRequest) -> int:
        with self._lock:
            self._requests.append(recorded)
            return len(self._requests)

    def _replaced(self, number: int, full: RecordedRequest) -> RecordedRequest:
        """Put in place of a request that was recorded one that tells what it asks."""
        with self._lock:
            self._requests[number - 1] = full
        return full

    def _reply(
        self,
        provider: MockedProvider,
        recorded: RecordedRequest,
        asked: ParsedRequest,
        numbers: ReplyIds,
    ) -> Answer:
        try:
            reply = self._scripted() or (self._chooser and self._chooser(recorded))
            reply = reply or _paced(choose_reply(asked), self._pace)
        except AiLibError as error:
            return _failed(provider, Reply(status=400, error=str(error)), numbers)
        if reply.fails and reply.body is None:
            return _failed(provider, reply, numbers)
        return _answered(provider, asked, reply, numbers)

    def _scripted(self) -> Reply | None:
        with self._lock:
            return self._script.popleft() if self._script else None


def _recorded(
    request: ReceivedRequest, provider: str, path: str, secrets: frozenset[str] = frozenset()
) -> RecordedRequest:
    return RecordedRequest(
        provider=provider,
        method=request.method,
        path=path,
        query=request.query,
        headers=request.headers,
        body=_decoded(request.body),
        secrets=secrets,
    )


def _understood(recorded: RecordedRequest, asked: ParsedRequest) -> RecordedRequest:
    return msgspec.structs.replace(
        recorded,
        model=asked.model,
        streamed=asked.streamed,
        messages=asked.messages,
        tools=asked.tools,
        tool_choice=asked.tool_choice,
    )


def _decoded(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body


def _secrets(auth: Auth) -> frozenset[str]:
    if auth.kind == "none":
        return frozenset()
    return frozenset([auth.param if auth.kind == "query" else auth.header.lower()])


def _refusal(provider: MockedProvider, recorded: RecordedRequest, known: bool) -> Reply | None:
    """Return what a provider says to a request that it does not even look into."""
    if not any(_credentials(provider, recorded)):
        return Reply(status=401, error="No API key was sent.")
    if not known or recorded.method != "POST":
        where = f"{recorded.method} {recorded.path}"
        return Reply(status=404, error=f"Unknown request: {where}")
    if not isinstance(recorded.body, dict):
        return Reply(status=400, error="The body is not a JSON object.")
    return None


def _credentials(provider: MockedProvider, recorded: RecordedRequest) -> Iterator[str]:
    """Yield what was sent in each place that a credential may come in."""
    auth = provider.manifest.auth
    if auth.kind == "none":
        yield "none needed"
    elif auth.kind == "query":
        yield recorded.query.get(auth.param, "")
    else:
        yield _after(auth.prefix, recorded.headers.get(auth.header.lower(), ""))
    for other in provider.serve.credentials:
        yield _after(other.prefix, recorded.headers.get(other.header.lower(), ""))


def _after(prefix: str, value: str) -> str:
    return value[len(prefix) :].strip() if value.startswith(prefix) else ""


def _headers(
    provider: MockedProvider, reply: Reply, content_type: str, values: Mapping[str, Any]
) -> Headers:
    templates = provider.serve.headers
    made = {name: str(fill_template(template, values)) for name, template in templates.items()}
    own = {name.lower(): value for name, value in reply.headers.items()}
    return tuple({"content-type": content_type, **made, **own}.items())


def _failed(provider: MockedProvider, reply: Reply, numbers: ReplyIds) -> Answer:
    serve = provider.serve
    values = fault_values(serve, provider.manifest.errors, reply, numbers.make("request"))
    headers = _headers(provider, reply, serve.plain.content_type, values)
    return plain_answer(reply, reply.status, headers, fault_body(serve, values))


def _answered(
    provider: MockedProvider, asked: ParsedRequest, reply: Reply, numbers: ReplyIds
) -> Answer:
    serve, dialect = provider.serve, provider.dialect
    drafted = draft(dialect, asked, reply, numbers)
    shape = serve.stream if asked.streamed else serve.plain
    headers = _headers(provider, reply, shape.content_type, drafted.common)
    if reply.body is not None:
        return plain_answer(reply, reply.status, headers, reply.body)
    fault = None
    if reply.error is not None:
        request_id = str(drafted.common["request_id"])
        fault = fault_values(serve, provider.manifest.errors, reply, request_id)
    if asked.streamed:
        frames = stream_frames(serve, drafted, fault)
        decoder = dialect.stream.decoder
        return streamed_answer(
            reply, headers, serve.stream, decoder, frames, complete=fault is None
        )
    body = plain_body(dialect, serve, drafted) if fault is None else fault_body(serve, fault)
    return plain_answer(reply, reply.status, headers, body)


def _paced(reply: Reply, pace: float) -> Reply:
    return reply if reply.pause or not pace else msgspec.structs.replace(reply, pause=pace)
