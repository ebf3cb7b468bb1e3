"""OperationCall: one operation beside chat, in standard names, with fallback targets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec

from ai_lib.client.call.call import Call
from ai_lib.client.call.operation_cost import limit_operation_cost
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import Target, attribute_error, raise_attributed, request_id_of
from ai_lib.errors.exceptions import AiLibError, CapabilityError, DecodeError
from ai_lib.pipeline.operations.read import read_document, read_operation
from ai_lib.pipeline.operations.result import OperationResult, find_text
from ai_lib.protocol.dialect.operations import OperationShape
from ai_lib.request.operations.request import OperationRequest
from ai_lib.request.operations.texts import collect_texts, replace_texts
from ai_lib.request.operations.write import WrittenOperation, find_shape, write_operation
from ai_lib.resilience.permit import Permit
from ai_lib.types.cost import CostBounds
from ai_lib.types.json import JsonObject
from ai_lib.types.upload import Multipart
from ai_lib.types.wire import HttpRequest

from ..._runtime.backend import maybe_await, now, run_in_thread
from ...transport import HttpResponse, HttpTransport
from ..interceptors.chain import InterceptorChain
from .dispatcher import begin_attempt
from .routed_call import RoutedCall
from .targets import GuardedTarget, TargetSet, error_of

T = TypeVar("T")
_READS = frozenset({"GET", "HEAD", "DELETE"})
_MOST_REDIRECTS = 3


class PreparedOperation:
    """One operation as one target wants it."""

    def __init__(
        self,
        shape: OperationShape,
        request: OperationRequest,
        written: WrittenOperation,
        prepared: PreparedRequest,
    ) -> None:
        self.shape = shape
        self.request = request
        self.written = written
        self.prepared = prepared

    @property
    def target(self) -> Target:
        """The target that it goes to."""
        return self.prepared.target


Attempt = Callable[[PreparedOperation, Permit], Awaitable[T]]


class OperationCall(RoutedCall):
    """One operation under one deadline, sent to its targets in turn.

    With `streamed`, the operation is the one that gives the same as it comes, and its response is
    read by the caller. What belongs to a provider, such as a file, goes to the first target only.
    An `address` stands in place of the operation's own. `bound_cost` says what a budget sets aside
    for it, where that is not told by what is sent.
    """

    def __init__(
        self,
        transport: HttpTransport,
        targets: TargetSet,
        interceptors: InterceptorChain,
        request: OperationRequest,
        options: CallOptions,
        *,
        streamed: bool = False,
        first_only: bool = False,
        address: str | None = None,
        bound_cost: Callable[[], CostBounds] | None = None,
    ) -> None:
        super().__init__(
            request.name, options, targets, interceptors, streamed=streamed, first_only=first_only
        )
        self.transport = transport
        self._request = request
        self._address = address
        self._bound_cost = bound_cost
        self.call.texts = collect_texts(dict(request.texts))

    async def answer(self) -> OperationResult:
        """Return what the first target that succeeds answers."""
        return await self.run(self._run)

    async def run_with_call(self) -> tuple[OperationResult, Call]:
        """Do as `answer`, and return the call as well."""
        return await self.answer(), self.call

    async def _run(self) -> OperationResult:
        result = await self.dispatch(self._answer_at)
        return await self.filter_result(result)

    async def _answer_at(self, guarded: GuardedTarget) -> OperationResult:
        """Return what one target answers, or has answered before."""
        call = self.call
        operation = await self._prepare_for(guarded)
        shape, prepared, values = operation.shape, operation.prepared, operation.written.values
        body = decode_json_body(prepared.wire) if shape.cached else None
        if body is not None and call.find_answer is not None:
            document = await maybe_await(call.find_answer(prepared, body))
            if document is not None:
                call.answered_locally = True
                return read_document(prepared.target.compiled, shape, document, {}, values)
        result = await self._execute(guarded, prepared.target, self._attempt, operation)
        if body is not None and call.keep_answer is not None and result.document is not None:
            await maybe_await(call.keep_answer(prepared, result.document))
        return result

    async def attempt_in_turn(self, attempt: Attempt[T]) -> T:
        """Return what `attempt` makes of the first target that answers."""
        return await self.dispatch(partial(self._send_to, attempt))

    async def filter_result(self, result: OperationResult) -> OperationResult:
        """Let interceptors see, and replace, the texts that came."""
        if self.call.filter_results is not None:
            result.replace_texts(await self.call.filter_results(result.read_texts()))
        self.call.read_results = result.read_texts
        return result

    async def _send_to(self, attempt: Attempt[T], guarded: GuardedTarget) -> T:
        operation = await self._prepare_for(guarded)
        return await self._execute(guarded, operation.target, attempt, operation)

    async def _prepare_for(self, guarded: GuardedTarget) -> PreparedOperation:
        """Return the operation as a target wants it, after those that come first were called."""
        target = self.call.target = guarded.target.current()
        request = self._make_filtered_request()
        try:
            shape = find_shape(target.compiled, target.listed, request)
            if self._streamed:
                shape = _find_streamed(target, shape)
        except AiLibError as error:
            raise attribute_error(error, target) from None
        address = self._address
        for name in shape.before:
            request, address = await self._run_before(guarded, target, name, request)
        return await self._prepare(target, shape, request, address)

    async def _run_before(
        self, guarded: GuardedTarget, target: Target, name: str, request: OperationRequest
    ) -> tuple[OperationRequest, str | None]:
        """Call an operation that comes first; return the request with what it answered."""
        shape = target.compiled.find_operation(name, target.model)
        if shape is None:
            raise CapabilityError(
                f"{target.compiled.id} has no operation {name!r}", capability=name
            )
        first_request = msgspec.structs.replace(request, name=name)
        operation = await self._prepare(target, shape, first_request, None)
        result = await self._execute(guarded, target, self._attempt, operation)
        address = find_text(result.facts, "address")
        if address is not None:
            _check_own_host(address, operation.prepared.wire.url, target)
        values = {**request.values, **result.facts}
        return msgspec.structs.replace(request, values=values), address

    async def _execute(
        self,
        guarded: GuardedTarget,
        target: Target,
        attempt: Attempt[T],
        operation: PreparedOperation,
    ) -> T:
        log = self.call.attempt_log
        self.call.requests.append(operation.prepared)
        method = operation.prepared.wire.method
        log.repeatable = target.is_repeatable or method in _READS
        return await guarded.executor.run(
            partial(self._begin, attempt, operation), log, on_retry=log.on_retry
        )

    async def _begin(self, attempt: Attempt[T], operation: PreparedOperation, permit: Permit) -> T:
        prepared = operation.prepared
        try:
            await begin_attempt(self.call, prepared, self.call.attempt_log)
            return await attempt(operation, permit)
        except AiLibError as error:
            raise_attributed(error, prepared.target)

    async def _prepare(
        self,
        target: Target,
        shape: OperationShape,
        request: OperationRequest,
        address: str | None,
    ) -> PreparedOperation:
        try:
            write = partial(
                write_operation,
                target.compiled,
                target.listed,
                shape,
                request,
                credential=target.key,
                base_url=target.base_url,
                address=address,
            )
            # A file that is written into a body is read here.
            written = await run_in_thread(write) if request.files else write()
        except AiLibError as error:
            raise attribute_error(error, target) from None
        wire = self._add_headers(target, written.wire)
        bound: Callable[[], CostBounds] | None = None
        if request.name == self._request.name and self._bound_cost is not None:
            bound = self._bound_cost
        elif shape.usage and wire.method not in _READS:
            bound = partial(limit_operation_cost, target, shape, request, written.values)
        prepared = PreparedRequest(target, wire, self.timeouts_for(target), bound_cost=bound)
        return PreparedOperation(shape, request, written, prepared)

    def _make_filtered_request(self) -> OperationRequest:
        texts = replace_texts(dict(self._request.texts), iter(self.call.texts or ()))
        return msgspec.structs.replace(self._request, texts=texts)

    def _add_headers(self, target: Target, wire: HttpRequest) -> HttpRequest:
        wire, _ = target.add_headers(wire)
        headers = list(self.call.headers)
        if target.idempotency_header is not None and wire.method == "POST":
            headers.append((target.idempotency_header, self.call.id))
        return wire.with_headers(headers)

    async def send(self, operation: PreparedOperation, permit: Permit) -> HttpResponse:
        """Send the request; return its response, whose status is 2xx."""
        prepared, log = operation.prepared, self.call.attempt_log
        wire = prepared.wire
        redirects_left = _MOST_REDIRECTS if operation.shape.redirects else 0
        while True:
            timeouts = prepared.timeouts_within(log.seconds_left(now()))
            try:
                response = await self.transport.send(wire, timeouts)
            finally:
                log.is_last = isinstance(wire.body, Multipart) and wire.body.is_spent
            permit.on_headers(response.headers)
            permit.request_id = request_id_of(response.headers, prepared.target.compiled)
            if 200 <= response.status <= 299:
                return response
            async with response:
                is_redirect = 300 <= response.status <= 399 and redirects_left > 0
                location = response.headers.get("location") if is_redirect else None
                next_url = _find_redirect(wire.url, location)
                if next_url is None:
                    raise await error_of(response, prepared.target)
            redirects_left -= 1
            wire = msgspec.structs.replace(wire, url=next_url)

    async def _attempt(self, operation: PreparedOperation, permit: Permit) -> OperationResult:
        response = await self.send(operation, permit)
        async with response:
            body = await response.read()
        target, written = operation.target, operation.written
        result = read_operation(
            target.compiled, operation.shape, body, response.headers, written.values
        )
        result.request_id = permit.request_id
        result.adaptations = written.adaptations
        permit.usage = self.call.usage = result.usage
        return result


def decode_json_body(wire: HttpRequest) -> JsonObject | None:
    """Return the body of a request that is a JSON object; None for any other."""
    if not isinstance(wire.body, bytes) or not wire.body.startswith(b"{"):
        return None
    body = msgspec.json.decode(wire.body)
    return body if isinstance(body, dict) else None


def _find_streamed(target: Target, shape: OperationShape) -> OperationShape:
    name = shape.streamed
    streamed = target.compiled.find_operation(name, target.model) if name else None
    if streamed is None:
        raise CapabilityError(
            f"{target.compiled.id} does not stream this; ask for it whole",
            capability="streaming",
            provider=target.compiled.id,
        )
    return streamed


def _check_own_host(address: str, url: str, target: Target) -> None:
    """Check that the key may go to an address, as it went to `url`. Raises DecodeError."""
    if _find_redirect(url, address) is None:
        raise DecodeError(
            f"{target.compiled.id} wants a file at {address[:200]!r}, which is another host",
            excerpt=address[:200],
            provider=target.compiled.id,
        )


def _find_redirect(url: str, location: str | None) -> str | None:
    """Return where a redirect leads, if that is the same origin; None otherwise."""
    if not location:
        return None
    target = urljoin(url, location)
    old, new = urlsplit(url), urlsplit(target)
    is_same = (old.scheme, old.netloc) == (new.scheme, new.netloc)
    return target if is_same else None
