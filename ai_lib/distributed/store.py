"""The store of several processes: connections, clusters, sentinels, scripts, and its outages."""

from __future__ import annotations

import hashlib
import os
import ssl
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock as PlainLock
from typing import Literal

import msgspec

from ai_lib._log import LOG
from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib._runtime.sockets import SocketError
from ai_lib.distributed.address import ServerAddress, StoreAddress
from ai_lib.distributed.resp import Argument, ErrorReply, ProtocolViolation, Reply, key_slot
from ai_lib.errors.exceptions import SharedStateUnavailable

from .._runtime.backend import has_ended, now
from .connection import Connection, open_connection
from .topology import SLOTS_COMMAND, find_primary, read_slots

OnOutage = Literal["local", "refuse"]

# After a failure nothing is sent for so long: calls would wait for the same answer.
_RETRY_SECONDS = 0.5
_MAX_HOPS = 5
_MAX_IDLE = 64
# Replies that say that the server can't serve now.
_OUTAGES = frozenset(
    {"LOADING", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "BUSY", "OOM", "MISCONF", "NOREPLICAS"}
)


class ServerCode:
    """A Lua script, and the name by which a server knows it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


class RedisStore(ForkedState):
    """Sends commands to a store, from any task, thread, and event loop.

    A command that finds no server raises `SharedStateUnavailable`, and so does every other one of
    the next half second. `timeout` bounds each wait for the server, in seconds.
    """

    advice = "make one in each process, by the same address"

    def __init__(self, address: StoreAddress, timeout: float, tls: ssl.SSLContext | None) -> None:
        self.address = address
        self.tls = tls
        self.timeout = timeout
        self.is_out = False
        self._retry_at = float("-inf")
        self._lock = PlainLock()
        self._idle: deque[Connection] = deque()
        self._slots: dict[int, ServerAddress] = {}
        self._primary: ServerAddress | None = None
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Renew the lock; connections are the parent's, which closes them."""
        super().renew_in_child()
        self._idle = deque()
        self._retry_at = float("-inf")

    async def run(
        self, script: ServerCode, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> list[int]:
        """Run a script, which replies with whole numbers. `keys` share a hash tag."""
        return msgspec.convert(await self.run_raw(script, keys, arguments), list[int])

    async def run_raw(
        self, script: ServerCode, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> Reply:
        """Run a script, and return its reply as it is. `keys` share a hash tag."""
        script_arguments: list[Argument] = [len(keys), *keys, *arguments]
        try:
            return await self.call(keys[0], ["EVALSHA", script.digest, *script_arguments])
        except ErrorReply as error:
            if error.kind != "NOSCRIPT":
                raise
            return await self.call(keys[0], ["EVAL", script.source, *script_arguments])

    async def call(self, key: str, arguments: Sequence[Argument], block: float = 0.0) -> Reply:
        """Send a command to the server that keeps a key. It may `block` for so many seconds.

        Raises:
            SharedStateUnavailable: no server answered in time, or it can't serve now.
            ErrorReply: the server refused the command for another reason.
        """
        with self._translate_failures():
            return await self._send(key, arguments, block)

    @contextmanager
    def _translate_failures(self) -> Iterator[None]:
        """Make outages of failures to send in a block; without one, an outage has ended."""
        if now() < self._retry_at:
            raise self._unavailable("it failed a moment ago")
        try:
            yield
        except (SocketError, ProtocolViolation) as error:
            raise self._note_outage(str(error) or type(error).__name__) from error
        except ErrorReply as error:
            if error.kind in _OUTAGES or error.kind in ("NOAUTH", "WRONGPASS", "NOPERM"):
                raise self._note_outage(error.text) from error
            raise
        if self.is_out:
            self.is_out = False
            LOG.warning("the shared state at %s can be reached again", self.address)

    def _note_outage(self, reason: str) -> SharedStateUnavailable:
        self._retry_at = now() + _RETRY_SECONDS
        self._slots.clear()
        self._primary = None
        self.close()
        if not self.is_out:
            self.is_out = True
            LOG.warning("the shared state at %s can't be reached: %s", self.address, reason)
        return self._unavailable(reason)

    def _unavailable(self, reason: str) -> SharedStateUnavailable:
        return SharedStateUnavailable(
            f"the shared state at {self.address} can't be reached: {reason}; see to the server, "
            "or let each process go on with its share by on_outage='local'",
            retry_after=max(0.0, self._retry_at - now()),
        )

    async def _send(self, key: str, arguments: Sequence[Argument], block: float) -> Reply:
        node, is_asked = self._node_of(key), False
        for _ in range(_MAX_HOPS):
            try:
                return await self._send_to(node, arguments, block, is_asked=is_asked)
            except ErrorReply as error:
                if error.kind in ("MOVED", "ASK"):
                    if not self._slots:
                        await self._load_slots(node)
                    node, is_asked = self._redirect(key, error, node), error.kind == "ASK"
                elif error.kind == "READONLY" and self.address.mode == "sentinel":
                    node = self._primary = None  # another server was promoted
                    self.close()
                else:
                    raise
        raise ProtocolViolation("the servers of the cluster send each other's commands in a circle")

    async def _load_slots(self, node: ServerAddress | None) -> None:
        """Ask a server of the cluster which of them keeps which slots."""
        try:
            reply = await self._send_to(node, SLOTS_COMMAND, 0.0, is_asked=False)
        except ErrorReply:
            return  # it is not allowed here: each redirection tells of one slot
        self._slots = read_slots(reply, node or self.address.nodes[0])

    def _node_of(self, key: str) -> ServerAddress | None:
        if self.address.mode == "cluster":
            return self._slots.get(key_slot(key))
        return self._primary

    def _redirect(
        self, key: str, error: ErrorReply, refusing: ServerAddress | None
    ) -> ServerAddress:
        host, _, port = error.rest.rpartition(" ")[2].rpartition(":")
        if not port.isdigit():
            raise ProtocolViolation(f"a cluster sent {error.text!r}")
        origin = refusing or self.address.nodes[0]
        node = ServerAddress(host or origin.host, int(port))
        if error.kind == "MOVED":
            self._slots[key_slot(key)] = node
        return node

    async def _send_to(
        self,
        node: ServerAddress | None,
        arguments: Sequence[Argument],
        block: float,
        *,
        is_asked: bool,
    ) -> Reply:
        seconds = self.timeout + block
        connection = self._take_idle(node)
        if connection is not None:
            try:
                return await self._request(connection, arguments, seconds, is_asked=is_asked)
            except (SocketError, ProtocolViolation):
                pass  # it was lost while it was idle: scripts may run twice
        connection = await self._connect(node)
        return await self._request(connection, arguments, seconds, is_asked=is_asked)

    async def _request(
        self,
        connection: Connection,
        arguments: Sequence[Argument],
        seconds: float,
        *,
        is_asked: bool,
    ) -> Reply:
        try:
            if is_asked:
                await connection.request(["ASKING"], seconds)
            reply = await connection.request(arguments, seconds)
        except ErrorReply:
            self._idle.append(connection)
            raise
        if len(self._idle) < _MAX_IDLE:
            self._idle.append(connection)
        else:
            connection.abort()
        return reply

    def _take_idle(self, node: ServerAddress | None) -> Connection | None:
        with self._lock:
            unfit, usable = deque[Connection](), None
            while self._idle and usable is None:
                connection = self._idle.pop()
                if has_ended(connection.runtime) or connection.is_stale:
                    connection.abort()
                elif connection.is_usable(node):
                    usable = connection
                else:
                    unfit.append(connection)
            self._idle.extend(unfit)
            return usable

    async def _connect(self, node: ServerAddress | None) -> Connection:
        if node is None and self.address.mode == "sentinel":
            node = self._primary = await find_primary(self.address, self.tls, self.timeout)
        nodes = self.address.nodes if node is None else (node,)
        for number, candidate in enumerate(nodes):
            try:
                return await open_connection(self.address, candidate, self.tls, self.timeout)
            except SocketError:
                if number + 1 == len(nodes):
                    raise
        raise AssertionError("an address has a node")

    async def delete_all(self, pattern: str) -> None:
        """Delete every key that a pattern matches, on all servers of a cluster.

        Raises SharedStateUnavailable when a server can't be reached.
        """
        nodes: list[ServerAddress | None] = [self._primary]
        if self.address.mode == "cluster":
            with self._translate_failures():
                await self._load_slots(None)
            nodes = list(dict.fromkeys([*self.address.nodes, *self._slots.values()]))
        for node in nodes:
            await self._delete_from(node, pattern)

    async def _delete_from(self, node: ServerAddress | None, pattern: str) -> None:
        cursor = b"0"
        while True:
            scan: list[Argument] = ["SCAN", cursor, "MATCH", pattern, "COUNT", 500]
            with self._translate_failures():
                reply = await self._send_to(node, scan, 0.0, is_asked=False)
            cursor, names = msgspec.convert(reply, tuple[bytes, list[bytes]])
            for name in names:
                await self.call(name.decode(), ["UNLINK", name])
            if cursor == b"0":
                return

    def close(self) -> None:
        """Close the idle connections, from anywhere. A later command opens new ones."""
        with self._lock:
            idle, self._idle = self._idle, deque()
        for connection in idle:
            connection.abort()

    def __del__(self) -> None:
        for connection in self.__dict__.get("_idle", ()):
            connection.abort()

    def __repr__(self) -> str:
        return f"RedisStore({self.address!r})"


class StateConnection(ForkedState):
    """The store of one shared state. It travels by its address, without the password."""

    def __init__(
        self,
        address: StoreAddress,
        prefix: str,
        on_outage: OnOutage,
        processes: int,
        timeout: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.store = RedisStore(address, timeout, tls)
        self.prefix = prefix
        self.on_outage = on_outage
        self.processes = processes
        self.process = _name_process()
        renew_after_fork(self)

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[override]
        address = self.store.address.without_password()
        settings = (self.prefix, self.on_outage, self.processes, self.store.timeout, self.store.tls)
        return (StateConnection, (address, *settings))

    def renew_in_child(self) -> None:
        """Take a name of its own; the store renews itself."""
        self.process = _name_process()

    @property
    def refuses(self) -> bool:
        """Whether calls fail while the store can't be reached."""
        return self.on_outage == "refuse"

    def key(self, tag: str, name: str) -> str:
        """Return a key; those of one tag are kept by one server of a cluster."""
        return f"{{{self.prefix}:{tag}}}:{name}"

    def pattern(self, tag: str) -> str:
        """Return the pattern, for SCAN, of all keys whose tags begin so."""
        escaped = "".join(f"\\{mark}" if mark in "*?[]\\" else mark for mark in self.prefix)
        return f"{{{escaped}:{tag}*"


def _name_process() -> str:
    return f"{os.getpid()}-{uuid.uuid4().hex}"
