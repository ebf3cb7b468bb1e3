"""A store of responses that all processes share, and one request for all that ask the same."""

from __future__ import annotations

import uuid
from collections import deque

import msgspec

from ai_lib.cache.config import CacheConfig
from ai_lib.cache.key import CacheKeyGenerator
from ai_lib.cache.serialization import pack, unpack
from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.response import ChatResponse

from .._runtime.backend import now
from ..cache.manager import CacheManager
from ..cache.single_flight import InFlight, SingleFlight
from .store import ServerCode, StateConnection

# Long enough for all that wait to hear of an end.
_ANNOUNCED_MS = 60_000
# Nobody waits longer for a leader without a time limit of its own.
_LEAD_SECONDS = 600.0
_WAIT_SECONDS = 5.0
_MAX_MS = 10 * 365 * 86_400_000

# KEYS: the lead, the announcement. ARGV: the candidate, milliseconds of the lead.
# Returns 1 for the leader, else 0, and the milliseconds for which another one leads.
_LEAD = ServerCode("""
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  redis.call('DEL', KEYS[2])
  return {1, 0}
end
return {0, math.max(1, redis.call('PTTL', KEYS[1]))}
""")
# ARGV: the leader, what to announce, milliseconds to keep it. Returns 1 when it was the leader.
_END = ServerCode("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {0} end
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {1}
""")
# KEYS: the announcement. ARGV: what was announced, milliseconds to keep it for the next one.
_PASS_ON = ServerCode("""
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {1}
""")


class SharedCacheBackend:
    """A `CacheBackend` in the store of all processes. Made by `SharedState.cache`."""

    def __init__(self, connection: StateConnection, default_ttl: float | None) -> None:
        self._connection = connection
        self._default_ttl = default_ttl

    async def get(self, key: str) -> object:
        """Return the value, None when there is none or it has expired."""
        name = self._key(key)
        packed = await self._connection.store.call(name, ["GET", name])
        return unpack(packed) if isinstance(packed, bytes) else None

    async def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Store a value for so many seconds: None is the default, 0 stores nothing."""
        seconds = self._default_ttl if ttl is None else ttl
        if seconds is not None and seconds <= 0:
            return
        name = self._key(key)
        command: list[bytes | str | int] = ["SET", name, pack(value)]
        if seconds is not None and seconds * 1000 < _MAX_MS:
            command += ["PX", max(1, round(seconds * 1000))]
        await self._connection.store.call(name, command)

    async def delete(self, key: str) -> bool:
        """Delete a value; False when there was none."""
        name = self._key(key)
        return await self._connection.store.call(name, ["DEL", name]) == 1

    async def exists(self, key: str) -> bool:
        """Whether there is a value that has not expired."""
        name = self._key(key)
        return await self._connection.store.call(name, ["EXISTS", name]) == 1

    async def clear(self) -> None:
        """Delete all values under this state's prefix, of every process."""
        await self._connection.store.delete_all(self._connection.pattern("cache:"))

    async def close(self) -> None:
        """Do nothing: the SharedState has the connections, and closes them."""

    def _key(self, key: str) -> str:
        return self._connection.key(f"cache:{key}", "value")

    def __repr__(self) -> str:
        return f"SharedCacheBackend({self._connection.store.address!r})"


class SharedSingleFlight(SingleFlight):
    """Of equal calls in all processes one is sent, and the others wait for it.

    A process that is gone stops leading when its call's time is over. Others wait on a list in the
    store. While the store can't be reached, each process has a flight of its own.
    """

    is_shared = True

    def __init__(self, connection: StateConnection, backend: SharedCacheBackend) -> None:
        super().__init__()
        self._connection = connection
        self._backend = backend
        self._leads: dict[int, tuple[str, str]] = {}
        self._ended: deque[tuple[str, str, str]] = deque()

    def renew_in_child(self) -> None:
        """Forget the requests in flight: they are the parent's."""
        super().renew_in_child()
        self._leads = {}
        self._ended.clear()

    async def join(self, key: str, seconds: float | None) -> InFlight | ChatResponse | None:
        """Return the response of another call, or the flight to lead, or None."""
        joined = await super().join(key, seconds)
        if not isinstance(joined, InFlight):
            return joined
        try:
            response, leader = await self._join_shared(key, seconds or _LEAD_SECONDS)
        except AiLibError:
            return joined  # the store is out of reach: this process leads for itself
        except BaseException:
            super().release(key, joined)
            raise
        if leader:
            self._leads[id(joined)] = (key, leader)
        elif response is not None:
            super().complete(key, joined, response)
            return response
        return joined

    async def _join_shared(self, key: str, seconds: float) -> tuple[ChatResponse | None, str]:
        """Return the response of the leader, or the name under which to lead, or neither."""
        ends = now() + seconds
        leader = uuid.uuid4().hex
        keys = self._keys(key)
        while (left := ends - now()) > 0:
            is_leader, leads_for = await self._connection.store.run(
                _LEAD, keys, [leader, max(1, round(seconds * 1000))]
            )
            if is_leader:
                return None, leader
            announced = await self._wait(keys[1], min(left, leads_for / 1000, _WAIT_SECONDS))
            if announced == b"done":
                value = await self._backend.get(key)
                return (value if isinstance(value, ChatResponse) else None), ""
            if announced == b"none":
                return None, ""
        return None, ""

    async def _wait(self, name: str, seconds: float) -> bytes | None:
        """Wait for an announcement, and pass it on to the next one that waits."""
        seconds = max(seconds, 0.01)
        store = self._connection.store
        reply = await store.call(name, ["BLPOP", name, f"{seconds:.3f}"], block=seconds)
        if reply is None:
            return None
        _, announced = msgspec.convert(reply, tuple[bytes, bytes])
        if announced != b"released":
            await store.run(_PASS_ON, [name], [announced, _ANNOUNCED_MS])
        return announced

    def _keys(self, key: str) -> list[str]:
        return [self._connection.key(f"cache:{key}", name) for name in ("lead", "announced")]

    def complete(self, key: str, flight: InFlight, response: ChatResponse | None) -> None:
        """End the flight; `flush` tells the other processes."""
        super().complete(key, flight, response)
        self._note_end(flight, "none" if response is None else "done")

    def release(self, key: str, flight: InFlight) -> None:
        """Let the first waiting call lead; `flush` tells the other processes."""
        super().release(key, flight)
        self._note_end(flight, "released")

    def _note_end(self, flight: InFlight, announced: str) -> None:
        key, leader = self._leads.pop(id(flight), ("", ""))
        if leader:
            self._ended.append((key, leader, announced))

    async def flush(self) -> None:
        """Tell the other processes which flights have ended."""
        while self._ended:
            try:
                key, leader, announced = self._ended.popleft()
            except IndexError:  # another thread tells them
                return
            try:
                arguments: list[bytes | str | int] = [leader, announced, _ANNOUNCED_MS]
                await self._connection.store.run(_END, self._keys(key), arguments)
            except AiLibError:
                continue  # the lead ends by itself


class SharedCacheManager(CacheManager):
    """A `CacheManager` over the store of all processes, which travels with its builder."""

    def __init__(
        self,
        connection: StateConnection,
        config: CacheConfig | None = None,
        keys: CacheKeyGenerator | None = None,
    ) -> None:
        config = config or CacheConfig()
        backend = SharedCacheBackend(connection, config.default_ttl_seconds)
        super().__init__(config, backend, keys=keys)
        self._connection = connection
        self.single_flight = SharedSingleFlight(connection, backend)

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[override]
        return (SharedCacheManager, (self._connection, self.config, self.keys))
