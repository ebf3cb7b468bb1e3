"""A limit on the attempts in flight over all processes."""

from __future__ import annotations

import uuid
from collections import deque

from ai_lib._log import LOG
from ai_lib.errors.exceptions import AiLibError, BackpressureError, SharedStateUnavailable
from ai_lib.resilience.config import BackpressureConfig
from ai_lib.resilience.permit import Slot

from .._runtime.backend import fail_after, now, shield
from ..resilience.backpressure import Backpressure
from .store import ServerCode, StateConnection

# One wait for a slot is no longer, so that a connection that is half open is found.
_WAIT_SECONDS = 5.0
_GIVE_UP_SECONDS = 0.5

_PRELUDE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local limit = tonumber(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local function fill()
  while redis.call('ZCARD', KEYS[1]) < limit do
    local first = redis.call('ZPOPMIN', KEYS[2])[1]
    if not first then break end
    local waiter = redis.call('HGET', KEYS[3], first)
    redis.call('HDEL', KEYS[3], first)
    local fields = waiter and cjson.decode(waiter)
    if fields and fields[1] > now then
      redis.call('ZADD', KEYS[1], string.format('%d', now + fields[2]), first)
      redis.call('RPUSH', fields[3], '1')
      redis.call('PEXPIRE', fields[3], 60000)
    end
  end
end
"""
# KEYS: deadlines of the slots, the line, facts of those in line, the list of this one.
# ARGV: the limit, the slot's name, microseconds of its lease and of its patience.
# Returns 1 when it has the slot, and the milliseconds until the next lease ends.
_ACQUIRE = ServerCode(
    _PRELUDE
    + """
local name, lease, patience = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if redis.call('ZSCORE', KEYS[1], name) then return {1, 0} end
if not redis.call('ZSCORE', KEYS[2], name) then
  local number = redis.call('HINCRBY', KEYS[3], 'number', 1)
  redis.call('ZADD', KEYS[2], number, name)
end
local facts = string.format('[%d,%d,%s]', now + patience, lease, cjson.encode(KEYS[4]))
redis.call('HSET', KEYS[3], name, facts)
fill()
for index = 1, 3 do redis.call('PEXPIRE', KEYS[index], 86400000) end
if redis.call('ZSCORE', KEYS[1], name) then
  redis.call('DEL', KEYS[4])
  return {1, 0}
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
return {0, math.max(1, math.ceil(((first and tonumber(first) or now) - now) / 1000))}
"""
)
# ARGV: the limit, the slot's name. It may be held, or wait in line.
_RELEASE = ServerCode(
    _PRELUDE
    + """
redis.call('ZREM', KEYS[1], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('DEL', KEYS[4])
fill()
return {redis.call('ZCARD', KEYS[1])}
"""
)


class SharedBackpressure(Backpressure):
    """A limit on the attempts in flight of all processes, first come first served.

    A slot is held for at most `lease` seconds: those of a process that is gone are free after
    that, and so is that of an attempt that takes longer. While the store can't be reached, each
    process keeps to its share, or refuses the attempt, as `on_outage` says. Made by
    `SharedState.concurrency`.
    """

    is_shared = True

    def __init__(self, connection: StateConnection, limit: int, lease: float, name: str) -> None:
        self._connection = connection
        self._limit = limit
        self._lease = lease
        self._name = name
        share = max(1, limit // connection.processes)
        self._share = Backpressure(BackpressureConfig(max_concurrent=share))
        self._ended: deque[str] = deque()
        super().__init__(BackpressureConfig(max_concurrent=0))

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[override]
        return (SharedBackpressure, (self._connection, self._limit, self._lease, self._name))

    def renew_in_child(self) -> None:
        """Renew the locks; what is held or to be released is the parent's."""
        super().renew_in_child()
        self._ended.clear()

    async def acquire_slot(self, timeout: float | None = None) -> Slot:
        """Take a slot, and wait in line for it at most `timeout` seconds.

        Raises:
            BackpressureError: no slot became free in that time.
            SharedStateUnavailable: the store can't be reached, and `on_outage` is `refuse`.
        """
        name = uuid.uuid4().hex
        try:
            await self.flush()
            is_acquired = await self._acquire_shared(name, timeout)
        except SharedStateUnavailable:
            if self._connection.refuses:
                raise
            slot = await self._share.acquire_slot(timeout)
            self._count()
            return Slot(lambda: self._release_local(slot))
        except GeneratorExit:
            self._ended.append(name)
            raise
        except BaseException:
            await self._give_up(name)
            raise
        if not is_acquired:
            await self._give_up(name)
            self._rejected += 1
            raise BackpressureError(
                f"{self._limit} calls of all processes are in flight and none ended within "
                f"{timeout or 0:.3g} s; raise the limit of concurrency, or send less"
            )
        self._count()
        return Slot(lambda: self._release_shared(name))

    async def _acquire_shared(self, name: str, timeout: float | None) -> bool:
        ends = float("inf") if timeout is None else now() + timeout
        lease = min(self._lease, timeout or self._lease)
        keys = self._keys(name)
        store = self._connection.store
        while True:
            left = min(ends - now(), 86_400.0)
            arguments: list[str | int] = [self._limit, name]
            arguments += [round(lease * 1e6), max(0, round(left * 1e6))]
            is_acquired, milliseconds = await store.run(_ACQUIRE, keys, arguments)
            if is_acquired:
                return True
            seconds = min(left, milliseconds / 1000 + 0.001, _WAIT_SECONDS)
            if seconds <= 0:
                return False
            wait = ["BLPOP", keys[3], f"{max(seconds, 0.01):.3f}"]
            if await store.call(keys[3], wait, block=seconds) is not None:
                return True

    def _keys(self, name: str) -> list[str]:
        parts = ("slots", "line", "facts", f"turn:{name}")
        return [self._connection.key(f"concurrency:{self._name}", part) for part in parts]

    def _release_shared(self, name: str) -> None:
        self._uncount()
        self._ended.append(name)

    def _release_local(self, slot: Slot) -> None:
        self._uncount()
        slot.release()

    def _uncount(self) -> None:
        with self._lock:
            self._inflight -= 1

    async def flush(self) -> None:
        """Give back the slots of attempts that ended."""
        while self._ended:
            try:
                name = self._ended.popleft()
            except IndexError:  # another thread gives it back
                return
            try:
                arguments: list[str | int] = [self._limit, name]
                await self._connection.store.run(_RELEASE, self._keys(name), arguments)
            except BaseException:
                self._ended.append(name)
                raise

    async def _give_up(self, name: str) -> None:
        """Leave the line, or give the slot back, in a task that may be cancelled."""
        self._ended.append(name)
        try:
            with shield(), fail_after(_GIVE_UP_SECONDS):
                await self.flush()
        except (AiLibError, TimeoutError) as error:
            LOG.debug("a shared slot is given back by the end of its lease: %s", error)

    def get_stats(self) -> dict[str, int]:
        """Return how many of this process are and were in flight, and the limit of all."""
        return {**super().get_stats(), "max_concurrent": self._limit}
