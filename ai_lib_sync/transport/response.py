# Generated from ai_lib/transport/response.py by codegen; do not edit.
"""A reply as it arrives: its head is there, its body is read on demand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.errors import RemoteProtocolError, closed_here, lost, too_large
from ai_lib.transport.http.content_encoding import ContentDecoder
from ai_lib.transport.http.headers import Headers, ResponseHead
from ai_lib.transport.options import TransportOptions
from ai_lib.types.wire import HttpRequest


class Readable(Protocol):
    """Where the bytes of a body come from."""

    def read(self, clocks: Deadlines) -> bytes:
        """Give the next bytes, empty at the end."""
        ...


class Source(Protocol):
    """What a reply holds while it is read: a lease of a connection, or what stands in for one."""

    @property
    def connection(self) -> Readable:
        """What is read from."""
        ...

    def give_back(self) -> None:
        """Take it back: the reply was read to its end, or nobody wants the rest."""
        ...

    def park(self) -> None:
        """Take it back, although the reply's last bytes are still to come."""
        ...


class HttpResponse:
    """The reply to one request. It holds a connection until it is read to the end or closed.

    Iterating gives the body's content, decompressed, as it arrives. Closing it, from any task or
    thread, ends a read that is under way with `ConnectionLost`.
    """

    def __init__(
        self, head: ResponseHead, lease: Source, clocks: Deadlines, options: TransportOptions
    ) -> None:
        self.status = head.status
        self.headers: Headers = head.headers
        self.http_version = head.http_version
        self._lease = lease
        self._clocks = clocks
        self._options = options
        self._ended = False
        self._closed = False
        self._pieces: Iterator[bytes] = iter(())
        self._kept: list[bytes] = []
        self._kept_size = 0
        try:
            self._content = ContentDecoder(head.headers.get("content-encoding"))
        except RemoteProtocolError as error:
            raise lost(self.request, error, sent=True) from error

    @property
    def request(self) -> HttpRequest:
        """The request this replies to."""
        return self._clocks.request

    def __iter__(self) -> HttpResponse:
        return self

    def __next__(self) -> bytes:
        try:
            piece = self._next()
        except BaseException:
            self._close()
            raise
        if not piece:
            raise StopIteration
        return piece

    def _next(self) -> bytes:
        """Give the next piece of content, empty at its end."""
        try:
            while not self._ended:
                for piece in self._pieces:
                    return piece
                data = self._receive()
                if self._content.is_plain:
                    return data
                self._pieces = self._content.decode(data)
        except RemoteProtocolError as error:
            raise lost(self.request, error, sent=True) from error
        if self._closed:
            raise closed_here(self.request)
        return b""

    def _receive(self) -> bytes:
        if self._closed:
            raise closed_here(self.request)
        data = self._lease.connection.read(self._clocks)
        if data:
            self._clocks.content_came()
        else:
            self._ended = True
            self._content.finish()
            self._lease.give_back()
        return data

    def read_error(self) -> bytes:
        """Give a whole body that is no answer: an error, a page. Raises as `read`.

        Its bound is the transport's `max_error_bytes`.
        """
        return self.read(self._options.max_error_bytes)

    def read(self, limit: int | None = None) -> bytes:
        """Read the whole body, at most `limit` bytes (or the transport's own bound).

        Raises `ResponseTooLarge` when there is more.
        """
        bound = self._options.max_body_bytes if limit is None else limit
        try:
            while size := self._keep_next():
                self._kept_size += size
                if self._kept_size > bound:
                    raise too_large(self.request, bound)
        except BaseException:
            self._close()
            raise
        return b"".join(self._kept)

    def _keep_next(self) -> int:
        """Read the next piece and return its size; 0 at the end of the body."""
        # No local variable: tracebacks may show those, and the body may say the key back.
        self._kept.append(self._next())
        return len(self._kept[-1])

    def drain(self) -> None:
        """Give the connection back once nothing more of the body is wanted.

        What is still to come of it (within the transport's drain bounds) is read before the
        connection's next use; waiting for it is not on this call's time.
        """
        if self._closed or self._ended:
            return
        self._ended = self._closed = True
        self._lease.park()

    def close(self) -> None:
        """Close the connection unless the reply has come to its end; at once, without waiting."""
        self._close()

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            self._lease.give_back()

    def __del__(self) -> None:
        self._close()

    def __enter__(self) -> HttpResponse:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def __repr__(self) -> str:
        state = "ended" if self._ended else "closed" if self._closed else "open"
        return f"<HttpResponse {self.status} {self.request.safe_url} {state}>"
