# Generated from ai_lib/distributed/budget.py by codegen; do not edit.
"""A budget that all processes share."""

from __future__ import annotations

import math
import uuid
from collections import deque
from collections.abc import Mapping
from threading import Lock as PlainLock
from typing import Literal

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.distributed.budget_scripts import SETTLE, TAKE
from ai_lib.errors.exceptions import BudgetExceeded, SharedStateUnavailable
from ai_lib.tokens.budget import BudgetStats, make_refusal
from ai_lib.types.cost import CostBounds

from .._runtime.backend import now
from .store import ServerCode, StateConnection

_TAKE, _SETTLE = ServerCode(TAKE), ServerCode(SETTLE)
_MICRO = 1_000_000
_NANO = 1_000_000_000
# Whole billionths up to here are exact in the store's numbers.
_MAX_LIMIT = 9_000_000.0
# An attempt that ends at its deadline is settled a little later.
_GRACE_SECONDS = 30.0


class _Account:
    """What this process knows of one account; sums are whole billionths."""

    def __init__(self, processes: int) -> None:
        self.period = -1
        self.spent = self.reserved = self.unpriced = 0
        self.processes = processes
        self.share: int | None = None
        self.due: deque[tuple[SharedBudgetLease, int]] = deque()

    def note(self, period: int, spent: int, reserved: int, unpriced: int, processes: int) -> None:
        self.period, self.spent = period, spent
        self.reserved, self.unpriced = reserved, unpriced
        self.processes = max(1, processes)
        self.share = None

    def take_share(self, amount: int, limit: int) -> bool:
        """Take it from this process's share of what remained when the store went away."""
        if self.share is None:
            self.share = max(0, limit - self.spent - self.reserved) // self.processes
        if amount > self.share:
            return False
        self.share -= amount
        return True


class SharedBudgetLease:
    """What is set aside for one attempt, in all processes; `amount` is in billionths.

    One that `is_local` was taken from the process's own share, while the store was out of reach.
    """

    def __init__(
        self, budget: SharedStateBudget, name: str, amount: int, lease_seconds: float
    ) -> None:
        self.name = name
        self.ticket = uuid.uuid4().hex
        self.amount = amount
        self.period = -1
        self.is_local = False
        self._budget = budget
        self._pending = [True]
        self._ends = now() + lease_seconds

    def settle(self, cost: float | None) -> None:
        """Count what it cost; None is unknown: then all that was set aside counts."""
        try:
            self._pending.pop()  # in one step: another thread may settle it as well
        except IndexError:
            return
        spent = self.amount if cost is None else round(cost * _NANO)
        self._budget.settle_lease(self, spent)

    @property
    def is_lost(self) -> bool:
        """Whether a store that does not have this lease has lost it, or never had it."""
        return self.is_local or now() < self._ends


class SharedStateBudget(ForkedState):
    """A `SharedBudget` for a builder's `budget`: all processes together never spend more.

    With a `window` (seconds), each span of that length has the limit anew, by the store's clock.
    What a process that is gone had set aside counts as spent after its lease: it may have been
    paid for. While the store can't be reached, a process spends at most its share of what was
    left, or nothing, as `on_outage` says. Made by `SharedState.budget`.
    """

    advice = "pickle the SharedState that made it, or the builder"

    def __init__(
        self,
        connection: StateConnection,
        limit: float,
        currency: str,
        tag: str | None,
        window: float | None,
        unknown_price: Literal["refuse", "allow"],
    ) -> None:
        self._connection = connection
        self.limit = limit
        self.currency = currency
        self.tag = tag
        self.window = window
        self.unknown_price = unknown_price
        self._lock = PlainLock()
        self._accounts: dict[str, _Account] = {}
        renew_after_fork(self)

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[override]
        settings = (self.limit, self.currency, self.tag, self.window, self.unknown_price)
        return (SharedStateBudget, (self._connection, *settings))

    def renew_in_child(self) -> None:
        """Renew the lock; what is still to be told to the store is the parent's."""
        super().renew_in_child()
        self._accounts = {}

    def take(
        self, bounds: CostBounds, metadata: Mapping[str, object] | None, lease_seconds: float
    ) -> SharedBudgetLease | None:
        """Set aside the most that an attempt may cost; None where it is not counted.

        Raises:
            BudgetExceeded: so much does not remain, or the cost has no upper bound.
            SharedStateUnavailable: the store can't be reached, and `on_outage` is `refuse`.
        """
        name = ""
        if self.tag is not None:
            if metadata is None or self.tag not in metadata:
                return None
            name = str(metadata[self.tag])
        account = self._account_of(name)
        upper = bounds.upper if bounds.currency == self.currency else None
        if upper is None and self.unknown_price == "refuse":
            raise self._refusal(account, bounds, name)
        amount = -1 if upper is None else math.ceil(upper * _NANO - 1e-6)
        lease_seconds += _GRACE_SECONDS
        lease = SharedBudgetLease(self, name, max(0, amount), lease_seconds)
        try:
            self._send_due(account)
            is_granted = self._take(account, lease, amount, lease_seconds)
        except SharedStateUnavailable:
            if self._connection.refuses:
                raise
            lease.is_local = True
            with self._lock:
                is_granted = account.take_share(lease.amount, round(self.limit * _NANO))
        if not is_granted:
            raise self._refusal(account, bounds, name)
        lease.period = account.period
        return lease

    def _take(
        self, account: _Account, lease: SharedBudgetLease, amount: int, lease_seconds: float
    ) -> bool:
        arguments: list[str | int] = [round(self.limit * _NANO), lease.ticket, amount]
        arguments += [round(lease_seconds * _MICRO), self._connection.process]
        (is_granted, *sums) = self._run(_TAKE, lease.name, account.period, account.spent, arguments)
        account.note(*sums)
        return bool(is_granted)

    def _run(
        self, script: ServerCode, name: str, period: int, spent: int, arguments: list[str | int]
    ) -> list[int]:
        names = ("sums", "deadlines", "amounts", "processes")
        scope = f"budget:{self.currency}:{self.window or 0:g}:{self.tag or ''}:{name}"
        keys = [self._connection.key(scope, part) for part in names]
        window = round((self.window or 0.0) * _MICRO)
        return self._connection.store.run(script, keys, [window, period, spent, *arguments])

    def settle_lease(self, lease: SharedBudgetLease, cost: int) -> None:
        """Count what an attempt cost; what can't be told to the store now is told later."""
        account = self._account_of(lease.name)
        with self._lock:
            if lease.is_local and account.share is not None:
                account.share += lease.amount - cost
        account.due.append((lease, cost))
        try:
            self._send_due(account)
        except SharedStateUnavailable:
            return

    def _send_due(self, account: _Account) -> None:
        while account.due:
            try:
                lease, cost = due = account.due.popleft()
            except IndexError:  # another thread sends it
                return
            try:
                self._settle(account, lease, cost)
            except BaseException:
                account.due.appendleft(due)
                raise

    def _settle(self, account: _Account, lease: SharedBudgetLease, cost: int) -> None:
        spent = account.spent if lease.period == account.period else 0
        arguments: list[str | int] = [lease.ticket, cost, int(lease.is_lost)]
        (_, *sums) = self._run(_SETTLE, lease.name, lease.period, spent, arguments)
        account.note(*sums)

    def _account_of(self, name: str) -> _Account:
        with self._lock:
            return self._accounts.setdefault(name, _Account(self._connection.processes))

    def stats(self, value: str | None = None) -> BudgetStats:
        """Return the state of the budget in the store; of one with a tag, for one of its values.

        Raises SharedStateUnavailable when the store can't be reached.
        """
        name = value or ""
        account = self._account_of(name)
        (_, *sums) = self._run(_SETTLE, name, account.period, account.spent, ["", 0, 0])
        account.note(*sums)
        return self._describe(account)

    def _describe(self, account: _Account) -> BudgetStats:
        return BudgetStats(
            limit=self.limit,
            currency=self.currency,
            spent=account.spent / _NANO,
            reserved=account.reserved / _NANO,
            unpriced=account.unpriced,
        )

    def _refusal(self, account: _Account, bounds: CostBounds, name: str) -> BudgetExceeded:
        tagged = f"{self.tag}={name}" if self.tag else None
        return make_refusal(bounds, self._describe(account), tagged, kind="the shared budget")

    def __repr__(self) -> str:
        return f"SharedStateBudget({self.limit:g} {self.currency})"


def check_limit(limit: float) -> float:
    """Return a budget's limit. Raises ValueError when the store can't count so much exactly."""
    if not 0 <= limit <= _MAX_LIMIT:
        raise ValueError(f"a shared budget's limit is 0 to {_MAX_LIMIT:g}, not {limit!r}")
    return float(limit)
