"""What this package connects with: sockets that can be interrupted. The other package has its like.

Every wait in here ends early when a deadline around it passes or a scope around it is cancelled.
"""

import os
import socket
import sys
import threading
from collections.abc import Callable
from ssl import SSLContext
from threading import Lock
from typing import TypeVar

from ai_lib._runtime.blocking import interruptible
from ai_lib._runtime.blocking_stream import Stream, connect
from ai_lib._runtime.sockets import ConnectTimeout, NotConnected, ReadError

from .backend import Waiter, now

_T = TypeVar("_T")

# More than that in one piece costs the system more than it saves.
READ_SIZE = 128 * 1024

# RFC 8305 gives an address a quarter of a second before the next is tried.
_HEAD_START = 0.25
# A timeout of zero means another thing to a socket.
_LEAST = 0.0005


def is_replaced() -> bool:
    """Whether something stands in for httpcore's connection, as respx does."""
    if "httpcore" not in sys.modules:  # then nobody can have put something there
        return False
    from .httpcore import HTTPConnection

    return not HTTPConnection.handle_request.__module__.startswith("httpcore")


class SocketStream:
    """One socket, perhaps encrypted. One call at a time uses it; `hang_up` is for anyone, anytime.

    Raises `SocketError`s.
    """

    def __init__(self, stream: Stream) -> None:
        self._streams = [stream]
        self._lock = Lock()
        self._busy = False
        self._hung_up = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Give what arrives, empty at the end."""
        return self._do(lambda stream, left: stream.read(max_bytes, left), timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send."""
        self._do(lambda stream, left: stream.write(buffer, left), timeout)

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Encrypt what follows."""

        def encrypt(stream: Stream, left: float | None) -> None:
            # The handshake takes the socket out of our hands; the second handle can end it.
            with socket.socket(fileno=os.dup(stream.socket.fileno())) as handle:
                self._streams.append(Stream(handle))
                self._streams = [stream.start_tls(ssl_context, server_hostname, left)]

        self._do(encrypt, timeout)

    def get_extra_info(self, info: str) -> object:
        """Tell by httpcore's words; of a line that was hung up nothing is known."""
        streams = self._streams
        return streams[0].get_extra_info(info) if streams else info == "is_readable"

    def _do(self, operation: Callable[[Stream, float | None], _T], timeout: float | None) -> _T:
        stream = self._begin()

        def block(left: float | None) -> _T:
            return operation(stream, None if left is None else max(left, _LEAST))

        try:
            return interruptible(self._wake, block, timeout, now)
        finally:
            self._end()

    def _begin(self) -> Stream:
        with self._lock:
            if self._hung_up:
                raise ReadError("closed here")
            self._busy = True
            return self._streams[0]

    def _end(self) -> None:
        with self._lock:
            self._busy = False
        if self._hung_up:
            self._let_go()

    def _wake(self) -> None:
        try:
            # Not `SSLSocket.shutdown`, which would let a writer go on in plain text.
            socket.socket.shutdown(self._streams[-1].socket, socket.SHUT_RDWR)
        except (IndexError, OSError):  # closed already
            pass

    def hang_up(self) -> None:
        """Close at once, without waiting, from any task, thread or finalizer."""
        if self._hung_up:
            return
        self._hung_up = True
        with self._lock:
            self._wake()
            if self._busy:  # whoever waits for this socket wakes up and lets go of it
                return
        self._let_go()

    def _let_go(self) -> None:
        held, self._streams = self._streams, []
        for stream in held:
            stream.close()


def dial(host: str, port: int, timeout: float | None = None) -> SocketStream:
    """Connect to a name or an address."""
    waiter, lock = Waiter(), Lock()
    found: list[Stream] = []
    failed: list[Exception] = []
    left: list[bool] = []

    def connect() -> None:
        try:
            stream = _connect(host, port, timeout)
        except Exception as error:  # noqa: BLE001 (raised below)
            failed.append(error)
        else:
            with lock:
                if left:
                    stream.close()
                else:
                    found.append(stream)
        finally:
            waiter.wake()

    # Neither the system's look-up nor a connection under way can be interrupted from outside; a
    # thread of its own lets the caller leave in time.
    threading.Thread(target=connect, name="ai-lib-connect", daemon=True).start()
    try:
        waiter._wait(timeout)
    except BaseException:
        with lock:
            left.append(True)
        for stream in found:
            stream.close()
        raise
    with lock:
        left.append(True)
    if found:
        return SocketStream(found[0])
    raise failed[0] if failed else ConnectTimeout("timed out")


def _connect(host: str, port: int, timeout: float | None) -> Stream:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotConnected(error) from error
    addresses = [address[0] for *_, address in found]
    failed: Exception = NotConnected("the name has no address")
    # First a short try of each, so that one dead address costs little, then a patient one.
    for seconds in (_HEAD_START, timeout) if len(addresses) > 1 else (timeout,):
        for address in addresses:
            try:
                return connect(str(address), port, seconds)
            except (NotConnected, ConnectTimeout) as error:
                failed = error
    raise failed
