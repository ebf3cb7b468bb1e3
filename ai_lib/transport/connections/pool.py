"""Open connections, kept by origin and lent in fair order.

Lending and returning cost the same however many there are. One pool serves several event loops
and threads: its bounds hold over all of them, a connection stays in the runtime that opened it.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from threading import Lock
from weakref import finalize

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import TransportError
from ai_lib.transport.connections.route import Route, Routes
from ai_lib.transport.deadlines import Deadlines
from ai_lib.transport.errors import RemoteProtocolError, local_close_error
from ai_lib.transport.http.url import Origin
from ai_lib.transport.options import PoolStats, TransportOptions

from ..._runtime.backend import (
    Semaphore,
    current_runtime,
    fail_after,
    has_ended,
    now,
    run_in_thread,
)
from .connection import Connection


class _OriginPool:
    """The connections to one origin, the idle ones by runtime.

    `opened` and `reused` count the calls that got a new connection and an idle one.
    `drains_in_time` is true while the rests of its responses arrive in time.
    """

    def __init__(self, limit: int) -> None:
        self.slots = Semaphore(limit)
        self.idle: dict[object, deque[Connection]] = {}
        self.opened = 0
        self.reused = 0
        self.drains_in_time = True


class Lease:
    """One connection, lent to one call. Returning it twice does nothing."""

    def __init__(self, pools: OriginPools, pool: _OriginPool, connection: Connection) -> None:
        self.connection = connection
        self._pools = pools
        self._pool = pool
        self._due = [connection]

    def release(self) -> None:
        """Return the connection: kept when its response was read to the end, closed otherwise."""
        if self._take_due():
            self._pools._return(self._pool, self.connection)

    def discard(self) -> None:
        """Close the connection, whatever was read from it."""
        if self._take_due():
            self._pools._return_closed(self._pool, self.connection)

    def defer_drain(self) -> None:
        """Return the connection although the last bytes of its response are still to come."""
        if self._take_due():
            self._pools._return_undrained(self._pool, self.connection)

    def _take_due(self) -> bool:
        try:
            self._due.pop()  # of two threads and a finalizer, one succeeds
        except IndexError:
            return False
        return True


class OriginPools(ForkedState):
    """Connections by origin, at most `max_connections` of each in use or kept."""

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._routes = Routes(options)
        self._lock = Lock()
        self._pools: dict[Origin, _OriginPool] = {}
        self._open: dict[Connection, _OriginPool] = {}
        self._closed = False
        # Not `__del__`: this comes before any finalizer of what a dying pool holds.
        finalize(self, _close_each, self._open)
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Forget the connections: they are the parent's, and each closes its own descriptor."""
        super().renew_in_child()
        self._pools = {}
        self._open.clear()

    async def acquire(self, origin: Origin, deadlines: Deadlines, *, fresh: bool = False) -> Lease:
        """Lend a connection, an idle one unless `fresh`; wait when all of them are in use."""
        pool = self._get_pool(origin)
        if not pool.slots.try_acquire():
            await self._wait_for_slot(pool, deadlines)
        try:
            connection = None if fresh else await self._take_idle(pool)
            if connection is None:
                connection = Connection(await self._find_route(origin), self._options)
                self._register(connection, pool, deadlines)
            else:
                with self._lock:
                    pool.reused += 1
        except BaseException:
            pool.slots.release()
            raise
        return Lease(self, pool, connection)

    async def _find_route(self, origin: Origin) -> Route:
        """Return the route to an origin; certificates are loaded in a thread."""
        if self._routes.is_ready(origin):
            return self._routes.get(origin)
        return await run_in_thread(partial(self._routes.get, origin))

    def close_idle(self, origin: Origin) -> None:
        """Close the idle connections to an origin, where one of them turned out to be dead."""
        for idle in self._get_pool(origin).idle.copy().values():
            while idle:
                try:
                    self._discard(idle.pop())
                except IndexError:  # another thread took the last one
                    break

    @property
    def is_closed(self) -> bool:
        """Whether the pools were closed."""
        return self._closed

    def _register(self, connection: Connection, pool: _OriginPool, deadlines: Deadlines) -> None:
        self._close_expired()
        with self._lock:
            pool.opened += 1
            self._open[connection] = pool
        if self._closed:
            self._discard(connection)
            raise local_close_error(deadlines.request)

    def _get_pool(self, origin: Origin) -> _OriginPool:
        with self._lock:
            pool = self._pools.get(origin)
            if pool is None:
                pool = self._pools[origin] = _OriginPool(self._options.pool.max_connections)
            return pool

    async def _wait_for_slot(self, pool: _OriginPool, deadlines: Deadlines) -> None:
        deadline = deadlines.pool_deadline(self._options.pool.queue_seconds, now())
        try:
            with fail_after(deadline.seconds_left):
                await pool.slots.acquire()
        except TimeoutError as error:
            raise deadlines.timeout_error(deadline) from error

    async def _take_idle(self, pool: _OriginPool) -> Connection | None:
        idle = pool.idle.get(current_runtime())
        if idle is None:
            self._close_ended_runtimes()
            return None
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread took the last one
                return None
            try:
                is_usable = await self._is_usable(pool, connection)
            except BaseException:
                self._discard(connection)
                raise
            if is_usable:
                return connection
            self._discard(connection)
        return None

    def _close_ended_runtimes(self) -> None:
        """Close the idle connections of event loops that have ended."""
        with self._lock:
            pools = list(self._pools.values())
        for pool in pools:
            for runtime in [key for key in pool.idle.copy() if has_ended(key)]:
                for connection in pool.idle.pop(runtime, ()):
                    self._discard(connection)

    async def _is_usable(self, pool: _OriginPool, connection: Connection) -> bool:
        if connection.drain_until is not None:
            return await self._drain(pool, connection, connection.drain_until)
        at = now()
        seconds = min(self._options.pool.keepalive_seconds, connection.keepalive_seconds)
        if at - connection.idle_since >= seconds:
            return False
        age = self._options.pool.max_age_seconds
        if age is not None and at - connection.created_at >= age:
            return False
        return not connection.has_expired()

    async def _drain(self, pool: _OriginPool, connection: Connection, until: float) -> bool:
        """Read the rest of the last response; wait for it only where the last wait was of use."""
        try:
            await connection.drain(self._options.drain_bytes, until if pool.drains_in_time else 0.0)
        except (RemoteProtocolError, TransportError):
            pool.drains_in_time = False
            return False
        pool.drains_in_time = True
        if not connection.is_reusable:
            return False
        connection.mark_idle(now())
        return True

    def _return(self, pool: _OriginPool, connection: Connection) -> None:
        if connection.is_reusable and not self._closed:
            connection.mark_idle(now())
            self._keep(pool, connection)
        else:
            self._discard(connection)
        pool.slots.release()

    def _return_closed(self, pool: _OriginPool, connection: Connection) -> None:
        self._discard(connection)
        pool.slots.release()

    def _return_undrained(self, pool: _OriginPool, connection: Connection) -> None:
        if self._closed:
            self._discard(connection)
        else:
            connection.defer_drain(now() + self._options.drain_seconds)
            self._keep(pool, connection)
        pool.slots.release()

    def _keep(self, pool: _OriginPool, connection: Connection) -> None:
        idle = pool.idle.setdefault(connection.runtime, deque())
        idle.append(connection)
        self._close_older(idle, now() - self._options.pool.keepalive_seconds)
        if self._closed:  # by another thread, meanwhile
            self._discard(connection)

    def _close_expired(self) -> None:
        """Close what has been idle for too long, to any origin: nobody may ever return there."""
        oldest = now() - self._options.pool.keepalive_seconds
        for pool in self._pools.copy().values():
            for idle in pool.idle.copy().values():
                self._close_older(idle, oldest)

    def _close_older(self, idle: deque[Connection], oldest: float) -> None:
        try:
            while idle[0].idle_since < oldest:  # the oldest come first
                self._discard(idle.popleft())
        except IndexError:
            pass

    def _discard(self, connection: Connection) -> None:
        connection.close()
        pool = self._open.pop(connection, None)
        if pool is not None and not connection.is_connected:
            with self._lock:
                pool.opened -= 1

    def stats(self, origin: Origin | None = None) -> PoolStats:
        """Count the connections to one origin, or to all."""
        with self._lock:
            pools = [self._pools[key] for key in self._pools if origin in (None, key)]
            opened = sum(pool.opened for pool in pools)
            still_open = self._open.copy().values()
        return PoolStats(
            active=sum(pool.slots.holder_count for pool in pools),
            idle=sum(len(idle) for pool in pools for idle in pool.idle.copy().values()),
            waiting=sum(pool.slots.waiter_count for pool in pools),
            opened=opened,
            reused=sum(pool.reused for pool in pools),
            closed=opened - sum(pool in pools for pool in still_open),
        )

    def close_all(self) -> None:
        """Close every connection, those in use too, and keep none from now on."""
        self._closed = True
        for pool in self._pools.copy().values():
            for idle in pool.idle.copy().values():
                idle.clear()
        for connection in self._open.copy():
            self._discard(connection)


def _close_each(connections: dict[Connection, _OriginPool]) -> None:
    for connection in connections.copy():
        connection.close()
