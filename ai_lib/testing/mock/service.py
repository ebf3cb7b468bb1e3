"""Responds to the requests of the mock provider: checks each and replies in its dialect."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from ai_lib.errors.exceptions import AiLibError, ProtocolError
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.manifest.model import Auth, Endpoint
from ai_lib.protocol.query.path import MISSING
from ai_lib.testing.mock.default_replies import choose_reply
from ai_lib.testing.mock.delivery import Headers, make_plain_response, make_stream_response
from ai_lib.testing.mock.errors import make_error_body, make_error_values
from ai_lib.testing.mock.hosted import list_missing_kinds
from ai_lib.testing.mock.model_lists import write_model_list, write_token_count
from ai_lib.testing.mock.operations.state import CONTENT_PATH, OperationState
from ai_lib.testing.mock.operations.vectors import (
    ParsedEmbeddingRequest,
    read_embedding_request,
    write_vectors,
)
from ai_lib.testing.mock.providers import ManifestLike, MockedProvider, MockProviders
from ai_lib.testing.mock.recorded_request import RecordedRequest
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.reply_plan import ReplyIds, plan_reply
from ai_lib.testing.mock.request_reader import ParsedRequest, read_request
from ai_lib.testing.mock.requests.acceptance import find_refusal
from ai_lib.testing.mock.requests.spelling import write_in_camel_case
from ai_lib.testing.mock.server import ReceivedRequest, ServerResponse
from ai_lib.testing.mock.stream_writer import write_body, write_frames
from ai_lib.types.json import JsonDict, JsonValue

_SIGNATURE = "AWS4-HMAC-SHA256"

ReplyChooser = Callable[[RecordedRequest], Reply | None]


class Service:
    """Responds to HTTP requests for every mocked provider; safe to call from many threads.

    `default_pause` is the seconds between the frames of replies that are not scripted.
    """

    def __init__(
        self,
        replies: Iterable[Reply],
        manifests: Sequence[ManifestLike],
        chooser: ReplyChooser | None,
        default_pause: float = 0.0,
    ) -> None:
        self.providers = MockProviders(manifests)
        self._script = deque(replies)
        self._chooser = chooser
        self._default_pause = default_pause
        self._requests: list[RecordedRequest] = []
        self._lock = threading.Lock()
        self._operations = OperationState()

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests received so far."""
        with self._lock:
            return list(self._requests)

    @property
    def scripted_count(self) -> int:
        """The number of scripted replies that are left."""
        return len(self._script)

    def enqueue(self, replies: Iterable[Reply]) -> None:
        """Append replies to the script."""
        with self._lock:
            self._script.extend(replies)

    def respond(self, request: ReceivedRequest) -> ServerResponse:
        """Return the response to one request."""
        name, _, path = request.path.lstrip("/").partition("/")
        try:
            provider = self.providers.find(name)
        except ProtocolError as error:
            self._append_record(_make_record(request, "", request.path))
            body = msgspec.json.encode({"error": {"message": str(error)}})
            return make_plain_response(Reply(), 404, (("content-type", "application/json"),), body)
        return self._serve(provider, request, f"/{path}")

    def _serve(
        self, provider: MockedProvider, request: ReceivedRequest, path: str
    ) -> ServerResponse:
        path = path.removeprefix(provider.root) if provider.root else path
        provider = provider.find_family(path)
        recorded = _make_record(request, provider.manifest.id, path, _list_secrets(provider))
        plain_match, stream_match = provider.match_chat(path)
        chat_match = stream_match or plain_match
        embedding_match = (
            provider.embedding_path.match(path)
            if provider.embedding_path and not chat_match
            else None
        )
        index = self._append_record(recorded)
        ids = ReplyIds(provider.serve, index)
        if chat_match and not self._script and self._chooser is None:
            # Some models speak and paint at the address of chats.
            operation = self._respond_to_operation(provider, request, recorded, path, ids, 1)
            if operation is not None:
                return operation
        if not chat_match and not embedding_match:
            about_models = self._respond_about_models(provider, recorded, path, ids)
            if about_models is not None:
                return about_models
            operation = self._respond_to_operation(provider, request, recorded, path, ids)
            if operation is not None:
                return operation
            service = provider.find_service(request.method, path)
            if service is not None:
                return self._respond_to_service(provider, recorded, service, ids)
        refusal = _find_refusal(provider, recorded, (chat_match or embedding_match) is not None)
        if embedding_match is not None and refusal is None:
            model = embedding_match.groupdict().get("model")
            return self._respond_to_embeddings(provider, recorded, index, model, ids)
        if refusal is not None or chat_match is None or not isinstance(recorded.body, dict):
            return _respond_with_error(provider, refusal or Reply(status=404), ids)
        body, model = _read_spelling(provider, recorded.body), chat_match.groupdict().get("model")
        if (refused := find_refusal(provider, body, model)) is not None:
            return _respond_with_error(provider, refused, ids)
        parsed = read_request(
            provider.dialect,
            provider.serve,
            body,
            model=model,
            streamed=stream_match is not None,
            reasoning=provider.reasoning,
        )
        record = self._replace_record(index, _add_parsed_fields(recorded, parsed))
        return self._respond_to_chat(provider, record, parsed, ids)

    def _respond_to_embeddings(
        self,
        provider: MockedProvider,
        recorded: RecordedRequest,
        index: int,
        model: str | None,
        ids: ReplyIds,
    ) -> ServerResponse:
        body = _read_spelling(provider, recorded.body)
        embedding_request = read_embedding_request(provider, body, model)
        if isinstance(embedding_request, str):
            return _respond_with_error(provider, Reply(status=400, error=embedding_request), ids)
        changed = msgspec.structs.replace(recorded, model=embedding_request.model)
        record = self._replace_record(index, changed)
        return self._respond_with_vectors(provider, record, embedding_request, ids)

    def _respond_about_models(
        self, provider: MockedProvider, recorded: RecordedRequest, path: str, ids: ReplyIds
    ) -> ServerResponse | None:
        """Respond with the list of models or a count of tokens; None to any other request."""
        lists = provider.list_path is not None and recorded.method == "GET"
        if lists and provider.list_path is not None and provider.list_path.match(path):
            body = write_model_list(provider)
        elif provider.count_path is not None and provider.count_path.match(path):
            body = write_token_count(provider, recorded.body)
        else:
            return None
        if not any(_list_credentials(provider, recorded)):
            return _respond_with_error(provider, Reply(status=401, error="No API key."), ids)
        values = {"request_id": ids.make("request"), "reply_id": ids.make("reply")}
        headers = _make_headers(provider, Reply(), provider.serve.plain.content_type, values)
        return make_plain_response(Reply(), 200, headers, body)

    def _respond_to_operation(
        self,
        provider: MockedProvider,
        request: ReceivedRequest,
        recorded: RecordedRequest,
        path: str,
        ids: ReplyIds,
        fewest_fixed: int = 0,
    ) -> ServerResponse | None:
        """Respond to an operation beside chat; None to any other request.

        It has at least so many of the members that the operation fixes.
        """
        if not provider.dialect.operations:
            return None
        from ai_lib.testing.mock.operations.respond import OperationService

        if path.endswith(CONTENT_PATH):
            return OperationService.send_content()
        desk = OperationService(
            provider.compiled, self._operations, partial(self._answer_in_batch, provider, ids)
        )
        call = desk.match(request, path)
        if call is None or call.fixed < fewest_fixed:
            return None
        if not any(_list_credentials(provider, recorded)):
            return _respond_with_error(provider, Reply(status=401, error="No API key."), ids)
        # The replies to a batch's requests are scripted, not those about the batch.
        popped = self._pop_scripted(errors_only=call.name.startswith("batches."))
        reply = popped or (self._chooser and self._chooser(recorded)) or Reply()
        if reply.is_error and reply.body is None:
            return _respond_with_error(provider, reply, ids)
        root = f"http://{request.headers.get('host', '')}/{provider.manifest.id}{provider.root}"
        values = {"request_id": ids.make("request"), "reply_id": ids.make("reply")}
        operation_reply = desk.reply(call, reply, ids.make("reply"), root)
        if operation_reply is None:
            return _respond_with_error(provider, Reply(status=404, error="Not found."), ids)
        headers = _make_headers(provider, reply, operation_reply.content_type, values)
        return desk.send(reply, operation_reply, (*headers, *operation_reply.headers.items()))

    def _answer_in_batch(
        self, provider: MockedProvider, ids: ReplyIds, body: JsonDict, dialect: str
    ) -> JsonValue:
        """Return the reply to one request of a batch, as it would come alone.

        The request is written in `dialect`, where that is one of the provider's.
        """
        families = (provider, *provider.families)
        family = next(
            (family for family in families if family.dialect.dialect == dialect), provider
        )
        parsed = read_request(
            family.dialect,
            family.serve,
            _read_spelling(family, body),
            model=None,
            streamed=False,
            reasoning=provider.reasoning,
        )
        reply = self._pop_scripted() or choose_reply(parsed)
        plan = plan_reply(provider.dialect, parsed, reply, ids)
        document: JsonValue = msgspec.json.decode(
            write_body(provider.dialect, provider.serve, plan)
        )
        return document

    def _respond_to_service(
        self, provider: MockedProvider, recorded: RecordedRequest, service: Endpoint, ids: ReplyIds
    ) -> ServerResponse:
        """Respond with the body or the error that comes next in the script, else with no result."""
        if not any(_list_credentials(provider, recorded)):
            return _respond_with_error(provider, Reply(status=401, error="No API key."), ids)
        reply = self._pop_scripted() or (self._chooser and self._chooser(recorded)) or Reply()
        if reply.is_error and reply.body is None:
            return _respond_with_error(provider, reply, ids)
        member = (service.response_binding or "").removeprefix("$.")
        body = reply.body or msgspec.json.encode({member: []} if member else {})
        values = {"request_id": ids.make("request"), "reply_id": ids.make("reply")}
        headers = _make_headers(provider, reply, provider.serve.plain.content_type, values)
        return make_plain_response(reply, reply.status, headers, body)

    def _respond_with_vectors(
        self,
        provider: MockedProvider,
        recorded: RecordedRequest,
        request: ParsedEmbeddingRequest,
        ids: ReplyIds,
    ) -> ServerResponse:
        """Respond with vectors, or with the error or body that comes next in the script."""
        reply = self._pop_scripted() or (self._chooser and self._chooser(recorded)) or Reply()
        if reply.is_error and reply.body is None:
            return _respond_with_error(provider, reply, ids)
        values = {"request_id": ids.make("request"), "reply_id": ids.make("reply")}
        body = reply.body or write_vectors(provider, request, values)
        headers = _make_headers(provider, reply, provider.serve.plain.content_type, values)
        return make_plain_response(reply, reply.status, headers, body)

    def _append_record(self, recorded: RecordedRequest) -> int:
        with self._lock:
            self._requests.append(recorded)
            return len(self._requests)

    def _replace_record(self, index: int, record: RecordedRequest) -> RecordedRequest:
        """Replace a recorded request by one with the parsed fields."""
        with self._lock:
            self._requests[index - 1] = record
        return record

    def _respond_to_chat(
        self,
        provider: MockedProvider,
        recorded: RecordedRequest,
        request: ParsedRequest,
        ids: ReplyIds,
    ) -> ServerResponse:
        try:
            reply = self._pop_scripted() or (self._chooser and self._chooser(recorded))
            reply = reply or _apply_pause(choose_reply(request), self._default_pause)
        except AiLibError as error:
            return _respond_with_error(provider, Reply(status=400, error=str(error)), ids)
        if missing := list_missing_kinds(provider.serve, reply.hosted):
            problem = f"the dialect can't be mocked with the tools {', '.join(missing)}"
            reply = Reply(status=400, error=problem)
        if reply.is_error and reply.body is None:
            return _respond_with_error(provider, reply, ids)
        return _respond_with_reply(provider, request, reply, ids)

    def _pop_scripted(self, errors_only: bool = False) -> Reply | None:
        with self._lock:
            if not self._script or (errors_only and not self._script[0].is_error):
                return None
            return self._script.popleft()


def _make_record(
    request: ReceivedRequest, provider: str, path: str, secrets: frozenset[str] = frozenset()
) -> RecordedRequest:
    return RecordedRequest(
        provider=provider,
        method=request.method,
        path=path,
        query=request.query,
        headers=request.headers,
        body=_decode_body(request.body),
        secrets=secrets,
    )


def _add_parsed_fields(recorded: RecordedRequest, parsed: ParsedRequest) -> RecordedRequest:
    return msgspec.structs.replace(
        recorded,
        model=parsed.model,
        streamed=parsed.streamed,
        messages=parsed.messages,
        tools=parsed.tools,
        tool_choice=parsed.tool_choice,
    )


def _decode_body(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body


def _read_spelling(provider: MockedProvider, body: Any) -> Any:
    """Return a body with its members in the dialect's spelling, where the service takes two."""
    shape = provider.serve.snake_case
    return body if shape is None else write_in_camel_case(body, shape)


def _list_secrets(provider: MockedProvider) -> frozenset[str]:
    auths = (provider.manifest.auth, *provider.manifest.other_auths)
    return frozenset().union(*map(_list_secret_names, auths))


def _list_secret_names(auth: Auth) -> frozenset[str]:
    if auth.kind == "none":
        return frozenset()
    return frozenset([auth.param if auth.kind == "query" else auth.header.lower()])


def _find_refusal(
    provider: MockedProvider, recorded: RecordedRequest, is_known_path: bool
) -> Reply | None:
    """Return the error reply to a request that is refused before its body is read."""
    if not any(_list_credentials(provider, recorded)):
        return Reply(status=401, error="No API key was sent.")
    if not is_known_path or recorded.method != "POST":
        request_line = f"{recorded.method} {recorded.path}"
        return Reply(status=404, error=f"Unknown request: {request_line}")
    if not isinstance(recorded.body, dict):
        return Reply(status=400, error="The body is not a JSON object.")
    return None


def _list_credentials(provider: MockedProvider, recorded: RecordedRequest) -> Iterator[str]:
    """Yield the value of each header or query parameter that may carry the credential."""
    for auth in (provider.manifest.auth, *provider.manifest.other_auths):
        if auth.kind == "none":
            yield "none needed"
        elif auth.kind == "query":
            yield recorded.query.get(auth.param, "")
        else:
            # A signature has its own scheme; whether it is right only the vendor can tell.
            prefix = _SIGNATURE if auth.kind == "aws_sigv4" else auth.prefix
            yield _strip_prefix(prefix, recorded.headers.get(auth.header.lower(), ""))
    for credential in provider.serve.credentials:
        yield _strip_prefix(credential.prefix, recorded.headers.get(credential.header.lower(), ""))


def _strip_prefix(prefix: str, value: str) -> str:
    return value[len(prefix) :].strip() if value.startswith(prefix) else ""


def _make_headers(
    provider: MockedProvider, reply: Reply, content_type: str, values: Mapping[str, Any]
) -> Headers:
    templates = provider.serve.headers
    filled = {name: fill_template(template, values) for name, template in templates.items()}
    provider_headers = {
        name: str(value) for name, value in filled.items() if value not in (MISSING, None)
    }
    reply_headers = {name.lower(): value for name, value in reply.headers.items()}
    return tuple({"content-type": content_type, **provider_headers, **reply_headers}.items())


def _respond_with_error(provider: MockedProvider, reply: Reply, ids: ReplyIds) -> ServerResponse:
    serve = provider.serve
    values = make_error_values(serve, provider.manifest.errors, reply, ids.make("request"))
    headers = _make_headers(provider, reply, serve.plain.content_type, values)
    return make_plain_response(reply, reply.status, headers, make_error_body(serve, values))


def _respond_with_reply(
    provider: MockedProvider, request: ParsedRequest, reply: Reply, ids: ReplyIds
) -> ServerResponse:
    serve, dialect = provider.serve, provider.dialect
    plan = plan_reply(dialect, request, reply, ids)
    shape = serve.stream if request.streamed else serve.plain
    headers = _make_headers(provider, reply, shape.content_type, plan.common)
    if reply.body is not None:
        return make_plain_response(reply, reply.status, headers, reply.body)
    error_values = None
    if reply.error is not None:
        request_id = str(plan.common["request_id"])
        error_values = make_error_values(serve, provider.manifest.errors, reply, request_id)
    if request.streamed:
        frames = write_frames(dialect, serve, plan, error_values)
        decoder = dialect.stream.decoder
        return make_stream_response(
            reply, headers, serve.stream, decoder, frames, complete=error_values is None
        )
    body = (
        write_body(dialect, serve, plan)
        if error_values is None
        else make_error_body(serve, error_values)
    )
    return make_plain_response(reply, reply.status, headers, body)


def _apply_pause(reply: Reply, default_pause: float) -> Reply:
    return (
        reply
        if reply.pause or not default_pause
        else msgspec.structs.replace(reply, pause=default_pause)
    )
