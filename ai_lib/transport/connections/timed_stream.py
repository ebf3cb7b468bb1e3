"""The bytes of one connection, under the clocks of the call it serves."""

from __future__ import annotations

from socket import socket
from ssl import SSLContext
from typing import cast

from ai_lib._runtime.sockets import (
    AckProbe,
    ConnectTimeout,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)
from ai_lib.transport.deadlines import Deadline, Deadlines
from ai_lib.transport.errors import RemoteProtocolError

from ..._runtime.backend import now
from ..._runtime.stream import SocketStream, dial

# So much is sent under one limit.
_SLICE = 256 * 1024
# So long is looked whether what came is a reply; TLS sends things of its own.
_GLANCE = 0.001
_ROOM_FOR_EARLY = 4096
# What is there already arrives within that time, even when the machine is busy.
_INSTANT = 0.1


class TimedStream:
    """A connection's socket, for one of two to speak HTTP over.

    What is written goes out together, at the first read: a request in one piece, and none
    at all when a reply is there before it. `heard` says whether anything of the reply has come,
    `whole` whether the request went out whole, `stage` is what else than a call it is busy with.
    The clocks are asked at each turn. Raises `SocketError`s and our own errors.
    """

    def __init__(self, max_head_bytes: int) -> None:
        self.heard = False
        self.whole = True
        self.connected = False
        self.stage: Deadline | None = None
        self._stage_ends = 0.0
        self._max_head_bytes = max_head_bytes
        self._head_bytes: int | None = None
        self._unsent: list[bytes] = []
        self._early = b""
        self._line: SocketStream | None = None
        self._closed = False

    def serve(self, clocks: Deadlines) -> None:
        """Be under a call's clocks from now on."""
        self.clocks = clocks
        self.heard = False
        self._head_bytes = 0
        if not self.connected:
            self._begin(clocks.connecting(now()))

    def rest(self) -> None:
        """Forget the call, and with it the request's body."""
        del self.clocks

    def expect_rest(self, seconds: float) -> None:
        """Wait for the rest of a reply, so long in all."""
        self._begin(Deadline("idle", seconds, seconds))

    def _begin(self, stage: Deadline) -> None:
        self.stage = stage
        self._stage_ends = now() + (stage.left or 0.0)

    def end_stage(self) -> None:
        """Be under the call's clocks alone."""
        self.stage = None

    def opened(self) -> None:
        """Note that proxies and TLS are done."""
        self.connected = True
        self.heard = False
        self._head_bytes = 0
        self.end_stage()

    def watched(self, *, held: bool) -> AckProbe | None:
        """Watch whether what is sent from now on reaches the peer; close what this returns.

        It has to be `held` where the socket may be closed before one asks.
        """
        found = self.get_extra_info("socket")
        try:
            return None if found is None else AckProbe(cast(socket, found), held=held)
        except OSError:  # it was closed
            return None

    def head_came(self) -> None:
        """Stop counting the head's bytes."""
        self._head_bytes = None

    def _limit(self, of_call: Deadline) -> Deadline:
        if self.stage is None:
            return of_call
        if self.stage.left is None:
            return self.stage
        left = self._stage_ends - now()
        if left < _INSTANT and self.get_extra_info("is_readable"):
            left = _INSTANT
        return self.stage._replace(left=max(left, 0.001))

    async def dial(self, host: str, port: int) -> None:
        """Connect."""
        limit = self._limit(self.clocks.connecting(now()))
        try:
            self._line = await dial(host, port, limit.left)
        except ConnectTimeout as error:
            raise self.clocks.ran_out(limit) from error
        if self._closed:
            self._line.hang_up()

    async def start_tls(self, ssl_context: SSLContext, server_hostname: str | None) -> None:
        """Encrypt what follows."""
        limit = self._limit(self.clocks.connecting(now()))
        host = server_hostname and server_hostname.strip("[]")
        try:
            await self._open().start_tls(ssl_context, host, limit.left)
        except ConnectTimeout as error:
            raise self.clocks.ran_out(limit) from error

    async def write(self, buffer: bytes) -> None:
        """Take bytes to send; what was taken before goes out when that is much."""
        if sum(map(len, self._unsent)) >= _SLICE:
            await self._send()
        if not self.whole:
            # The peer takes no more: there is nothing to do but to hear what it says.
            raise WriteError("the rest of the request was not wanted")
        if buffer:
            self._unsent.append(buffer)

    async def read(self, max_bytes: int) -> bytes:
        """Send what was written, then give what arrives, empty at the end."""
        if self._unsent:
            await self._send()
        limit = self._limit(self.clocks.reading(now()))
        if self._early:
            self.heard = True
            data, self._early = self._early, b""
            return data
        try:
            data = await self._open().read(min(max_bytes, self._room()), limit.left)
        except ReadTimeout as error:
            raise self.clocks.ran_out(limit) from error
        if data:
            self.heard = True
            if self._head_bytes is not None:
                self._head_bytes += len(data)
        return data

    def _room(self) -> int:
        if self._head_bytes is None:
            return _SLICE
        room = self._max_head_bytes - self._head_bytes
        if room < 0:
            raise RemoteProtocolError(f"the head of the reply is over {self._max_head_bytes} bytes")
        return room + 1

    async def _send(self) -> None:
        data = self._unsent[0] if len(self._unsent) == 1 else b"".join(self._unsent)
        self._unsent.clear()
        under_way = self.clocks.sent
        if self.stage is None:
            self.clocks.sending(now())
        try:
            for start in range(0, len(data), _SLICE):
                if (start or under_way) and await self._is_answered():
                    self.whole = False
                    return
                limit = self._limit(self.clocks.writing(now()))
                try:
                    await self._open().write(data[start : start + _SLICE], limit.left)
                except WriteTimeout as error:
                    raise self.clocks.ran_out(limit) from error
        except WriteError:
            # A server may answer early and close: what it said is worth more than how it ended.
            self.whole = False

    async def _is_answered(self) -> bool:
        """Whether a reply came before all was sent; its beginning is kept for `read`."""
        line = self._open()
        protocol = getattr(line.get_extra_info("ssl_object"), "selected_alpn_protocol", None)
        # In HTTP/2 the peer talks all the time.
        is_second = protocol is not None and protocol() == "h2"
        if is_second or not line.get_extra_info("is_readable"):
            return False
        try:
            self._early = await line.read(_ROOM_FOR_EARLY, _GLANCE)
        except ReadTimeout:
            return False
        except ReadError:  # it went away
            return True
        return True

    def _open(self) -> SocketStream:
        if self._line is None:
            raise RemoteProtocolError("it is not connected")
        return self._line

    def get_extra_info(self, info: str) -> object:
        """Tell by httpcore's words."""
        return None if self._line is None else self._line.get_extra_info(info)

    def hang_up(self) -> None:
        """Close at once, without waiting, from any task, thread or finalizer."""
        self._closed = True
        if self._line is not None:
            self._line.hang_up()
