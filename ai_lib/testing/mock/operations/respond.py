"""OperationService: takes the requests for a provider's operations, and sends the replies."""

from __future__ import annotations

from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.testing.mock.delivery import Headers, make_plain_response
from ai_lib.testing.mock.operations.batches import AnswerChat
from ai_lib.testing.mock.operations.content import make_video
from ai_lib.testing.mock.operations.reply import OperationReply, OperationReplyWriter
from ai_lib.testing.mock.operations.request import (
    OperationCallRecord,
    WireOperation,
    match_operation,
)
from ai_lib.testing.mock.operations.state import OperationState
from ai_lib.testing.mock.reply import Reply
from ai_lib.testing.mock.server import Chunk, ReceivedRequest, ServerResponse


class OperationService:
    """Responds to the operations of one provider."""

    def __init__(
        self, compiled: CompiledManifest, state: OperationState, answer_chat: AnswerChat
    ) -> None:
        self._compiled = compiled
        self._state = state
        self._replier = OperationReplyWriter(compiled, state, answer_chat)

    def match(self, request: ReceivedRequest, path: str) -> OperationCallRecord | None:
        """Return the operation that a request is for, None when it is for none."""
        wire = WireOperation(
            method=request.method,
            path=path,
            query=request.query,
            content_type=request.headers.get("content-type", ""),
            body=request.body,
        )
        return match_operation(self._compiled, wire, self._state.is_for)

    def reply(
        self, call: OperationCallRecord, reply: Reply, unique: str, root: str
    ) -> OperationReply | None:
        """Return what is sent: the scripted body, or what the request decides."""
        if reply.body is not None:
            content_type = reply.headers.get("content-type", "application/json")
            return OperationReply(pieces=(reply.body,), content_type=content_type)
        text = reply.text if isinstance(reply.text, str) else "".join(reply.text)
        return self._replier.reply(call, unique, text, root)

    @staticmethod
    def send(reply: Reply, operation_reply: OperationReply, headers: Headers) -> ServerResponse:
        """Return the response, in one body or in pieces."""
        if len(operation_reply.pieces) == 1:
            status = reply.status if reply.status != 200 else operation_reply.status
            return make_plain_response(reply, status, headers, operation_reply.pieces[0])
        pauses = (0.0, *(reply.pause for _ in operation_reply.pieces))
        chunks = tuple(map(Chunk, operation_reply.pieces, pauses))
        return ServerResponse(
            status=operation_reply.status, headers=headers, chunks=chunks, delay=reply.delay
        )

    @staticmethod
    def send_content() -> ServerResponse:
        """Return what a job made, as it is at its address."""
        headers = (("content-type", "video/mp4"),)
        return make_plain_response(Reply(), 200, headers, make_video())
