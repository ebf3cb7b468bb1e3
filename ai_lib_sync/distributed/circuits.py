# Generated from ai_lib/distributed/circuits.py by codegen; do not edit.
"""Circuit states that all processes share."""

from __future__ import annotations

from datetime import datetime, timezone
from threading import Lock as PlainLock

import msgspec

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import SharedStateUnavailable
from ai_lib.resilience.circuit.storage import CircuitRecord

from .store import ServerCode, StateConnection

_MICRO = 1_000_000
_LIFETIME_MS = 7 * 86_400_000
# The clocks of two machines drift; a new reading is taken over once it differs by so much.
_DRIFT_SECONDS = 1.0

# KEYS: the record. Returns the store's time in microseconds and the record, which may be empty.
_LOAD = ServerCode("""
local clock = redis.call('TIME')
return {clock[1] * 1000000 + clock[2], redis.call('GET', KEYS[1]) or ''}
""")
# ARGV: the old record, the new one, milliseconds to keep it. Returns 1 when it was still the old.
_REPLACE = ServerCode("""
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return {0} end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return {1}
""")


class SharedCircuitStorage(ForkedState):
    """A `CircuitStorage`: what opens a circuit in one process opens it in all, by their next call.

    While the store can't be reached, each process keeps its circuits by itself, or refuses the
    call, as `on_outage` says. Made by `SharedState.circuits`.
    """

    advice = "pickle the SharedState that made it, or the builder"

    def __init__(self, connection: StateConnection) -> None:
        self._connection = connection
        self._lock = PlainLock()
        self._local: dict[str, CircuitRecord] = {}
        # The store's clock less this machine's, in seconds.
        self._offset: float | None = None
        renew_after_fork(self)

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[override]
        return (SharedCircuitStorage, (self._connection,))

    def load(self, name: str) -> CircuitRecord | None:
        """Return the record of that name, None when there is none yet."""
        try:
            reply = self._connection.store.run_raw(_LOAD, [self._key(name)], [])
        except SharedStateUnavailable:
            if self._connection.refuses:
                raise
            return self._local.get(name)
        clock, text = msgspec.convert(reply, tuple[int, bytes])
        self._note_clock(clock / _MICRO)
        if not text:
            return self._restore(name)
        return self._decode(text)

    def _restore(self, name: str) -> CircuitRecord | None:
        """Return to the store what this process kept while the store was out of reach."""
        record = self._local.pop(name, None)
        return record if record is not None and self.replace(name, None, record) else None

    def replace(self, name: str, old: CircuitRecord | None, new: CircuitRecord) -> bool:
        """Store `new` if the record is still `old`; return whether it was."""
        arguments: list[bytes | str | int] = [
            self._encode(old) if old else b"",
            self._encode(new),
            _LIFETIME_MS,
        ]
        try:
            (is_done,) = self._connection.store.run(_REPLACE, [self._key(name)], arguments)
        except SharedStateUnavailable:
            if self._connection.refuses:
                raise
            with self._lock:
                is_same = self._local.get(name) in (old, None)
                if is_same:
                    self._local[name] = new
            return is_same
        self._local.pop(name, None)
        return bool(is_done)

    def _key(self, name: str) -> str:
        return self._connection.key(f"circuit:{name}", "record")

    def _note_clock(self, store_time: float) -> None:
        offset = store_time - datetime.now(timezone.utc).timestamp()
        if self._offset is None or abs(offset - self._offset) > _DRIFT_SECONDS:
            self._offset = offset

    def _encode(self, record: CircuitRecord) -> bytes:
        opened_at = record.opened_at
        if opened_at is not None:
            opened_at = round(opened_at + (self._offset or 0.0), 3)
        return msgspec.json.encode(msgspec.structs.replace(record, opened_at=opened_at))

    def _decode(self, text: bytes) -> CircuitRecord:
        record = msgspec.json.decode(text, type=CircuitRecord)
        if record.opened_at is None:
            return record
        opened_at = record.opened_at - (self._offset or 0.0)
        return msgspec.structs.replace(record, opened_at=opened_at)
