# Generated from ai_lib/client/calls.py by codegen; do not edit.
"""What happens in one call, from a request to a reply."""

from __future__ import annotations

from ai_lib.client.cancel import CancelToken
from ai_lib.client.stopwatch import Stopwatch
from ai_lib.client.target import Target, failed_reply, placed, request_id_of
from ai_lib.errors.tree import AiLibError
from ai_lib.pipeline.reply import read_reply
from ai_lib.request.build import BuiltRequest, build_chat
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import CallStats, ChatResponse

from .._backend import now
from ..transport import HttpTransport, WireReply
from .stream import ChatStream

_MAX_BODY_BYTES = 128 * 1024 * 1024
_MAX_ERROR_BYTES = 64 * 1024


class Calls:
    """Makes calls to one target over one transport."""

    def __init__(self, transport: HttpTransport, target: Target) -> None:
        self._transport = transport
        self._target = target

    def execute(
        self, request: ChatRequest, timeout: float | None
    ) -> tuple[ChatResponse, CallStats]:
        """Send a plain request and read its reply."""
        watch = Stopwatch(now)
        target = self._target.current()
        try:
            built = _build(request, target)
            reply = self._transport.send(built.wire, target.clocks(False, timeout))
            with reply:
                response = _read(reply, built, target)
        except AiLibError as error:
            placed(error, target)
            raise
        stats = watch.stats(
            model=response.model or target.model,
            provider=target.compiled.id,
            usage=response.usage,
            request_id=response.request_id or "",
        )
        return response, stats

    def stream(
        self, request: ChatRequest, timeout: float | None, cancel_token: CancelToken | None
    ) -> ChatStream:
        """Prepare a streamed request; it is sent when the stream is first asked for an event."""
        target = self._target.current()
        built = _build(request, target)
        clocks = target.clocks(True, timeout)
        return ChatStream(self._transport, target, built, clocks, cancel_token)


def _build(request: ChatRequest, target: Target) -> BuiltRequest:
    return build_chat(
        request,
        target.compiled,
        model=target.model,
        credential=target.credential.value if target.credential else None,
        base_url=target.base_url,
    )


def _read(reply: WireReply, built: BuiltRequest, target: Target) -> ChatResponse:
    if not 200 <= reply.status <= 299:
        body = reply.read(_MAX_ERROR_BYTES)
        raise failed_reply(target, reply.status, reply.headers, body)
    return read_reply(
        target.compiled,
        reply.read(_MAX_BODY_BYTES),
        request_id=request_id_of(reply.headers),
        adaptations=built.adaptations,
    )
