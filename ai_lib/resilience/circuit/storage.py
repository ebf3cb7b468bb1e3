"""Where a circuit's state is kept, so that clients and processes may share it."""

import enum
from collections.abc import Awaitable
from threading import Lock
from typing import Protocol

import msgspec


class CircuitState(str, enum.Enum):
    """Closed lets everyone through, open nobody, half-open a few to try."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept of one circuit.

    `failures` are those in a row while it is closed, `successes` those while it is half-open;
    `opened_at` is when it opened, in seconds since 1970 (UTC).
    """

    state: CircuitState = CircuitState.CLOSED
    failures: int = 0
    successes: int = 0
    opened_at: float | None = None


class CircuitStorage(Protocol):
    """Keeps the records of any number of circuits by name; give it to `circuit_storage`.

    Methods are plain or coroutine functions; a blocking client takes plain ones only. An async
    client awaits what they return, so one that waits (for a network) has to be a coroutine
    function there. They are called before an attempt and after it, one at a time for each circuit
    of a client. What they raise is raised by the call: one that may be out of reach and is not to
    stop the calls then has to answer from what it knows.
    """

    def load(self, name: str) -> CircuitRecord | Awaitable[CircuitRecord | None] | None:
        """Return the record of that name, None when there is none yet."""
        ...

    def replace(
        self, name: str, old: CircuitRecord | None, new: CircuitRecord
    ) -> bool | Awaitable[bool]:
        """Keep `new` if the record is still what `load` gave, in one step; return whether it was.

        After False the circuit loads again, and decides anew.
        """
        ...


class MemoryCircuitStorage:
    """Keeps records in this process: clients that are given the same one share their circuits."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._records: dict[str, CircuitRecord] = {}

    def load(self, name: str) -> CircuitRecord | None:
        """Return the record of that name, None when there is none yet."""
        return self._records.get(name)

    def replace(self, name: str, old: CircuitRecord | None, new: CircuitRecord) -> bool:
        """Keep `new` if the record is still `old`; return whether it was."""
        with self._lock:
            if self._records.get(name) != old:
                return False
            self._records[name] = new
            return True


class Counts:
    """What pybreaker keeps its state and counts in."""

    name = "counts"
    opened_at: object = None

    def __init__(self) -> None:
        self.state = "closed"
        self.counter = 0
        self.success_counter = 0

    def increment_counter(self) -> None:
        self.counter += 1

    def reset_counter(self) -> None:
        self.counter = 0

    def increment_success_counter(self) -> None:
        self.success_counter += 1

    def reset_success_counter(self) -> None:
        self.success_counter = 0
