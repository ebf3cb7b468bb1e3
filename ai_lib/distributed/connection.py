"""One connection to a server that speaks RESP 2."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from ai_lib._runtime.sockets import SocketConnectError
from ai_lib.distributed.address import ServerAddress, StoreAddress
from ai_lib.distributed.resp import Argument, ErrorReply, Reply, RespParser, encode

from .._runtime.backend import current_runtime, now
from .._runtime.stream import SocketStream, connect_tcp, connect_unix

_READ_SIZE = 64 * 1024


class Connection:
    """A connection, used by one command at a time. It belongs to the event loop that opened it."""

    def __init__(self, stream: SocketStream, node: ServerAddress) -> None:
        self.node = node
        self.runtime = current_runtime()
        self._stream = stream
        self._parser = RespParser()

    async def request(self, arguments: Sequence[Argument], seconds: float) -> Reply:
        """Send one command and return its reply. A request that breaks off ends the connection.

        Raises:
            ErrorReply: the server refused the command.
            SocketError, ProtocolViolation: the connection is lost, or took more than `seconds`.
        """
        ends = now() + seconds
        try:
            await self._stream.write(encode(arguments), seconds)
            while not self._parser.has_reply:
                chunk = await self._stream.read(_READ_SIZE, max(ends - now(), 0.001))
                if not chunk:
                    raise SocketConnectError("the server closed the connection")
                self._parser.feed(chunk)
        except BaseException:
            self.abort()
            raise
        reply = self._parser.take()
        if isinstance(reply, ErrorReply):
            raise reply
        return reply

    @property
    def is_stale(self) -> bool:
        """Whether the server closed it, or sent what nothing asked for, while it was idle."""
        return bool(self._stream.get_extra_info("is_readable"))

    def is_usable(self, node: ServerAddress | None) -> bool:
        """Whether it leads to this server (None: to any) and belongs to the running event loop."""
        return node in (None, self.node) and self.runtime is current_runtime()

    def abort(self) -> None:
        """Close it at once, from anywhere."""
        self._stream.abort()


async def open_connection(
    address: StoreAddress, node: ServerAddress, tls: ssl.SSLContext | None, seconds: float
) -> Connection:
    """Connect to one server of an address, sign in there, and choose the database.

    Raises:
        ErrorReply: the server refused the password or the database.
        SocketError, ProtocolViolation: it can't be reached, or is no such server.
    """
    ends = now() + seconds
    if node.path:
        stream = await connect_unix(node.path, seconds)
    else:
        stream = await connect_tcp(node.host, node.port, seconds)
    connection = Connection(stream, node)
    try:
        if address.uses_tls:
            context = tls or ssl.create_default_context(cafile=address.ca_file)
            await stream.start_tls(context, node.host, max(ends - now(), 0.001))
        await _sign_in(connection, address, max(ends - now(), 0.001))
    except BaseException:
        connection.abort()
        raise
    return connection


async def _sign_in(connection: Connection, address: StoreAddress, seconds: float) -> None:
    password = address.find_password()
    if password is not None:
        names = [address.username] if address.username else []
        await connection.request(["AUTH", *names, password], seconds)
    if address.database:
        await connection.request(["SELECT", address.database], seconds)
