# Generated from ai_lib/client/calls.py by codegen; do not edit.
"""What happens in one call, from a request to a reply."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ai_lib.client.leg import Leg
from ai_lib.client.settings import CallOptions
from ai_lib.client.target import failed_reply, request_id_of
from ai_lib.pipeline.reply import read_reply
from ai_lib.pipeline.text_tools import with_text_tools
from ai_lib.resilience.admission import Admission
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import CallStats, ChatResponse

from ..transport import HttpTransport, WireReply
from .cancel import CancelToken
from .journey import Journey
from .stream import ChatStream
from .targets import Targets


class _Answer(NamedTuple):
    response: ChatResponse
    leg: Leg


class Calls:
    """Makes calls to a client's targets over one transport."""

    def __init__(self, transport: HttpTransport, targets: Targets) -> None:
        self._transport = transport
        self._targets = targets

    def execute(self, request: ChatRequest, options: CallOptions) -> tuple[ChatResponse, CallStats]:
        """Send a plain request and read its reply."""
        journey = self._journey(request, options)
        journey.start()

        def attempt(leg: Leg, admission: Admission) -> _Answer:
            reply = self._transport.send(leg.wire, journey.clocks(leg))
            with reply:
                response = self._read(reply, leg, admission)
            return _Answer(response, leg)

        response, leg = journey.run(attempt)
        stats = journey.watch.stats(
            model=response.model or leg.target.model,
            provider=leg.target.compiled.id,
            usage=response.usage,
            request_id=response.request_id or "",
            retry_count=journey.ledger.retry_count,
        )
        attempts = tuple(journey.ledger.attempts)
        return msgspec.structs.replace(response, attempts=attempts), stats

    def stream(
        self, request: ChatRequest, options: CallOptions, cancel_token: CancelToken | None
    ) -> ChatStream:
        """Prepare a streamed request; it is sent when the stream is first asked for an event."""
        return ChatStream(self._transport, self._journey(request, options), cancel_token)

    def _journey(self, request: ChatRequest, options: CallOptions) -> Journey:
        route = self._targets.route(options.fallbacks)
        return Journey(route, request, options, self._targets.config.fallback)

    def _read(self, reply: WireReply, leg: Leg, admission: Admission) -> ChatResponse:
        admission.heard(reply.headers)
        if not 200 <= reply.status <= 299:
            # Its body is no local variable: it may say the key back.
            raise failed_reply(leg.target, reply.status, reply.headers, reply.read_error())
        response = read_reply(
            leg.target.compiled,
            reply.read(),
            request_id=request_id_of(reply.headers),
            adaptations=leg.built.adaptations,
        )
        admission.usage, admission.request_id = response.usage, response.request_id
        return with_text_tools(response, leg.built.text_tools)
