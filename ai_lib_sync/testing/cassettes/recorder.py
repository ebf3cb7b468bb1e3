# Generated from ai_lib/testing/cassettes/recorder.py by codegen; do not edit.
"""Records the exchanges of a transport on a cassette, so that a test can replay them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ai_lib.errors.exceptions import TransportError
from ai_lib.testing.cassettes.cassette import (
    CassetteFile,
    Exchange,
    Failure,
    RecordedChunk,
    begin_exchange,
    describe_failure,
    encode_chunk,
    mask_response_headers,
)
from ai_lib.testing.cassettes.scrubbing import scrub_keys
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.http.headers import ResponseHead
from ai_lib.transport.options import TransportOptions
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from ..._runtime.backend import now
from ...transport import HttpResponse, HttpTransport
from ...transport.connections.pool import Lease
from ...transport.response import BodyReader


def record(path: str | Path, options: TransportOptions | None = None) -> RecordingTransport:
    """Return a transport that writes every exchange to a cassette, a new file.

        with record("answers.jsonl") as transport:
            client = AiClient.builder().model("...").transport(transport).build()

    Bytes are recorded as received, with the cuts and pauses of the network. Credentials are not
    recorded. An exchange is written when its response has ended or is no longer read.
    """
    return RecordingTransport(path, options)


class RecordingTransport(HttpTransport):
    """A transport that writes its exchanges to a cassette."""

    def __init__(self, path: str | Path, options: TransportOptions | None = None) -> None:
        super().__init__(options)
        self._file = CassetteFile(path)

    def send(self, request: HttpRequest, timeouts: TimeoutOptions) -> HttpResponse:
        """Send a request, as `HttpTransport.send` does; its errors are recorded too."""
        try:
            return super().send(request, timeouts)
        except TransportError as error:
            failed = msgspec.structs.replace(
                begin_exchange(request), failure=describe_failure(error)
            )
            self._file.append(scrub_keys(failed, request))
            raise

    def _make_response(
        self, head: ResponseHead, lease: Lease, deadlines: Deadlines
    ) -> HttpResponse:
        return HttpResponse(
            head, _RecordingLease(self._file, head, lease, deadlines), deadlines, self.options
        )

    def __repr__(self) -> str:
        return f"RecordingTransport({str(self._file.path)!r})"


class _RecordingLease:
    """Wraps the lease of a response's connection and records the bytes that are read."""

    def __init__(
        self, file: CassetteFile, head: ResponseHead, lease: Lease, deadlines: Deadlines
    ) -> None:
        self._file = file
        self._head = head
        self._lease = lease
        self._request = deadlines.request
        self._received_at = now()
        self._head_after = self._received_at - deadlines.started_at
        self._chunks: list[RecordedChunk] = []
        self._failure: Failure | None = None
        self._pending_write = [True]

    @property
    def connection(self) -> BodyReader:
        return self

    def read(self, deadlines: Deadlines) -> bytes:
        try:
            data = self._lease.connection.read(deadlines)
        except TransportError as error:
            self._failure = describe_failure(error)
            raise
        if data:
            self._chunks.append(encode_chunk(now() - self._received_at, data))
        return data

    def release(self) -> None:
        self._write_once()
        self._lease.release()

    def defer_drain(self) -> None:
        self._write_once()
        self._lease.defer_drain()

    def _write_once(self) -> None:
        try:
            self._pending_write.pop()  # of two threads and a finalizer, one succeeds
        except IndexError:
            return
        self._file.append(scrub_keys(self._make_exchange(), self._request))

    def _make_exchange(self) -> Exchange:
        headers = self._head.headers
        fields = [(name, value) for name in headers for value in headers.get_all(name)]
        return msgspec.structs.replace(
            begin_exchange(self._request),
            status=self._head.status,
            response_headers=tuple(mask_response_headers(fields)),
            head_after=round(self._head_after, 6),
            chunks=tuple(self._chunks),
            failure=self._failure,
        )
