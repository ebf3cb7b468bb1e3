"""Open connections, kept by origin and handed out fairly.

Taking and giving back cost the same however many there are. One pool serves several event loops
and threads; a connection belongs to none of them.
"""

from __future__ import annotations

from collections import deque
from threading import Lock

from ai_lib.errors.tree import TransportError
from ai_lib.transport.clocks import CallClocks
from ai_lib.transport.failures import Violation, closed_here
from ai_lib.transport.options import PoolStats, TransportOptions
from ai_lib.transport.origin import Origin

from .._backend import Semaphore, deadline, now
from .connect import Connector
from .connection import Connection


class _Lane:
    """The connections to one origin. `patient` tells whether its replies' tails come in time."""

    def __init__(self, limit: int) -> None:
        self.slots = Semaphore(limit)
        self.idle: deque[Connection] = deque()
        self.patient = True


class Lease:
    """One connection on loan to one call. Giving it back twice does nothing."""

    def __init__(self, pool: ConnectionPool, lane: _Lane, connection: Connection) -> None:
        self.connection = connection
        self._pool = pool
        self._lane = lane
        self._due = [connection]

    def give_back(self) -> None:
        """Return the connection: kept when its reply was read to the end, closed otherwise."""
        if self._is_due():
            self._pool._take_back(self._lane, self.connection)

    def discard(self) -> None:
        """Close the connection, whatever was read from it."""
        if self._is_due():
            self._pool._drop(self._lane, self.connection)

    def park(self) -> None:
        """Return the connection although its reply's last bytes are still to come."""
        if self._is_due():
            self._pool._park(self._lane, self.connection)

    def _is_due(self) -> bool:
        try:
            self._due.pop()  # of two threads and a finalizer, one succeeds
        except IndexError:
            return False
        return True


class ConnectionPool:
    """Connections by origin, at most `max_connections` of each in use or kept."""

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._connector = Connector(options)
        self._lock = Lock()
        self._lanes: dict[Origin, _Lane] = {}
        self._open: set[Connection] = set()
        self._opened = 0
        self._reused = 0
        self._closed = False

    async def acquire(self, origin: Origin, clocks: CallClocks, *, fresh: bool = False) -> Lease:
        """Lend a connection, an open one unless `fresh`; wait in line when all are in use."""
        lane = self._lane(origin)
        await self._queue(lane, clocks)
        try:
            connection = None if fresh else await self._usable(lane, clocks)
            if connection is None:
                connection = await self._connector.open(origin, clocks)
                self._register(connection, clocks)
            else:
                with self._lock:
                    self._reused += 1
        except BaseException:
            lane.slots.release()
            raise
        return Lease(self, lane, connection)

    def _register(self, connection: Connection, clocks: CallClocks) -> None:
        with self._lock:
            self._opened += 1
            self._open.add(connection)
        if self._closed:
            self._discard(connection)
            raise closed_here(clocks.request)

    def _lane(self, origin: Origin) -> _Lane:
        with self._lock:
            lane = self._lanes.get(origin)
            if lane is None:
                lane = self._lanes[origin] = _Lane(self._options.pool.max_connections)
            return lane

    async def _queue(self, lane: _Lane, clocks: CallClocks) -> None:
        if lane.slots.try_acquire():
            return
        limit = clocks.queueing(self._options.pool.queue_seconds, now())
        try:
            with deadline(limit.left):
                await lane.slots.acquire()
        except TimeoutError as error:
            raise clocks.ran_out(limit) from error

    async def _usable(self, lane: _Lane, clocks: CallClocks) -> Connection | None:
        while lane.idle:
            try:
                connection = lane.idle.pop()
            except IndexError:  # another thread took the last one
                return None
            try:
                usable = await self._is_usable(lane, connection, clocks)
            except BaseException:
                self._discard(connection)
                raise
            if usable:
                return connection
            self._discard(connection)
        return None

    async def _is_usable(self, lane: _Lane, connection: Connection, clocks: CallClocks) -> bool:
        if connection.tail_ends is not None:
            return await self._finish(lane, connection, clocks)
        age = now() - connection.idle_since
        return age < self._options.pool.keepalive_seconds and connection.is_quiet()

    async def _finish(self, lane: _Lane, connection: Connection, clocks: CallClocks) -> bool:
        """Take the rest of the connection's last reply, waiting for it only where that helps."""
        ends = connection.tail_ends or 0.0
        try:
            while not connection.finish_tail(self._options.drain_bytes):
                left = ends - now()
                if left <= 0 or not lane.patient or not await connection.more(clocks, left):
                    lane.patient = False
                    return False
        except (Violation, OSError, TransportError):
            return False
        lane.patient = True
        if not connection.reusable:
            return False
        connection.rest(now())
        return True

    def _take_back(self, lane: _Lane, connection: Connection) -> None:
        if connection.reusable and not self._closed:
            connection.rest(now())
            lane.idle.append(connection)
        else:
            self._discard(connection)
        lane.slots.release()
        self._prune(lane)

    def _drop(self, lane: _Lane, connection: Connection) -> None:
        self._discard(connection)
        lane.slots.release()

    def _park(self, lane: _Lane, connection: Connection) -> None:
        if self._closed:
            self._discard(connection)
        else:
            connection.park(now() + self._options.drain_seconds)
            lane.idle.append(connection)
        lane.slots.release()

    def _prune(self, lane: _Lane) -> None:
        """Close what has been idle for too long; the oldest stand first."""
        oldest = now() - self._options.pool.keepalive_seconds
        try:
            while lane.idle[0].idle_since < oldest:
                self._discard(lane.idle.popleft())
        except IndexError:
            pass

    def _discard(self, connection: Connection) -> None:
        connection.close()
        self._open.discard(connection)

    def stats(self) -> PoolStats:
        """Count the connections, over all origins."""
        with self._lock:
            lanes = list(self._lanes.values())
            opened, reused = self._opened, self._reused
        return PoolStats(
            active=sum(lane.slots.held for lane in lanes),
            idle=sum(len(lane.idle) for lane in lanes),
            waiting=sum(lane.slots.waiting for lane in lanes),
            opened=opened,
            reused=reused,
            closed=opened - len(self._open),
        )

    def close_all(self) -> None:
        """Close every connection, those in use too, and keep none from now on."""
        self._closed = True
        for lane in self._lanes.copy().values():
            lane.idle.clear()
        for connection in self._open.copy():
            self._discard(connection)
