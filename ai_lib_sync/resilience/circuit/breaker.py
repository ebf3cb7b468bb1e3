# Generated from ai_lib/resilience/circuit/breaker.py by codegen; do not edit.
"""A circuit around calls of one's own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeVar

from ai_lib.errors.exceptions import AiLibError, TransportTimeout
from ai_lib.resilience.circuit.circuit import (
    Circuit,
    CircuitBreakerConfig,
    CircuitPermit,
    SharedUpdate,
)
from ai_lib.resilience.circuit.storage import CircuitRecord, CircuitStorage

from ..._runtime.backend import Lock, deadline, now, settle

T = TypeVar("T")


class CircuitBreaker(Circuit):
    """Stops calls to a service that keeps failing, and tries now and then whether it is back.

    Only failures of the service count: a call the caller got wrong, a refused key, a rate limit
    and a cancelled call say nothing. With a `storage` the state is kept there, under `key` (or the
    name), so that several breakers, in other processes too, share it; how many trials are under
    way is counted by each for itself.
    """

    def __init__(
        self,
        config: CircuitBreakerConfig | None = None,
        *,
        name: str = "default",
        storage: CircuitStorage | None = None,
        key: str | None = None,
        clock: Callable[[], float] = now,
    ) -> None:
        super().__init__(config, clock=clock, name=name)
        self._storage = storage
        self._key = key or name
        self._line = Lock()
        if storage is not None:
            self._due = deque()

    @property
    def is_shared(self) -> bool:
        """Whether its state is kept elsewhere."""
        return self._storage is not None

    def execute(self, operation: Callable[[], T]) -> T:
        """Call `operation` if the circuit lets it through, and count how it went.

        Raises:
            CircuitOpenError: it was not let through.
            TransportTimeout: it took longer than the config's `timeout_seconds`.
        """
        leave = self.enter()
        try:
            result = self.timed(operation)
        except AiLibError as error:
            leave.failed(error)
            self.report()
            raise
        except BaseException:
            leave.dropped()
            raise
        leave.succeeded()
        self.report()
        return result

    def timed(self, operation: Callable[[], T]) -> T:
        """Call `operation`, and end it after the config's `timeout_seconds`.

        Raises:
            TransportTimeout: it took longer.
        """
        seconds = self.config.timeout_seconds
        if seconds is None:
            return operation()
        ends = now() + seconds
        try:
            with deadline(seconds):
                return operation()
        except TimeoutError as error:
            if isinstance(error, AiLibError) or now() < ends:
                raise
            raise TransportTimeout(
                f"the attempt at {self.name} took longer than {seconds:g} s, the circuit "
                "breaker's timeout_seconds; raise it if the model needs longer",
                clock="attempt",
                seconds=seconds,
                request_sent=True,
            ) from None

    def enter(self) -> CircuitPermit:
        """Let one call through, as `admit`, by the state as it is stored. Raises as that."""
        if self._storage is None:
            return self.admit()
        leave = self._exchange(self._storage, asks=True)
        assert leave is not None  # it was asked for
        return leave

    def report(self) -> None:
        """Store what was counted since the last time."""
        if self._storage is not None and self._due:
            self._exchange(self._storage, asks=False)

    def _exchange(self, storage: CircuitStorage, *, asks: bool) -> CircuitPermit | None:
        with self._line:
            while True:
                old = settle(storage.load(self._key))
                known = old or CircuitRecord()
                turn = SharedUpdate(self, known, asks=asks)
                stored = False
                try:
                    stored = turn.record == known or settle(
                        storage.replace(self._key, old, turn.record)
                    )
                finally:
                    if not stored:
                        turn.undo()
                if stored:
                    return turn.leave()
