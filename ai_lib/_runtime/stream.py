"""Connects by anyio's sockets; the other package has a module of the same names and signatures.

A socket belongs to the event loop that made it, but `SocketStream.abort` may be called from
anywhere.
"""

import math
import os
import socket
import sys
from collections.abc import Callable
from ssl import SSLContext, SSLError
from threading import Lock
from typing import Any

import anyio
import anyio.abc
import anyio.lowlevel
from anyio.streams.tls import TLSAttribute, TLSStream

from ai_lib._runtime.backend import _call_soon, current_runtime
from ai_lib._runtime.forks import (
    ForkedState,
    close_inherited,
    keep_inherited,
    renew_after_fork,
)
from ai_lib._runtime.sockets import (
    INHERITED,
    KEEP_ALIVE,
    ConnectTimeout,
    ReadableProbe,
    ReadError,
    ReadTimeout,
    SocketConnectError,
    WriteError,
    WriteTimeout,
)

# asyncio receives this much at once; a reader that asks for less has it cut.
READ_SIZE = 256 * 1024

# Modules of the sockets whose descriptor is -1 once they are closed. asyncio's class is not named
# here, for that would import asyncio, which trio's users need not have.
_TRUSTED_SOCKET_MODULES = ("socket", "asyncio.trsock")


def is_httpcore_replaced() -> bool:
    """Return whether something, as respx does, stands in for httpcore's connection."""
    if sys.modules.keys().isdisjoint(
        ("httpcore", "httpcore2")
    ):  # then nothing can have been put there
        return False
    from ai_lib._runtime.httpcore import HTTPConnection

    return not HTTPConnection.handle_async_request.__module__.startswith("httpcore")


class SocketStream(ForkedState):
    """One socket, perhaps encrypted, used by one call at a time.

    `abort` may be called from anywhere at any time. Raises `SocketError`s. It does what httpcore's
    own streams do, at half the cost.
    """

    def __init__(self, stream: anyio.abc.SocketStream) -> None:
        self._streams: list[anyio.abc.ByteStream] = [stream]
        self._socket: socket.socket = stream.extra(anyio.abc.SocketAttribute.raw_socket)
        self._runtime = current_runtime()
        self._lock = Lock()
        self._is_busy = False
        self._is_aborted = False
        self._is_inherited = False
        self._is_plain = True
        self._readable_probe = ReadableProbe(self._socket)
        # What anyio would look up at each deadline.
        self._scope = type(anyio.CancelScope())
        self._time: Callable[[], float] = getattr(self._runtime, "time", anyio.current_time)
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Close the descriptor, and nothing else: the connection is the parent's."""
        super().renew_in_child()
        self._is_aborted = self._is_inherited = True
        self._is_busy = False
        streams, self._streams = self._streams, []
        keep_inherited(streams)  # their finalizers know the parent's event loop
        close_inherited(self._socket)

    def _limit_to(self, seconds: float | None) -> anyio.CancelScope:
        return self._scope(deadline=math.inf if seconds is None else self._time() + seconds)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the bytes that arrive, none at the end."""
        stream = self._begin()
        try:
            with self._limit_to(timeout):
                return await stream.receive(max_bytes)
            raise ReadTimeout("nothing came in time")
        except anyio.EndOfStream:
            return b""
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise ReadError(error) from error
        finally:
            self._end()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes."""
        stream = self._begin()
        try:
            await anyio.lowlevel.checkpoint_if_cancelled()
            if unsent := buffer[self._write_now(buffer) :]:
                with self._limit_to(timeout):
                    return await stream.send(unsent)
                raise WriteTimeout("not all was taken in time")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise WriteError(error) from error
        finally:
            self._end()

    def _write_now(self, buffer: bytes) -> int:
        """Write what the system takes at once: mostly all, without a turn of the event loop.

        No earlier bytes wait to be written: a call either sends all of its bytes or aborts.
        """
        if not (self._is_plain and _has_own_descriptor(self._socket)):
            return 0
        try:
            return os.write(self._socket.fileno(), buffer)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise WriteError(error) from error

    async def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Encrypt from now on."""
        stream = self._begin()
        self._is_plain = False
        try:
            with anyio.fail_after(timeout):
                self._streams = [
                    await TLSStream.wrap(
                        stream,
                        ssl_context=ssl_context,
                        hostname=server_hostname,
                        standard_compatible=False,
                        server_side=False,
                    )
                ]
        except TimeoutError as error:
            raise ConnectTimeout(error) from error
        except (anyio.BrokenResourceError, anyio.EndOfStream, SSLError) as error:
            raise SocketConnectError(error) from error
        finally:
            self._end()

    def get_extra_info(self, info: str) -> object:
        """Return what httpcore calls by that name; an aborted stream is readable, no more."""
        streams = self._streams
        if not streams or self._is_aborted:
            return True if info == "is_readable" else None
        if info == "is_readable":
            return self._readable_probe.is_readable()
        if info == "ssl_object":
            return streams[0].extra(TLSAttribute.ssl_object, None)
        return self._socket if info == "socket" else None

    def _begin(self) -> anyio.abc.ByteStream:
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

    def abort(self) -> None:
        """Close at once, without waiting, from any task, thread or finalizer."""
        if self._is_aborted:
            return
        self._is_aborted = True
        with self._lock:
            try:
                # This tells the peer, and wakes the call that waits; that one releases the socket.
                self._socket.shutdown(socket.SHUT_RDWR)
            except (OSError, TypeError):  # TypeError: uvloop does not allow it
                pass
            if self._is_busy:
                return
        self._release()

    def _release(self) -> None:
        streams, self._streams = self._streams, []
        if not streams:
            return
        if isinstance(self._socket, socket.socket):  # trio's: it is tied to no loop
            self._socket.close()
        elif _is_current_runtime(self._runtime):
            _close(streams)
        elif not _call_soon(self._runtime, lambda: _close(streams)):
            _close_without_loop(self._runtime, streams)


def _is_current_runtime(runtime: object) -> bool:
    try:
        return current_runtime() is runtime
    except RuntimeError:  # no loop runs in this thread
        return False


def _close(streams: list[anyio.abc.ByteStream]) -> None:
    """Close asyncio's transport; the coroutine that does so only yields to other tasks."""
    closing = streams.pop().aclose()
    try:
        while True:
            closing.send(None)
    except StopIteration:
        pass


def _close_without_loop(loop: Any, streams: list[anyio.abc.ByteStream]) -> None:
    """Close what an event loop left that was closed.

    asyncio closes a transport in the loop's next turn. That will not come, so it is taken now.
    """
    try:
        loop.call_soon = lambda function, *arguments, context=None: function(*arguments)
        _close(streams)
    except (AttributeError, RuntimeError):  # uvloop closed its sockets itself, as it ended
        return


def _has_own_descriptor(sock: object) -> bool:
    """Return whether writing to its descriptor is sure to be writing to this socket.

    A closed socket of asyncio or trio has the descriptor -1. uvloop's keeps its number, which may
    be another socket's by then; elsewhere than on POSIX a descriptor is no file.
    """
    return os.name == "posix" and type(sock).__module__ in _TRUSTED_SOCKET_MODULES


async def connect_tcp(host: str, port: int, timeout: float | None = None) -> SocketStream:
    """Connect to a name or an address."""
    try:
        with anyio.fail_after(timeout):
            stream = await anyio.connect_tcp(host, port)
    except TimeoutError as error:
        raise ConnectTimeout(error) from error
    except (OSError, anyio.BrokenResourceError) as error:
        raise SocketConnectError(error) from error
    connected = SocketStream(stream)
    for option in KEEP_ALIVE:
        connected._socket.setsockopt(*option)
    return connected


async def connect_unix(path: str, timeout: float | None = None) -> SocketStream:
    """Connect to a socket in the file system."""
    try:
        with anyio.fail_after(timeout):
            return SocketStream(await anyio.connect_unix(path))
    except TimeoutError as error:
        raise ConnectTimeout(error) from error
    except (OSError, anyio.BrokenResourceError) as error:
        raise SocketConnectError(error) from error
