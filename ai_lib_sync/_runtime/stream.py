"""Connects by blocking sockets; the other package has a module of the same names and signatures.

Every wait in here ends early when a deadline around it passes, or when a scope around it is
cancelled.
"""

import os
import socket
import sys
import threading
from functools import partial
from ssl import SSLContext
from threading import Lock

from ai_lib._runtime.blocking import run_interruptible
from ai_lib._runtime.blocking_stream import BlockingStream, connect
from ai_lib._runtime.forks import ForkedState, close_inherited, renew_after_fork
from ai_lib._runtime.sockets import INHERITED, ConnectTimeout, ReadError, SocketConnectError

from .backend import Waiter, now

# More than that in one piece costs the system more than it saves.
READ_SIZE = 128 * 1024

# RFC 8305 gives an address a quarter of a second before the next is tried.
_FIRST_TRY_SECONDS = 0.25


def is_httpcore_replaced() -> bool:
    """Return whether something, as respx does, stands in for httpcore's connection."""
    if sys.modules.keys().isdisjoint(("httpcore", "httpcore2")):
        return False  # nothing can have been put there
    from .httpcore import HTTPConnection

    return not HTTPConnection.handle_request.__module__.startswith("httpcore")


class SocketStream(ForkedState):
    """One socket, perhaps encrypted, used by one call at a time.

    `abort` may be called from anywhere at any time. Raises `SocketError`s.
    """

    def __init__(self, stream: BlockingStream) -> None:
        self._streams = [stream]
        self._lock = Lock()
        self._is_busy = False
        self._is_aborted = False
        self._is_inherited = False
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Close the descriptor, and nothing else: the connection is the parent's."""
        super().renew_in_child()
        self._is_aborted = self._is_inherited = True
        self._is_busy = False
        streams, self._streams = self._streams, []
        for stream in streams:
            close_inherited(stream.socket)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the bytes that arrive, none at the end."""
        block = partial(self._begin().read, max_bytes)
        try:
            return run_interruptible(self._wake, block, timeout, now)
        finally:
            self._end()

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes."""
        block = partial(self._begin().write, buffer)
        try:
            run_interruptible(self._wake, block, timeout, now)
        finally:
            self._end()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Encrypt from now on."""
        stream = self._begin()

        def block(limit: float | None) -> None:
            # The handshake takes the socket out of our hands; a second descriptor can end it.
            with socket.socket(fileno=os.dup(stream.socket.fileno())) as duplicate:
                self._streams.append(BlockingStream(duplicate))
                self._streams = [stream.start_tls(ssl_context, server_hostname, limit)]

        try:
            run_interruptible(self._wake, block, timeout, now)
        finally:
            self._end()

    def get_extra_info(self, info: str) -> object:
        """Return what httpcore calls by that name; an aborted stream is readable, no more."""
        streams = self._streams
        return streams[0].get_extra_info(info) if streams else info == "is_readable"

    def _begin(self) -> BlockingStream:
        with self._lock:
            if self._is_aborted:
                raise ReadError(INHERITED if self._is_inherited else "closed here")
            self._is_busy = True
            return self._streams[0]

    def _end(self) -> None:
        with self._lock:
            self._is_busy = False
        if self._is_aborted:
            self._release()

    def _wake(self) -> None:
        try:
            # Not `SSLSocket.shutdown`, which would let a writer go on in plain text.
            socket.socket.shutdown(self._streams[-1].socket, socket.SHUT_RDWR)
        except (IndexError, OSError):  # closed already
            pass

    def abort(self) -> None:
        """Close at once, without waiting, from any task, thread or finalizer."""
        if self._is_aborted:
            return
        self._is_aborted = True
        with self._lock:
            self._wake()
            if self._is_busy:  # the call that waits wakes up and releases the socket
                return
        self._release()

    def _release(self) -> None:
        streams, self._streams = self._streams, []
        for stream in streams:
            stream.close()


def connect_tcp(host: str, port: int, timeout: float | None = None) -> SocketStream:
    """Connect to a name or an address."""
    waiter, lock = Waiter(), Lock()
    streams: list[BlockingStream] = []
    errors: list[Exception] = []
    is_abandoned: list[bool] = []

    def work() -> None:
        try:
            stream = _connect(host, port, timeout)
        except Exception as error:  # noqa: BLE001 (raised below)
            errors.append(error)
        else:
            with lock:
                if is_abandoned:
                    stream.close()
                else:
                    streams.append(stream)
        finally:
            waiter.wake()

    # Neither the system's look-up nor a connection under way can be interrupted from outside; a
    # thread of its own lets the caller return in time.
    threading.Thread(target=work, name="ai-lib-connect", daemon=True).start()
    try:
        waiter._wait(timeout)
    except BaseException:
        with lock:
            is_abandoned.append(True)
        for stream in streams:
            stream.close()
        raise
    with lock:
        is_abandoned.append(True)
    if streams:
        return SocketStream(streams[0])
    raise errors[0] if errors else ConnectTimeout("timed out")


def connect_unix(path: str, timeout: float | None = None) -> SocketStream:
    """Connect to a socket in the file system."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect(path)
    except TimeoutError as error:
        sock.close()
        raise ConnectTimeout(error) from error
    except OSError as error:
        sock.close()
        raise SocketConnectError(error) from error
    return SocketStream(BlockingStream(sock))


def _connect(host: str, port: int, timeout: float | None) -> BlockingStream:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SocketConnectError(error) from error
    addresses = [address[0] for *_, address in infos]
    failure: Exception = SocketConnectError("the name has no address")
    # First a short try of each, so that one dead address costs little, then a long one.
    for seconds in (_FIRST_TRY_SECONDS, timeout) if len(addresses) > 1 else (timeout,):
        for address in addresses:
            try:
                return connect(str(address), port, seconds)
            except (SocketConnectError, ConnectTimeout) as error:
                failure = error
    raise failure
