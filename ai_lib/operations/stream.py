"""ResponseStream: what the streams of all operations share."""

from __future__ import annotations

from typing import TypeVar

from ai_lib.client.call.call import Call

from ..client.execution.operation_stream import OperationStream

S = TypeVar("S", bound="ResponseStream")


class ResponseStream:
    """The parts of one response as they come; use it in a `with` block.

    Leaving it early closes the connection.
    """

    def __init__(self, stream: OperationStream, call: Call) -> None:
        self._stream = stream
        self._call = call

    def __aiter__(self: S) -> S:
        return self

    async def __aenter__(self: S) -> S:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the connection. Safe to call twice."""
        await self._stream.aclose()

    @property
    def cancelled(self) -> bool:
        """Whether a cancel token cut the stream short."""
        return self._stream.cancelled
