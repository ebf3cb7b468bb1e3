# Generated from ai_lib/transport/connections/timed_stream.py by codegen; do not edit.
"""The bytes of one connection, under the deadlines of the call that uses it."""

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
from ..._runtime.stream import SocketStream, connect_tcp, connect_unix

# So many bytes are sent under one deadline.
_WRITE_SIZE = 256 * 1024
# An early response is read with these bounds; TLS sends bytes of its own, which are none.
_EARLY_READ_SECONDS = 0.001
_EARLY_READ_SIZE = 4096
# Bytes that wait in the socket are read within that time, even when the machine is busy.
_BUFFERED_READ_SECONDS = 0.1
_MIN_SECONDS = 0.001


class TimedStream:
    """A connection's socket, which an HTTP implementation writes to and reads from.

    Written bytes are buffered and go out together, with `flush` or the next read: a request in one
    piece, and nothing at all when a response is there before it. Every wait is under the call's
    deadlines, and under that of the `phase` where there is one: opening the connection, or
    draining it. Raises `SocketError`s and our own errors.

    `got_bytes` is true once bytes of the current response arrived, `sent_all` is false when the
    peer did not take the whole request.
    """

    def __init__(self, max_head_bytes: int) -> None:
        self.got_bytes = False
        self.sent_all = True
        self.is_connected = False
        self.phase: Deadline | None = None
        self._phase_ends_at = 0.0
        self._max_head_bytes = max_head_bytes
        self._head_bytes: int | None = None
        self._unsent: list[bytes] = []
        self._early_bytes = b""
        self._socket: SocketStream | None = None
        self._is_aborted = False

    def bind(self, deadlines: Deadlines) -> None:
        """Serve a call from now on, under its deadlines."""
        self.deadlines = deadlines
        self.got_bytes = False
        self._head_bytes = 0
        if not self.is_connected:
            self._start_phase(deadlines.connect_deadline(now()))

    def release(self) -> None:
        """Forget the call, and with it the request's body."""
        del self.deadlines

    def start_drain(self, seconds: float) -> None:
        """Allow that many seconds in all for the rest of a response."""
        self._start_phase(Deadline("idle", seconds, seconds))

    def _start_phase(self, phase: Deadline) -> None:
        self.phase = phase
        self._phase_ends_at = now() + (phase.seconds_left or 0.0)

    def end_phase(self) -> None:
        """Return to the call's own deadlines."""
        self.phase = None

    def end_connect(self) -> None:
        """Note that the connection is open, with its proxies and TLS."""
        self.is_connected = True
        self.got_bytes = False
        self._head_bytes = 0
        self.end_phase()

    def end_head(self) -> None:
        """Stop counting the bytes of the response's head."""
        self._head_bytes = None

    def probe_acks(self, *, duplicate: bool) -> AckProbe | None:
        """Return a probe of whether the peer gets what is sent from now on. Close it after use.

        `duplicate` is for a socket that may be closed before the probe is asked.
        """
        sock = self.get_extra_info("socket")
        try:
            return None if sock is None else AckProbe(cast(socket, sock), duplicate=duplicate)
        except OSError:  # the socket was closed
            return None

    def _apply_phase(self, call_deadline: Deadline) -> Deadline:
        """Return the phase's deadline, or the call's where there is no phase."""
        if self.phase is None:
            return call_deadline
        if self.phase.seconds_left is None:
            return self.phase
        seconds = self._phase_ends_at - now()
        if seconds < _BUFFERED_READ_SECONDS and self.get_extra_info("is_readable"):
            seconds = _BUFFERED_READ_SECONDS
        return self.phase._replace(seconds_left=max(seconds, _MIN_SECONDS))

    def open(self, host: str, port: int, socket_path: str = "") -> None:
        """Connect to a host, or to a socket in the file system."""
        deadline = self._apply_phase(self.deadlines.connect_deadline(now()))
        try:
            if socket_path:
                self._socket = connect_unix(socket_path, deadline.seconds_left)
            else:
                self._socket = connect_tcp(host, port, deadline.seconds_left)
        except ConnectTimeout as error:
            raise self.deadlines.timeout_error(deadline) from error
        if self._is_aborted:
            self._socket.abort()

    def start_tls(self, ssl_context: SSLContext, server_hostname: str | None) -> None:
        """Encrypt from now on."""
        deadline = self._apply_phase(self.deadlines.connect_deadline(now()))
        host = server_hostname and server_hostname.strip("[]")
        try:
            self._get_socket().start_tls(ssl_context, host, deadline.seconds_left)
        except ConnectTimeout as error:
            raise self.deadlines.timeout_error(deadline) from error

    def write(self, buffer: bytes) -> None:
        """Buffer bytes to send; first send those buffered before, when they are many."""
        if sum(map(len, self._unsent)) >= _WRITE_SIZE:
            self.flush()
        if not self.sent_all:
            # The peer takes no more: only its response is left to read.
            raise WriteError("the rest of the request was not wanted")
        if buffer:
            self._unsent.append(buffer)

    def read(self, max_bytes: int) -> bytes:
        """Send what is buffered, then return the bytes that arrive, none at the end."""
        if self._unsent:
            self.flush()
        deadline = self.deadlines.read_deadline(now())
        if self.phase is not None:
            deadline = self._apply_phase(deadline)
        if self._early_bytes:
            self.got_bytes = True
            data, self._early_bytes = self._early_bytes, b""
            return data
        try:
            data = self._get_socket().read(
                min(max_bytes, self._max_read_size()), deadline.seconds_left
            )
        except ReadTimeout as error:
            raise self.deadlines.timeout_error(deadline) from error
        if data:
            self.got_bytes = True
            if self._head_bytes is not None:
                self._head_bytes += len(data)
        return data

    def _max_read_size(self) -> int:
        if self._head_bytes is None:
            return _WRITE_SIZE
        size = self._max_head_bytes - self._head_bytes
        if size < 0:
            raise RemoteProtocolError(
                f"the head of the response is over {self._max_head_bytes} bytes"
            )
        return size + 1

    def flush(self) -> None:
        """Send what is buffered, unless a response is there already."""
        data = self._unsent[0] if len(self._unsent) == 1 else b"".join(self._unsent)
        self._unsent.clear()
        was_sending = self.deadlines.request_sent
        if self.phase is None:
            self.deadlines.mark_sending(now())
        try:
            for start in range(0, len(data), _WRITE_SIZE):
                if (start or was_sending) and self._has_early_response():
                    self.sent_all = False
                    return
                deadline = self._apply_phase(self.deadlines.write_deadline(now()))
                try:
                    self._get_socket().write(
                        data[start : start + _WRITE_SIZE], deadline.seconds_left
                    )
                except WriteTimeout as error:
                    raise self.deadlines.timeout_error(deadline) from error
        except WriteError:
            # A server may respond early and close: its response is worth more than how it ended.
            self.sent_all = False

    def _has_early_response(self) -> bool:
        """Return whether a response came before all was sent; its first bytes are kept."""
        stream = self._get_socket()
        protocol = getattr(stream.get_extra_info("ssl_object"), "selected_alpn_protocol", None)
        # In HTTP/2 the peer sends frames all the time.
        is_http2 = protocol is not None and protocol() == "h2"
        if is_http2 or not stream.get_extra_info("is_readable"):
            return False
        try:
            self._early_bytes = stream.read(_EARLY_READ_SIZE, _EARLY_READ_SECONDS)
        except ReadTimeout:
            return False
        except ReadError:  # the peer closed
            return True
        return True

    def _get_socket(self) -> SocketStream:
        if self._socket is None:
            raise RemoteProtocolError("it is not connected")
        return self._socket

    def get_extra_info(self, info: str) -> object:
        """Return what httpcore calls by that name; None when it is unknown."""
        return None if self._socket is None else self._socket.get_extra_info(info)

    def abort(self) -> None:
        """Close at once, without waiting, from any task, thread or finalizer."""
        self._is_aborted = True
        if self._socket is not None:
            self._socket.abort()
