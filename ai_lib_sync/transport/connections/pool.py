# Generated from ai_lib/transport/connections/pool.py by codegen; do not edit.
"""Open connections, kept by origin and handed out fairly.

Taking and giving back cost the same however many there are. One pool serves several event loops
and threads: its bounds hold over all of them, a connection stays in the runtime that opened it.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from weakref import finalize

from ai_lib.errors.exceptions import TransportError
from ai_lib.transport.connections.route import Routes
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.errors import RemoteProtocolError, closed_here
from ai_lib.transport.http.url import Origin
from ai_lib.transport.options import PoolStats, TransportOptions

from ..._runtime.backend import Semaphore, deadline, is_over, now, runtime_key
from .connection import Connection


class _OriginPool:
    """The connections to one origin, the idle ones by runtime.

    `opened` and `reused` count the calls that got a new one and an idle one, `patient` tells
    whether its replies' tails come in time.
    """

    def __init__(self, limit: int) -> None:
        self.slots = Semaphore(limit)
        self.idle: dict[object, deque[Connection]] = {}
        self.opened = 0
        self.reused = 0
        self.patient = True


class Lease:
    """One connection on loan to one call. Giving it back twice does nothing."""

    def __init__(self, pool: OriginPools, lane: _OriginPool, connection: Connection) -> None:
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


class OriginPools:
    """Connections by origin, at most `max_connections` of each in use or kept."""

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._routes = Routes(options)
        self._lock = Lock()
        self._lanes: dict[Origin, _OriginPool] = {}
        self._open: dict[Connection, _OriginPool] = {}
        self._closed = False
        # Not `__del__`: this comes before any finalizer of what a dying pool holds.
        finalize(self, _close_each, self._open)

    def acquire(self, origin: Origin, clocks: Deadlines, *, fresh: bool = False) -> Lease:
        """Lend a connection, an open one unless `fresh`; wait in line when all are in use."""
        lane = self._lane(origin)
        self._queue(lane, clocks)
        try:
            connection = None if fresh else self._usable(lane)
            if connection is None:
                connection = Connection(self._routes.to(origin), self._options)
                self._register(connection, lane, clocks)
            else:
                with self._lock:
                    lane.reused += 1
        except BaseException:
            lane.slots.release()
            raise
        return Lease(self, lane, connection)

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def _register(self, connection: Connection, lane: _OriginPool, clocks: Deadlines) -> None:
        with self._lock:
            lane.opened += 1
            self._open[connection] = lane
        if self._closed:
            self._discard(connection)
            raise closed_here(clocks.request)

    def _lane(self, origin: Origin) -> _OriginPool:
        with self._lock:
            lane = self._lanes.get(origin)
            if lane is None:
                lane = self._lanes[origin] = _OriginPool(self._options.pool.max_connections)
            return lane

    def _queue(self, lane: _OriginPool, clocks: Deadlines) -> None:
        if lane.slots.try_acquire():
            return
        limit = clocks.queueing(self._options.pool.queue_seconds, now())
        try:
            with deadline(limit.left):
                lane.slots.acquire()
        except TimeoutError as error:
            raise clocks.ran_out(limit) from error

    def _usable(self, lane: _OriginPool) -> Connection | None:
        runtime = runtime_key()
        idle = lane.idle.get(runtime)
        if idle is None:
            self._forget_the_dead()
            return None
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread took the last one
                return None
            try:
                usable = self._is_usable(lane, connection)
            except BaseException:
                self._discard(connection)
                raise
            if usable:
                return connection
            self._discard(connection)
        return None

    def _forget_the_dead(self) -> None:
        """Close what event loops left that have ended."""
        with self._lock:
            lanes = list(self._lanes.values())
        for lane in lanes:
            for runtime in [key for key in lane.idle.copy() if is_over(key)]:
                for connection in lane.idle.pop(runtime, ()):
                    self._discard(connection)

    def _is_usable(self, lane: _OriginPool, connection: Connection) -> bool:
        if connection.tail_ends is not None:
            return self._finish(lane, connection, connection.tail_ends)
        age = now() - connection.idle_since
        return age < self._options.pool.keepalive_seconds and connection.is_quiet()

    def _finish(self, lane: _OriginPool, connection: Connection, ends: float) -> bool:
        """Take the rest of the connection's last reply, waiting for it only where that helps."""
        wanted = ends if lane.patient else 0.0
        try:
            connection.finish_tail(self._options.drain_bytes, wanted)
        except (RemoteProtocolError, TransportError):
            lane.patient = False
            return False
        lane.patient = True
        if not connection.reusable:
            return False
        connection.rest(now())
        return True

    def _take_back(self, lane: _OriginPool, connection: Connection) -> None:
        if connection.reusable and not self._closed:
            connection.rest(now())
            self._keep(lane, connection)
        else:
            self._discard(connection)
        lane.slots.release()

    def _drop(self, lane: _OriginPool, connection: Connection) -> None:
        self._discard(connection)
        lane.slots.release()

    def _park(self, lane: _OriginPool, connection: Connection) -> None:
        if self._closed:
            self._discard(connection)
        else:
            connection.park(now() + self._options.drain_seconds)
            self._keep(lane, connection)
        lane.slots.release()

    def _keep(self, lane: _OriginPool, connection: Connection) -> None:
        idle = lane.idle.setdefault(connection.runtime, deque())
        idle.append(connection)
        # Close what has been idle for too long; the oldest stand first.
        oldest = now() - self._options.pool.keepalive_seconds
        try:
            while idle[0].idle_since < oldest:
                self._discard(idle.popleft())
        except IndexError:
            pass
        if self._closed:  # by another thread, meanwhile
            self._discard(connection)

    def _discard(self, connection: Connection) -> None:
        connection.close()
        lane = self._open.pop(connection, None)
        if lane is not None and not connection.connected:
            with self._lock:
                lane.opened -= 1

    def stats(self, origin: Origin | None = None) -> PoolStats:
        """Count the connections to one origin, or over all."""
        with self._lock:
            found = self._lanes.copy()
            lanes = [found[key] for key in found if origin in (None, key)]
            opened = sum(lane.opened for lane in lanes)
            kept = self._open.copy().values()
        return PoolStats(
            active=sum(lane.slots.held for lane in lanes),
            idle=sum(len(idle) for lane in lanes for idle in lane.idle.copy().values()),
            waiting=sum(lane.slots.waiting for lane in lanes),
            opened=opened,
            reused=sum(lane.reused for lane in lanes),
            closed=opened - sum(lane in lanes for lane in kept),
        )

    def close_all(self) -> None:
        """Close every connection, those in use too, and keep none from now on."""
        self._closed = True
        for lane in self._lanes.copy().values():
            for idle in lane.idle.copy().values():
                idle.clear()
        for connection in self._open.copy():
            self._discard(connection)


def _close_each(connections: dict[Connection, _OriginPool]) -> None:
    for connection in connections.copy():
        connection.close()
