"""What a budget has to do: in this process, or in a store that several machines share."""

from collections.abc import Awaitable, Mapping
from typing import Protocol

from ai_lib.types.cost import CostBounds


class SharedReservation(Protocol):
    """What is set aside for one attempt."""

    def settle(self, cost: float | None) -> Awaitable[object] | None:
        """Count what it cost; None is unknown: then all that was set aside counts.

        It may be called in any thread where it is plain. Where it is a coroutine, it is waited for
        at the end of the call.
        """
        ...


class SharedBudget(Protocol):
    """A limit on cost that clients share. Its methods may be plain, or coroutines.

    Coroutines hold chats of the asynchronous package.
    """

    @property
    def currency(self) -> str:
        """The currency of its limit."""
        ...

    def take(
        self, bounds: CostBounds, metadata: Mapping[str, object] | None, lease_seconds: float
    ) -> "SharedReservation | Awaitable[SharedReservation | None] | None":
        """Set aside the most that an attempt may cost; None where it is not counted.

        What is not settled within `lease_seconds` belongs to a process that is gone: count it.

        Raises:
            BudgetExceeded: so much does not remain, or the cost has no upper bound.
        """
        ...
