# Generated from ai_lib/client/execution/runner.py by codegen; do not edit.
"""What happens in one call, from a request to a reply."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.call.tokens import count_tokens, would_cost
from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import failed_reply, request_id_of
from ai_lib.errors.exceptions import AiLibError
from ai_lib.pipeline.plain_response import read_response
from ai_lib.pipeline.text_tools import with_text_tools
from ai_lib.resilience.permit import Permit
from ai_lib.types.cost import CostBounds, TokenCount
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import CallStats, ChatResponse

from ..._runtime.backend import now
from ...transport import HttpResponse, HttpTransport
from ..interceptors.chain import InterceptorChain
from .cancel import CancelToken
from .plan import Dispatcher
from .targets import TargetSet

if TYPE_CHECKING:
    from .stream import ChatStream


class _Answer(NamedTuple):
    response: ChatResponse
    leg: PreparedRequest | None


class CallRunner:
    """Makes calls to a client's targets over one transport, accompanied by its interceptors."""

    def __init__(
        self, transport: HttpTransport, targets: TargetSet, company: InterceptorChain
    ) -> None:
        self._transport = transport
        self._targets = targets
        self._company = company

    def execute(self, request: ChatRequest, options: CallOptions) -> tuple[ChatResponse, CallStats]:
        """Send a plain request and read its reply; with it come the figures of the call."""
        call, (response, leg) = self._made(request, options)
        return response, call.stats(response, leg)

    def ask(self, request: ChatRequest, options: CallOptions) -> ChatResponse:
        """Send a plain request and read its reply."""
        _, answer = self._made(request, options)
        return answer.response

    def _made(self, request: ChatRequest, options: CallOptions) -> tuple[Call, _Answer]:
        call = Call(request, options, now, self._targets, self._targets.first.target)
        company = self._company.present()
        if company:
            return call, self._accompanied(call, company)
        return call, self._ask(self.journey(call))

    def stream(
        self, request: ChatRequest, options: CallOptions, cancel_token: CancelToken | None
    ) -> ChatStream:
        """Prepare a streamed request; it is sent when the stream is first asked for an event."""
        from .stream import ChatStream

        call = Call(request, options, now, self._targets, self._targets.first.target)
        # Where nobody may change the request, what can't be asked is refused at once.
        company = self._company.present()
        journey = None if company else self.journey(call)
        return ChatStream(self._transport, call, self.journey, journey, company, cancel_token)

    def count_tokens(self, request: ChatRequest) -> TokenCount:
        """Return the tokens of a request's input at the first target."""
        return count_tokens(self._targets.first.target.current(), request)

    def would_cost(self, request: ChatRequest) -> CostBounds:
        """Return what an attempt at the first target may cost."""
        target = self._targets.first.target.current()
        return would_cost(target, request, self._targets.record(target.compiled.id, target.model))

    def journey(self, call: Call) -> Dispatcher:
        """Compile the call for its first target and set out the way. Raises as `Dispatcher`."""
        if call.models is None:
            route = self._targets.route(call.options.fallbacks)
        else:
            route = self._targets.named(call.models)
        return Dispatcher(route, call, self._targets.config.fallback)

    def _accompanied(self, call: Call, company: InterceptorChain) -> _Answer:
        leg: PreparedRequest | None = None
        outcome = "answered"

        def inner() -> ChatResponse:
            nonlocal leg, outcome
            company.before_request(call)
            journey = self.journey(call)
            found = company.lookup(call)
            if found is None:
                found, leg = self._ask(journey)
            else:
                outcome = "cached"
            return company.after_response(call, found)

        try:
            call.response = response = company.wrap_call(call, inner)
        except AiLibError as error:
            company.on_error(call, error)
            raise
        except BaseException as error:
            company.end(call, "cancelled", error)
            raise
        company.end(call, outcome)
        return _Answer(response, leg)

    def _ask(self, journey: Dispatcher) -> _Answer:
        journey.start()

        def attempt(leg: PreparedRequest, permit: Permit) -> _Answer:
            reply = self._transport.send(leg.wire, journey.timeouts(leg))
            with reply:
                response = self._read(reply, leg, permit)
            return _Answer(response, leg)

        response, leg = journey.run(attempt)
        return _Answer(journey.call.told(response), leg)

    def _read(self, reply: HttpResponse, leg: PreparedRequest, permit: Permit) -> ChatResponse:
        permit.on_headers(reply.headers)
        if not 200 <= reply.status <= 299:
            # Its body is no local variable: it may say the key back.
            raise failed_reply(leg.target, reply.status, reply.headers, reply.read_error())
        response = read_response(
            leg.target.compiled,
            reply.read(),
            request_id=request_id_of(reply.headers),
            adaptations=leg.built.adaptations,
        )
        permit.usage, permit.request_id = response.usage, response.request_id
        return with_text_tools(response, leg.built.text_tools)
