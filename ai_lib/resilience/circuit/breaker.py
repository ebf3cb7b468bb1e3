"""A circuit breaker around calls, whose state may be kept in a shared storage."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ai_lib.errors.exceptions import AiLibError, TransportTimeout
from ai_lib.resilience.circuit.circuit import (
    Circuit,
    CircuitBreakerConfig,
    CircuitPermit,
    SharedUpdate,
)
from ai_lib.resilience.circuit.storage import CircuitRecord, CircuitStorage

from ..._runtime.backend import Lock, fail_after, maybe_await, now

T = TypeVar("T")


class CircuitBreaker(Circuit):
    """Stops calls to a service that keeps failing, and tries now and then whether it is back.

    Only failures of the service count. A wrong call, a refused key, a rate limit and a cancelled
    call do not. With a `storage` the state is kept there, under `key` (or the name), so that
    several breakers, in other processes too, share it. Each breaker counts its own running trials.
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
        self._exchange_lock = Lock()
        if storage is not None:
            self._pending = deque()

    @property
    def is_shared(self) -> bool:
        """Whether its state is kept elsewhere."""
        return self._storage is not None

    async def execute(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Call `operation` if the circuit lets it through, and count the outcome.

        Raises:
            CircuitOpenError: it was not let through.
            TransportTimeout: it took longer than the config's `timeout_seconds`.
        """
        permit = await self.acquire_permit()
        try:
            result = await self.run_with_timeout(operation)
        except AiLibError as error:
            permit.record_failure(error)
            await self.flush()
            raise
        except BaseException:
            permit.release()
            raise
        permit.record_success()
        await self.flush()
        return result

    async def run_with_timeout(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Call `operation`, and end it after the config's `timeout_seconds`.

        Raises:
            TransportTimeout: it took longer.
        """
        seconds = self.config.timeout_seconds
        if seconds is None:
            return await operation()
        ends = now() + seconds
        try:
            with fail_after(seconds):
                return await operation()
        except TimeoutError as error:
            if isinstance(error, AiLibError) or now() < ends:
                raise
            raise TransportTimeout(
                f"the attempt at {self.name} took longer than {seconds:g} s, the circuit "
                "breaker's timeout_seconds; raise it if the model needs longer",
                timeout_name="attempt",
                seconds=seconds,
                request_sent=True,
            ) from None

    async def acquire_permit(self) -> CircuitPermit:
        """Let one call through as `admit` does, by the stored state. Raises as `admit`."""
        if self._storage is None:
            return self.admit()
        permit = await self._exchange(self._storage, needs_permit=True)
        assert permit is not None
        return permit

    async def flush(self) -> None:
        """Store the outcomes that were counted since the last time."""
        if self._storage is not None and self._pending:
            await self._exchange(self._storage, needs_permit=False)

    async def _exchange(
        self, storage: CircuitStorage, *, needs_permit: bool
    ) -> CircuitPermit | None:
        async with self._exchange_lock:
            while True:
                stored = await maybe_await(storage.load(self._key))
                record = stored or CircuitRecord()
                update = SharedUpdate(self, record, needs_permit=needs_permit)
                is_done = False
                try:
                    is_done = update.record == record or await maybe_await(
                        storage.replace(self._key, stored, update.record)
                    )
                finally:
                    if not is_done:
                        update.undo()
                if is_done:
                    return update.take_permit()
