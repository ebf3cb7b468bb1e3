# Generated from ai_lib/testing/cassettes/recorder.py by codegen; do not edit.
"""Records what goes over the wire, so that a test can replay it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ai_lib.errors.exceptions import TransportError
from ai_lib.testing.cassettes.cassette import (
    CassetteFile,
    Exchange,
    Failure,
    Piece,
    begun,
    failure_of,
    piece,
    public_headers,
)
from ai_lib.testing.cassettes.scrubbing import without_keys
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.http.headers import ResponseHead
from ai_lib.transport.options import TransportOptions
from ai_lib.types.wire import HttpRequest, TimeoutOptions

from ..._runtime.backend import now
from ...transport import HttpResponse, HttpTransport
from ...transport.connections.pool import Lease
from ...transport.response import Readable


def record(path: str | Path, options: TransportOptions | None = None) -> RecordingTransport:
    """Return a transport that writes every exchange to a cassette, which is made anew.

        with record("answers.jsonl") as transport:
            client = AiClient.builder().model("...").transport(transport).build()

    Bytes are recorded as received, with the cuts and pauses of the network; no credential is.
    An exchange is written when its reply has ended, or nobody reads it any more.
    """
    return RecordingTransport(path, options)


class RecordingTransport(HttpTransport):
    """A transport that writes what it exchanges to a cassette."""

    def __init__(self, path: str | Path, options: TransportOptions | None = None) -> None:
        super().__init__(options)
        self._file = CassetteFile(path)

    def send(self, request: HttpRequest, clocks: TimeoutOptions) -> HttpResponse:
        """Send a request. Raises as `HttpTransport.send`; that is recorded too."""
        try:
            return super().send(request, clocks)
        except TransportError as error:
            failed = msgspec.structs.replace(begun(request), failure=failure_of(error))
            self._file.append(without_keys(failed, request))
            raise

    def _reply(self, head: ResponseHead, lease: Lease, call: Deadlines) -> HttpResponse:
        return HttpResponse(head, _Tape(self._file, head, lease, call), call, self.options)

    def __repr__(self) -> str:
        return f"RecordingTransport({str(self._file.path)!r})"


class _Tape:
    """Stands between a reply and its connection, and writes down what passes."""

    def __init__(
        self, file: CassetteFile, head: ResponseHead, lease: Lease, call: Deadlines
    ) -> None:
        self._file = file
        self._head = head
        self._lease = lease
        self._request = call.request
        self._came = now()
        self._head_after = self._came - call.began
        self._pieces: list[Piece] = []
        self._failure: Failure | None = None
        self._due = [True]

    @property
    def connection(self) -> Readable:
        return self

    def read(self, clocks: Deadlines) -> bytes:
        try:
            data = self._lease.connection.read(clocks)
        except TransportError as error:
            self._failure = failure_of(error)
            raise
        if data:
            self._pieces.append(piece(now() - self._came, data))
        return data

    def give_back(self) -> None:
        self._write()
        self._lease.give_back()

    def park(self) -> None:
        self._write()
        self._lease.park()

    def _write(self) -> None:
        try:
            self._due.pop()  # of two threads and a finalizer, one succeeds
        except IndexError:
            return
        self._file.append(without_keys(self._exchange(), self._request))

    def _exchange(self) -> Exchange:
        headers = self._head.headers
        fields = [(name, value) for name in headers for value in headers.get_all(name)]
        return msgspec.structs.replace(
            begun(self._request),
            status=self._head.status,
            reply_headers=tuple(public_headers(fields)),
            head_after=round(self._head_after, 6),
            pieces=tuple(self._pieces),
            failure=self._failure,
        )
