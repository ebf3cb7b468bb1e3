# Generated from ai_lib/operations/stream.py by codegen; do not edit.
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

    def __iter__(self: S) -> S:
        return self

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection. Safe to call twice."""
        self._stream.close()

    @property
    def cancelled(self) -> bool:
        """Whether a cancel token cut the stream short."""
        return self._stream.cancelled
