"""A response as it arrives: its head is there, its body is read on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import Protocol

from ai_lib._runtime.single_reader import second_reader_error
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.errors import (
    RemoteProtocolError,
    connection_lost,
    local_close_error,
    response_too_large,
)
from ai_lib.transport.http.content_encoding import ContentDecoder
from ai_lib.transport.http.headers import Headers, ResponseHead
from ai_lib.transport.options import TransportOptions
from ai_lib.types.wire import HttpRequest


class BodyReader(Protocol):
    """Reads the bytes of a body: a connection, or a stand-in for one."""

    async def read(self, deadlines: Deadlines) -> bytes:
        """Return the next bytes, none at the end."""
        ...


class ResponseLease(Protocol):
    """What a response holds while it is read: a lease of a connection, or a stand-in for one."""

    @property
    def connection(self) -> BodyReader:
        """The reader of the body's bytes."""
        ...

    def release(self) -> None:
        """Return it: the response was read to its end, or the rest is not wanted."""
        ...

    def defer_drain(self) -> None:
        """Return it although the response's last bytes are still to come."""
        ...


class HttpResponse:
    """The response to one request. It holds a connection until it is read to the end or closed.

    Iterating gives the body's content, decompressed, as it arrives. Closing it, from any task or
    thread, ends a read that is under way with `ConnectionLost`. A second reader beside one that is
    under way gets a RuntimeError.
    """

    def __init__(
        self,
        head: ResponseHead,
        lease: ResponseLease,
        deadlines: Deadlines,
        options: TransportOptions,
    ) -> None:
        self.status = head.status
        self.headers: Headers = head.headers
        self.http_version = head.http_version
        self._lease = lease
        self._deadlines = deadlines
        self._options = options
        self._ended = False
        self._reader = Lock()
        self._closed = False
        self._is_content = 200 <= head.status <= 299
        self._pieces: Iterator[bytes] = iter(())
        self._body_pieces: list[bytes] = []
        self._body_size = 0
        encoding = head.headers.get("content-encoding")
        try:
            self._decoder = ContentDecoder(encoding) if encoding else None
        except RemoteProtocolError as error:
            raise connection_lost(self.request, error, sent=True) from error

    @property
    def request(self) -> HttpRequest:
        """The request of this response."""
        return self._deadlines.request

    def __aiter__(self) -> HttpResponse:
        return self

    async def __anext__(self) -> bytes:
        # Nobody ever waits for this lock, so that it may be held across a wait.
        if not self._reader.acquire(blocking=False):
            raise second_reader_error()
        try:
            piece = await self._next()
        except BaseException:
            self._close()
            raise
        finally:
            self._reader.release()
        if not piece:
            raise StopAsyncIteration
        return piece

    async def _next(self) -> bytes:
        """Return the next piece of content, empty at its end."""
        try:
            while not self._ended:
                for piece in self._pieces:
                    return piece
                data = await self._receive()
                if self._decoder is None:
                    return data
                self._pieces = self._decoder.decode(data)
        except RemoteProtocolError as error:
            raise connection_lost(self.request, error, sent=True) from error
        if self._closed:
            raise local_close_error(self.request)
        return b""

    async def _receive(self) -> bytes:
        if self._closed:
            raise local_close_error(self.request)
        data = await self._lease.connection.read(self._deadlines)
        if data:
            self._deadlines.mark_content() if self._is_content else self._deadlines.mark_error()
        else:
            self._ended = True
            if self._decoder is not None:
                self._decoder.finish()
            self._lease.release()
        return data

    async def read_error(self) -> bytes:
        """Read the whole body of an error, or of a page; at most the transport's `max_error_bytes`.

        It is no content, so the first_token timeout bounds it as well. Raises as `read`.
        """
        self._is_content = False
        return await self.read(self._options.max_error_bytes)

    async def read(self, limit: int | None = None) -> bytes:
        """Read the whole body, at most `limit` bytes (or the transport's `max_body_bytes`).

        Raises:
            ResponseTooLarge: there is more.
            TransportError: the connection broke, or a timeout ran out.
        """
        max_bytes = self._options.max_body_bytes if limit is None else limit
        if not self._reader.acquire(blocking=False):
            raise second_reader_error()
        try:
            while size := await self._read_piece():
                self._body_size += size
                if self._body_size > max_bytes:
                    raise response_too_large(self.request, max_bytes)
        except BaseException:
            self._close()
            raise
        finally:
            self._reader.release()
        return b"".join(self._body_pieces)

    async def _read_piece(self) -> int:
        """Read the next piece and return its size; 0 at the end of the body."""
        # No local variable: tracebacks may show those, and the body may repeat the key.
        self._body_pieces.append(await self._next())
        return len(self._body_pieces[-1])

    def tap(self, on_bytes: Callable[[bytes], object]) -> None:
        """Call `on_bytes` with the bytes of the body as they are read, before decompression."""
        self._lease = _TappedLease(self._lease, on_bytes)

    async def drain(self) -> None:
        """Return the connection once nothing more of the body is wanted.

        What is still to come of it (within the transport's drain bounds) is read before the
        connection's next use; this call does not wait for it.
        """
        if self._closed or self._ended:
            return
        self._ended = self._closed = True
        self._lease.defer_drain()

    async def aclose(self) -> None:
        """Close the connection at once, unless the response has come to its end."""
        self._close()

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            self._lease.release()

    def __del__(self) -> None:
        self._close()

    async def __aenter__(self) -> HttpResponse:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._close()

    def __repr__(self) -> str:
        state = "ended" if self._ended else "closed" if self._closed else "open"
        return f"<HttpResponse {self.status} {self.request.safe_url} {state}>"


class _TappedLease:
    """Wraps the lease of a response; `on_bytes` is called with what is read, before it is used."""

    def __init__(self, lease: ResponseLease, on_bytes: Callable[[bytes], object]) -> None:
        self._lease = lease
        self._on_bytes = on_bytes

    @property
    def connection(self) -> BodyReader:
        """The reader of the body's bytes."""
        return self

    async def read(self, deadlines: Deadlines) -> bytes:
        """Return the next bytes, none at the end."""
        data = await self._lease.connection.read(deadlines)
        if data:
            self._on_bytes(data)
        return data

    def release(self) -> None:
        """Return the lease."""
        self._lease.release()

    def defer_drain(self) -> None:
        """Return the lease although the response's last bytes are still to come."""
        self._lease.defer_drain()
