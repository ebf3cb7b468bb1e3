# Generated from ai_lib/resilience/circuit_breaker.py by codegen; do not edit.
"""A circuit around calls of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ai_lib.errors.tree import AiLibError
from ai_lib.resilience.circuit import Circuit, CircuitBreakerConfig, CircuitStorage

from .._backend import now

T = TypeVar("T")


class CircuitBreaker(Circuit):
    """Stops calls to a service that keeps failing, and tries now and then whether it is back.

    Only failures of the service count: a call the caller got wrong, a refused key, a rate limit
    and a cancelled call say nothing. `storage` lets several breakers share one state.
    """

    def __init__(
        self,
        config: CircuitBreakerConfig | None = None,
        *,
        name: str = "default",
        storage: CircuitStorage | None = None,
        clock: Callable[[], float] = now,
    ) -> None:
        super().__init__(config, clock=clock, name=name, storage=storage)

    def execute(self, operation: Callable[[], T]) -> T:
        """Call `operation` if the circuit lets it through, and count how it went.

        Raises:
            CircuitOpenError: it was not let through.
        """
        leave = self.admit()
        try:
            result = operation()
        except AiLibError as error:
            leave.failed(error)
            raise
        except BaseException:
            leave.dropped()
            raise
        leave.succeeded()
        return result
