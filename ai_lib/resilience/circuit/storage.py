"""Storage of circuit states, which clients and processes may share."""

import enum
from collections.abc import Awaitable
from threading import Lock
from typing import Protocol

import msgspec

from ai_lib._runtime.forks import ForkedState, renew_after_fork


class CircuitState(str, enum.Enum):
    """A closed circuit lets every call through, an open one none, a half-open one a few trials."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The stored state of one circuit.

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
    function there. They are called before and after an attempt, one at a time for each circuit of
    a client. What they raise before an attempt, the call raises as SharedStateError, and a fallback
    is tried; what they raise after it is logged and costs no answer. A storage
    that may be out of reach, and is not to stop calls then, has to return what it knows.
    """

    def load(self, name: str) -> CircuitRecord | Awaitable[CircuitRecord | None] | None:
        """Return the record of that name, None when there is none yet."""
        ...

    def replace(
        self, name: str, old: CircuitRecord | None, new: CircuitRecord
    ) -> bool | Awaitable[bool]:
        """Store `new` if the record is still `old`, in one step; return whether it was.

        After False the circuit loads the record again.
        """
        ...


class MemoryCircuitStorage(ForkedState):
    """A storage in this process. Clients with the same one share their circuits."""

    advice = "it keeps its records in the memory of this process; make one in each"

    def __init__(self) -> None:
        self._lock = Lock()
        renew_after_fork(self)
        self._records: dict[str, CircuitRecord] = {}

    def load(self, name: str) -> CircuitRecord | None:
        """Return the record of that name, None when there is none yet."""
        return self._records.get(name)

    def replace(self, name: str, old: CircuitRecord | None, new: CircuitRecord) -> bool:
        """Store `new` if the record is still `old`; return whether it was."""
        with self._lock:
            if self._records.get(name) != old:
                return False
            self._records[name] = new
            return True


class Counts:
    """The state and counts of a pybreaker circuit: its storage interface."""

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
