"""OperationStream: the response to an operation as it comes."""

from __future__ import annotations

from collections import deque
from weakref import finalize

from ai_lib.client.call.call import StreamState
from ai_lib.client.target.target import attribute_error
from ai_lib.errors.exceptions import AiLibError, ConnectionLost, StreamTruncated
from ai_lib.pipeline.operations.result import OperationResult
from ai_lib.pipeline.operations.stream import (
    OperationDelta,
    OperationStreamReader,
    check_stream_kind,
    error_of_body,
)
from ai_lib.resilience.permit import Permit

from ...transport import HttpResponse
from .cancel import CancelToken
from .item_stream import ItemStream
from .operation_call import OperationCall, PreparedOperation


class OperationStream(ItemStream[OperationDelta]):
    """The pieces of one response; nothing is sent before the first is asked for.

    An attempt that fails before its response begins may be made again, or at another target.
    Where rules for output look at texts, all is received before anything is handed out.
    """

    def __init__(self, operation: OperationCall, cancel_token: CancelToken | None = None) -> None:
        call = operation.call
        super().__init__(call, operation.interceptors.active_in(call), cancel_token)
        self._operation = operation
        self._state = call.stream or StreamState()
        self._response: HttpResponse | None = None
        self._permit: Permit | None = None
        self._pieces: OperationStreamReader | None = None
        self._prepared: PreparedOperation | None = None

    @property
    def prepared(self) -> PreparedOperation | None:
        """The request that was answered, None before the response began."""
        return self._prepared

    def result(self) -> OperationResult:
        """Return what has come so far, without the bytes."""
        result = self._pieces.result() if self._pieces is not None else OperationResult()
        if self._prepared is not None:
            result.adaptations = self._prepared.written.adaptations
        if self._permit is not None:
            result.request_id = self._permit.request_id
        return result

    async def _fail(self, error: AiLibError) -> None:
        if self._prepared is not None:
            attribute_error(error, self._prepared.target)
        if self._permit is not None and self._permit.is_open:
            self._permit.usage = self.result().usage
            self._permit.is_estimate = True
            self._permit.fail(error)
        await super()._fail(error)

    async def _report(self) -> None:
        await self._operation.report()

    async def _pull(self) -> None:
        if self._pieces is None:
            await self._open()
            return
        await self._read_more()
        if self._call.filter_results is not None:
            pieces = list(self._items)
            while not self._ended:
                self._items.clear()
                await self._read_more()
                pieces += self._items
            self._items = deque(await self._filter(pieces))

    async def _read_more(self) -> None:
        response, reader = self._response, self._pieces
        if response is None or reader is None:
            self._ended = True
            return
        try:
            chunk = await response.__anext__()
        except StopAsyncIteration:
            self._items.extend(reader.close())
            await self._finish()
            return
        except ConnectionLost as error:
            raise StreamTruncated(f"the connection broke before the end: {error}") from error
        self._items.extend(reader.feed(chunk))

    async def _open(self) -> None:
        call = self._call
        call.timer.restart()
        if self._interceptors:
            self._state.finalizer = finalize(self, self._interceptors.end_forgotten, call)
            await self._interceptors.before_operation(call)
        await self._operation.attempt_in_turn(self._begin)

    async def _begin(self, operation: PreparedOperation, permit: Permit) -> None:
        response = await self._operation.send(operation, permit)
        compiled = operation.target.compiled
        content_type = (response.headers.get("content-type") or "").lower()
        if not check_stream_kind(compiled, operation.shape, content_type):
            async with response:
                raise error_of_body(compiled, content_type, await response.read_error())
        permit.on_first_content()
        permit.detach()
        self._call.timer.first_token()
        self._response, self._permit, self._prepared = response, permit, operation
        self._pieces = OperationStreamReader(
            compiled,
            operation.shape,
            response.headers,
            operation.written.values,
            self._operation.transport.options.max_frame_bytes,
        )
        self._state.abandon_attempt = self._release

    async def _finish(self) -> None:
        self._ended = True
        result = self.result()
        self._call.usage = result.usage
        self._call.read_results = result.read_texts
        if self._permit is not None:
            self._permit.usage = result.usage
            self._permit.succeed()
        self._response = None
        if self._interceptors and self._call.filter_results is None:
            self._interceptors.end(self._call, "answered")

    async def _filter(self, pieces: list[OperationDelta]) -> list[OperationDelta]:
        """Return the pieces as rules for output leave them; all of the response is there."""
        result = self.result()
        before = result.read_texts()
        await self._operation.filter_result(result)
        if self._interceptors:
            self._interceptors.end(self._call, "answered")
        if result.read_texts() == before:
            return pieces
        data_pieces = [piece for piece in pieces if piece.data]
        return [
            *data_pieces,
            OperationDelta(text=result.text, items=result.items, lists=result.lists),
        ]

    def _release(self) -> None:
        """End the attempt without a wait; what came so far is what was used."""
        if self._permit is not None and self._permit.is_open:
            self._permit.usage = self.result().usage
            self._permit.is_estimate = True
            self._permit.abandon()

    async def _close_attempt(self) -> None:
        self._ended = True
        self._release()
        response, self._response = self._response, None
        if response is not None:
            await response.aclose()
