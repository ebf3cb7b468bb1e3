"""One open connection: requests out, replies in, under the clocks of the call it serves."""

from socket import SHUT_RDWR
from threading import Lock
from typing import NamedTuple

from ai_lib.errors.tree import TransportTimeout
from ai_lib.transport.clocks import CallClocks
from ai_lib.transport.failures import Violation, closed_here, lost
from ai_lib.transport.http1 import Head, Http1, RawHeaders
from ai_lib.transport.sockets import Stream

from .._backend import checkpoint, now, wait_readable, wait_writable

# Bytes that are there at once are taken without waiting; now and then others get a turn.
_TURN_EVERY = 16


class Via(NamedTuple):
    """What a plain http request through a proxy needs: the origin's URL and the proxy's headers."""

    prefix: str
    headers: RawHeaders


class Connection:
    """A socket and the protocol on it. One call at a time uses it; `close` is for anyone, anytime.

    `served` counts the calls before this one, `tail_ends` is until when a parked connection may
    still receive the rest of its last reply.
    """

    def __init__(self, stream: Stream, max_head_bytes: int, via: Via | None = None) -> None:
        self.served = 0
        self.idle_since = 0.0
        self.tail_ends: float | None = None
        self._stream = stream
        self._via = via
        self._protocol = Http1(max_head_bytes)
        self._lock = Lock()
        self._in_use = False
        self._closed = False
        self._at_once = 0
        self._whole = True
        self._tail_bytes = 0

    @property
    def heard(self) -> bool:
        """Whether anything of the current reply has arrived."""
        return self._protocol.heard

    @property
    def reusable(self) -> bool:
        """Whether another call may use it now."""
        return self._whole and not self._closed and self._protocol.reusable

    async def send(
        self, method: str, target: str, headers: RawHeaders, body: bytes, clocks: CallClocks
    ) -> Head:
        """Send a request and give the head of its reply."""
        if self._via is not None:
            target = self._via.prefix + target
            headers = [*headers, *self._via.headers]
        data = self._protocol.request(method, target, headers, body)
        clocks.sending(now())
        await self._write(data, clocks)
        try:
            while (head := self._protocol.head()) is None:
                await self._receive(clocks)
        except Violation as error:
            raise lost(clocks.request, error, sent=True) from error
        return head

    async def read(self, clocks: CallClocks) -> bytes:
        """Give the next bytes of the reply's body as they arrive, empty at its end."""
        try:
            while (data := self._protocol.body()) is None:
                await self._receive(clocks)
        except Violation as error:
            raise lost(clocks.request, error, sent=True) from error
        return data

    async def _write(self, data: bytes, clocks: CallClocks) -> None:
        self._begin(clocks)
        try:
            self._stream.write(data)
            await self._flush(clocks)
        except TransportTimeout:  # an OSError as well
            raise
        except OSError:
            # A server may answer early and close: what it said is worth more than how it ended.
            self._whole = False
        finally:
            self._end()
        self._check_open(clocks)

    async def _flush(self, clocks: CallClocks) -> None:
        while not self._stream.flush():
            limit = clocks.writing(now())
            if not await wait_writable(self._stream.sock, limit.left):
                raise clocks.ran_out(limit)

    async def _receive(self, clocks: CallClocks) -> None:
        self._begin(clocks)
        try:
            data = await self._arriving(clocks)
        except TransportTimeout:  # an OSError as well
            raise
        except OSError as error:
            self._check_open(clocks)
            raise lost(clocks.request, error, sent=True) from error
        finally:
            self._end()
        self._check_open(clocks)
        self._protocol.feed(data)

    async def _arriving(self, clocks: CallClocks) -> bytes:
        data = self._stream.receive()
        if data is not None:
            clocks.check_total(now())
            self._at_once += 1
            if self._at_once % _TURN_EVERY == 0:
                await checkpoint()
            return data
        while data is None:
            limit = clocks.reading(now())
            if not await wait_readable(self._stream.sock, limit.left):
                raise clocks.ran_out(limit)
            data = self._stream.receive()
        return data

    def _begin(self, clocks: CallClocks) -> None:
        with self._lock:
            self._check_open(clocks)
            self._in_use = True

    def _end(self) -> None:
        with self._lock:
            self._in_use = False
            if self._closed:
                self._stream.sock.close()

    def _check_open(self, clocks: CallClocks) -> None:
        if self._closed:
            raise closed_here(clocks.request)

    def park(self, until: float) -> None:
        """Leave the reply's rest for later: nothing of it is worth having after that time."""
        self.tail_ends = self.idle_since = until

    def finish_tail(self, limit: int) -> bool:
        """Take what has come of the last reply's rest; true once that is complete.

        Raises `Violation` or `OSError` when it never will be.
        """
        while (data := self._protocol.body()) != b"":
            if data:
                self._tail_bytes += len(data)
            elif (received := self._receive_now()) is None:
                return False
            else:
                self._protocol.feed(received)
            if self._tail_bytes > limit:
                raise Violation("the rest of the reply is too long")
        self._tail_bytes = 0
        self.tail_ends = None
        return True

    async def more(self, clocks: CallClocks, seconds: float) -> bool:
        """Whether something arrives within that time."""
        self._begin(clocks)
        try:
            return await wait_readable(self._stream.sock, seconds)
        finally:
            self._end()

    def rest(self, at: float) -> None:
        """Be idle from now on, ready for another call."""
        self._protocol.next_exchange()
        self.idle_since = at
        self.served += 1

    def is_quiet(self) -> bool:
        """Whether the idle connection still stands: no byte and no end has come."""
        try:
            return self._receive_now() is None
        except OSError:
            return False

    def _receive_now(self) -> bytes | None:
        with self._lock:
            return b"" if self._closed else self._stream.receive()

    def close(self) -> None:
        """Close at once, without waiting, from any task, thread or finalizer."""
        if self._closed:
            return
        self._closed = True
        with self._lock:
            if not self._in_use:
                self._stream.sock.close()
                return
            try:
                # Whoever waits for this socket wakes up, finds it closed and lets go of it.
                self._stream.sock.shutdown(SHUT_RDWR)
            except OSError:  # the peer was faster
                pass
