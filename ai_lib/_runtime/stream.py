"""What this package connects with: anyio's sockets. The other package has its like.

A socket belongs to the event loop that made it, but `SocketStream.hang_up` lets go of it from
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

from ai_lib._runtime.backend import _tell, runtime_key
from ai_lib._runtime.sockets import (
    KEEP_ALIVE,
    ConnectTimeout,
    NotConnected,
    ReadableProbe,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)

# asyncio receives so much at once, whoever asks for less has it cut.
READ_SIZE = 256 * 1024

# Whose sockets have no number any more once they are closed; to name asyncio's class is to import
# asyncio, which trio's users need not.
_HONEST = ("socket", "asyncio.trsock")


def is_replaced() -> bool:
    """Whether something stands in for httpcore's connection, as respx does."""
    if "httpcore" not in sys.modules:  # then nobody can have put something there
        return False
    from ai_lib._runtime.httpcore import HTTPConnection

    return not HTTPConnection.handle_async_request.__module__.startswith("httpcore")


class SocketStream:
    """One socket, perhaps encrypted. One call at a time uses it; `hang_up` is for anyone, anytime.

    Raises `SocketError`s. It does what httpcore's own streams do, at half the cost.
    """

    def __init__(self, stream: anyio.abc.SocketStream) -> None:
        self._streams: list[anyio.abc.ByteStream] = [stream]
        self._socket: socket.socket = stream.extra(anyio.abc.SocketAttribute.raw_socket)
        self._runtime = runtime_key()
        self._lock = Lock()
        self._busy = False
        self._hung_up = False
        self._is_plain = True
        self._ear = ReadableProbe(self._socket)
        # What anyio would look up at each deadline.
        self._scope = type(anyio.CancelScope())
        self._time: Callable[[], float] = getattr(self._runtime, "time", anyio.current_time)

    def _within(self, seconds: float | None) -> anyio.CancelScope:
        return self._scope(deadline=math.inf if seconds is None else self._time() + seconds)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Give what arrives, empty at the end."""
        stream = self._begin()
        try:
            with self._within(timeout):
                return await stream.receive(max_bytes)
            raise ReadTimeout("nothing came in time")
        except anyio.EndOfStream:
            return b""
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise ReadError(error) from error
        finally:
            self._end()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send."""
        stream = self._begin()
        try:
            await anyio.lowlevel.checkpoint_if_cancelled()
            if rest := buffer[self._write_now(buffer) :]:
                with self._within(timeout):
                    return await stream.send(rest)
                raise WriteTimeout("not all was taken in time")
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise WriteError(error) from error
        finally:
            self._end()

    def _write_now(self, buffer: bytes) -> int:
        """Write what the system takes at once: mostly all, without a turn of the event loop.

        Nothing waits to be written before it: whoever sends sees to that, or lets go of the line.
        """
        if not (self._is_plain and _may_be_written(self._socket)):
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
        """Encrypt what follows."""
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
            raise NotConnected(error) from error
        finally:
            self._end()

    def get_extra_info(self, info: str) -> object:
        """Tell by httpcore's words; of a line that was hung up nothing is known."""
        streams = self._streams
        if not streams or self._hung_up:
            return True if info == "is_readable" else None
        if info == "is_readable":
            return self._ear.hears()
        if info == "ssl_object":
            return streams[0].extra(TLSAttribute.ssl_object, None)
        return self._socket if info == "socket" else None

    def _begin(self) -> anyio.abc.ByteStream:
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

    def hang_up(self) -> None:
        """Close at once, without waiting, from any task, thread or finalizer."""
        if self._hung_up:
            return
        self._hung_up = True
        with self._lock:
            try:
                # The peer knows, and whoever waits for this socket wakes up and lets go of it.
                self._socket.shutdown(socket.SHUT_RDWR)
            except (OSError, TypeError):  # TypeError: uvloop does not allow it
                pass
            if self._busy:
                return
        self._let_go()

    def _let_go(self) -> None:
        held, self._streams = self._streams, []
        if not held:
            return
        if isinstance(self._socket, socket.socket):  # trio's: it is tied to no loop
            self._socket.close()
        elif _runs_here(self._runtime):
            _close(held)
        elif not _tell(self._runtime, lambda: _close(held)):
            _close_without_loop(self._runtime, held)


def _runs_here(runtime: object) -> bool:
    try:
        return runtime_key() is runtime
    except RuntimeError:  # no loop runs in this thread
        return False


def _close(held: list[anyio.abc.ByteStream]) -> None:
    """Close asyncio's transport; the coroutine that does it only lets others have a turn."""
    closing = held.pop().aclose()
    try:
        while True:
            closing.send(None)
    except StopIteration:
        pass


def _close_without_loop(loop: Any, held: list[anyio.abc.ByteStream]) -> None:
    """Close what a closed loop left.

    asyncio closes a transport in the loop's next turn. That will not come, so it is taken now.
    """
    try:
        loop.call_soon = lambda function, *arguments, context=None: function(*arguments)
        _close(held)
    except (AttributeError, RuntimeError):  # uvloop closed its sockets itself, as it ended
        return


def _may_be_written(sock: object) -> bool:
    """Whether writing to its descriptor is sure to be writing to this socket.

    One that is closed says so in asyncio and trio. uvloop's goes on to give its number, which by
    then may be another one's; elsewhere than on POSIX it is no file.
    """
    return os.name == "posix" and type(sock).__module__ in _HONEST


async def dial(host: str, port: int, timeout: float | None = None) -> SocketStream:
    """Connect to a name or an address."""
    try:
        with anyio.fail_after(timeout):
            stream = await anyio.connect_tcp(host, port)
    except TimeoutError as error:
        raise ConnectTimeout(error) from error
    except (OSError, anyio.BrokenResourceError) as error:
        raise NotConnected(error) from error
    line = SocketStream(stream)
    for option in KEEP_ALIVE:
        line._socket.setsockopt(*option)
    return line
