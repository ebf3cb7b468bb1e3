# Generated from ai_lib/client/execution/runner.py by codegen; do not edit.
"""Makes the chat calls of one client: from a request to a response."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ai_lib.client.call.call import CHAT, Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import raise_attributed, request_id_of
from ai_lib.errors.exceptions import AiLibError, explain_exhaustion
from ai_lib.pipeline.plain_response import read_response
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.resilience.permit import Permit
from ai_lib.types.cost import CostBounds, TokenCount
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse

from ..._runtime.backend import now
from ...transport import HttpTransport
from ..interceptors.chain import InterceptorChain
from .dispatcher import Dispatcher, begin_attempt
from .targets import GuardedTarget, TargetSet, error_of

if TYPE_CHECKING:
    from ai_lib.types.tool import ToolDefinition

    from ..interceptors.base import Interceptor
    from .cancel import CancelToken
    from .stream import ChatStream


class CallRunner:
    """Makes calls to a client's targets over one transport, accompanied by its interceptors."""

    def __init__(
        self, transport: HttpTransport, targets: TargetSet, interceptors: InterceptorChain
    ) -> None:
        self._transport = transport
        self._targets = targets
        self._interceptors = interceptors
        self._is_accompanied = bool(interceptors)

    @property
    def compiled(self) -> CompiledManifest:
        """The manifest of the client's first target."""
        return self._targets.first.target.compiled

    def run(self, request: ChatRequest, options: CallOptions) -> tuple[ChatResponse, Call]:
        """Send a plain request and read its response; return it with its call."""
        if self._targets.is_watching:
            self._targets.refresh()
        model = options.model
        first = self._targets.first if model is None else self._targets.choose(model)
        call = Call(CHAT, request, options, now, self._targets, first.target)
        if self._is_accompanied:
            interceptors = self._interceptors.active_in(call)
            if interceptors:
                inner = partial(self._run_accompanied, call, interceptors)
                wrapped = partial(interceptors.wrap_call, call, inner)
                return interceptors.run(call, wrapped), call
        response = self.dispatcher(call).run(partial(self._attempt, call))
        return call.with_accounting(response), call

    def stream(
        self, request: ChatRequest, options: CallOptions, cancel_token: CancelToken | None
    ) -> ChatStream:
        """Prepare a streamed request; it is sent when the stream is first asked for an event."""
        try:
            from .stream import ChatStream
        except OSError as error:  # the first stream of a process without a free descriptor
            failure = explain_exhaustion(error)
            if failure is None:
                raise
            raise failure from error

        call = Call(CHAT, request, options, now, self._targets, self._find_first(options).target)
        interceptors = self._interceptors.active_in(call)
        # Where nobody may change the request, what can't be asked is refused at once.
        waits = interceptors or self._targets.is_watching
        dispatcher = None if waits else self.dispatcher(call)
        return ChatStream(
            self._transport, call, self._compile_fresh, dispatcher, interceptors, cancel_token
        )

    def _find_first(self, options: CallOptions) -> GuardedTarget:
        """Return the target that a call is sent to first, without routing."""
        model = options.model
        return self._targets.first if model is None else self._targets.choose(model)

    def describe_model(self, options: CallOptions) -> str:
        """Return the name of the model that a call is sent to first."""
        return options.model or self._targets.first.target.label

    def count_tokens(self, request: ChatRequest, options: CallOptions) -> TokenCount:
        """Return the tokens of a request's input at the first target."""
        from ai_lib.client.call.tokens import count_tokens

        return count_tokens(self._find_first(options).target.current(), request)

    def is_lenient(self, provider: str | None, coerce: bool | None) -> bool:
        """Return `coerce`; where it leaves it open, what the dialect of a provider says."""
        if coerce is not None:
            return coerce
        return any(
            guarded.target.compiled.dialect.reply.lenient
            for guarded in self._targets.list_targets()
            if guarded.target.compiled.id == provider
        )

    def check_tools(self, tools: Sequence[ToolDefinition], options: CallOptions) -> None:
        """Check that tools of the first target's own which the caller runs have functions.

        Raises:
            TypeError: one has none.
        """
        from ai_lib.client.tools.caller_tools import check_functions

        check_functions(tools, self._find_first(options).target.compiled.dialect.request)

    @property
    def tool_watchers(self) -> Sequence[Interceptor]:
        """The interceptors that are told of functions that the model calls."""
        return self._interceptors.tool_watchers

    def would_cost(self, request: ChatRequest, options: CallOptions) -> CostBounds:
        """Return what an attempt at the first target may cost."""
        from ai_lib.client.call.tokens import would_cost

        return would_cost(self._find_first(options).target.current(), request)

    def dispatcher(self, call: Call) -> Dispatcher:
        """Compile the call for its first target and find its route. Raises as `Dispatcher`."""
        if call.models is not None:
            route = self._targets.find(call.models)
        elif call.options.model is not None:
            route = self._targets.route(call.options.fallbacks, call.options.model)
        elif call.options.fallbacks is not None:
            route = self._targets.route(call.options.fallbacks)
        else:
            route = self._targets.default_route
        return Dispatcher(route, call, self._targets.config.fallback)

    def _compile_fresh(self, call: Call) -> Dispatcher:
        """Return the dispatcher of a call, with manifests as their files are now."""
        if self._targets.is_watching:
            self._targets.refresh()
        return self.dispatcher(call)

    def _run_accompanied(self, call: Call, interceptors: InterceptorChain) -> ChatResponse:
        interceptors.before_request(call)
        dispatcher = self.dispatcher(call)
        response = interceptors.lookup(call)
        if response is None:
            response = dispatcher.run(partial(self._attempt, call))
            response = call.with_accounting(response)
        return interceptors.after_response(call, response)

    def _attempt(self, call: Call, prepared: PreparedRequest, permit: Permit) -> ChatResponse:
        """Send the request once and read the response."""
        target = prepared.target
        try:
            timeouts = begin_attempt(call, prepared, call.attempt_log)
            http_response = self._transport.send(prepared.wire, timeouts)
            call.status_code, call.response_headers = http_response.status, http_response.headers
            with http_response:
                permit.on_headers(http_response.headers)
                if not 200 <= http_response.status <= 299:
                    raise error_of(http_response, target)
                response = read_response(
                    target.compiled,
                    http_response.read(),
                    text_tools=prepared.built.text_tools,
                    request_id=request_id_of(http_response.headers, target.compiled),
                    adaptations=prepared.built.adaptations,
                )
        except AiLibError as error:
            if prepared.built.tool_names:
                from ai_lib.request.tool_names import restore_error

                restore_error(error, prepared.built.tool_names)
            raise_attributed(error, target)
        permit.usage, permit.request_id = response.usage, response.request_id
        if prepared.built.tool_names:
            from ai_lib.request.tool_names import restore_response

            response = restore_response(response, prepared.built.tool_names)
        return response
