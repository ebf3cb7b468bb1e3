"""A budget: the possible cost of an attempt is reserved before it is sent, and settled after."""

from collections.abc import Mapping
from threading import Lock, RLock
from typing import Literal

import msgspec

from ai_lib._runtime import forks
from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import BudgetExceeded
from ai_lib.types.cost import CostBounds


class BudgetStats(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a budget, in `currency`. `unpriced` counts attempts of an unknown price."""

    limit: float
    currency: str
    spent: float
    reserved: float
    unpriced: int = 0

    @property
    def remaining(self) -> float:
        """What may still be reserved."""
        return max(0.0, self.limit - self.spent - self.reserved)


def make_refusal(
    bounds: CostBounds, stats: BudgetStats, tagged: str | None, *, kind: str = "the budget"
) -> BudgetExceeded:
    """Return the error for a call that a budget does not allow.

    `tagged` is the tag and its value of a budget that has one, as `team=search`.
    """
    budget = f"{kind} of {tagged}" if tagged else kind
    is_known = bounds.upper is not None and bounds.currency == stats.currency
    if is_known:
        message = (
            f"a call to {bounds.model} may cost {bounds.upper:.6g} {stats.currency}, and "
            f"{budget} has {stats.remaining:.6g} left of {stats.limit:g} "
            f"({stats.reserved:.6g} reserved): raise the limit, or bound the response with "
            "max_tokens"
        )
    else:
        reason = bounds.reason or f"its price is in {bounds.currency}, not in {stats.currency}"
        message = (
            f"what a call to {bounds.model} may cost is unknown: {reason}; state it in the "
            "manifest, or let the budget have unknown_price='allow'"
        )
    return BudgetExceeded(
        message,
        limit=stats.limit,
        spent=stats.spent,
        reserved=stats.reserved,
        needed=bounds.upper if is_known else None,
        currency=stats.currency,
        tag=tagged,
    )


class Reservation:
    """The reserved cost of one attempt. Settle it once; a second time does nothing."""

    __slots__ = ("_account", "_generation", "_pending", "amount")

    def __init__(self, account: "_Account", amount: float) -> None:
        self.amount = amount
        self._account = account
        self._pending = [amount]
        self._generation = forks.generation

    def settle(self, cost: float | None) -> None:
        """Count the real cost. None means it is unknown: then all that was reserved counts."""
        try:
            amount = self._pending.pop()  # in one step: another thread may settle it as well
        except IndexError:
            return
        if self._generation == forks.generation:  # else the parent settles it
            self._account.settle(amount, amount if cost is None else cost)

    def release(self) -> None:
        """Count no cost: nothing was spent."""
        self.settle(0.0)


class Budget(ForkedState):
    """A limit on what all clients that share this object spend, in `currency`.

    With `tag`, every value that calls have under that name in their `metadata` has a limit of its
    own, and calls without it are not counted. An attempt is refused when it might cost more than
    what remains. So the spent and the reserved sum never exceeds the limit, unless a provider
    counts more tokens than `TokenCount.at_most`.

    `unknown_price` decides about an attempt whose cost has no upper bound: `refuse` it, or `allow`
    it without counting anything. Prices in another currency are unknown prices.

    Safe to share between tasks, threads and both packages.

    Raises:
        ValueError: the limit is below 0 or not finite, or `unknown_price` is another word.
    """

    advice = (
        "it counts in the memory of this process; make one in each, with its share of the limit"
    )

    def __init__(
        self,
        limit: float,
        currency: str = "USD",
        *,
        tag: str | None = None,
        unknown_price: Literal["refuse", "allow"] = "refuse",
    ) -> None:
        if not 0 <= limit < float("inf"):
            raise ValueError(f"a budget's limit is a sum of money from 0 on, not {limit!r}")
        if unknown_price not in ("refuse", "allow"):
            raise ValueError(f"unknown_price is 'refuse' or 'allow', not {unknown_price!r}")
        self.limit = float(limit)
        self.currency = currency
        self.tag = tag
        self.unknown_price = unknown_price
        self._lock = Lock()
        self._accounts: dict[str | None, _Account] = {}
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Renew the locks, and those of the accounts."""
        super().renew_in_child()
        for account in self._accounts.values():
            account.renew_in_child()

    def reserve(
        self, bounds: CostBounds, metadata: Mapping[str, object] | None = None
    ) -> Reservation | None:
        """Reserve the upper bound of an attempt's cost; None where it is not counted.

        Raises:
            BudgetExceeded: so much does not remain, or the cost has no upper bound.
        """
        name: str | None = None
        if self.tag is not None:
            if metadata is None or self.tag not in metadata:
                return None
            name = str(metadata[self.tag])
        account = self._account(name)
        amount = bounds.upper if bounds.currency == self.currency else None
        if amount is None:
            if self.unknown_price == "allow":
                return account.allow()
            raise self._refusal(account, bounds, name)
        if not account.take(amount):
            raise self._refusal(account, bounds, name)
        return Reservation(account, amount)

    def take(
        self, bounds: CostBounds, metadata: Mapping[str, object] | None, lease_seconds: float
    ) -> Reservation | None:
        """Do as `reserve`: what is held in memory ends with its process, and needs no lease."""
        return self.reserve(bounds, metadata)

    def stats(self, value: str | None = None) -> BudgetStats:
        """Return the state of the budget; of one with a tag, for one value of the tag."""
        return self._account(value).stats()

    @property
    def spent(self) -> float:
        """The sum spent, over all values of the tag."""
        return sum(stats.spent for stats in self._all_stats())

    @property
    def reserved(self) -> float:
        """The sum reserved for running attempts, over all values of the tag."""
        return sum(stats.reserved for stats in self._all_stats())

    @property
    def remaining(self) -> float:
        """What may still be reserved; of a budget with a tag, for a new value of it."""
        return self.limit if self.tag is not None else self.stats().remaining

    def _account(self, name: str | None) -> "_Account":
        with self._lock:
            return self._accounts.setdefault(name, _Account(self.limit, self.currency))

    def _all_stats(self) -> list[BudgetStats]:
        with self._lock:
            accounts = list(self._accounts.values())
        return [account.stats() for account in accounts]

    def _refusal(self, account: "_Account", bounds: CostBounds, name: str | None) -> BudgetExceeded:
        tagged = f"{self.tag}={name}" if self.tag else None
        return make_refusal(bounds, account.stats(), tagged)

    def __repr__(self) -> str:
        by = f", tag={self.tag!r}" if self.tag else ""
        return f"Budget({self.limit:g} {self.currency}, spent={self.spent:.6g}{by})"


class _Account(ForkedState):
    """The account of one budget, or of one value of its tag."""

    def __init__(self, limit: float, currency: str) -> None:
        self._limit = limit
        self._currency = currency
        # Finalizers settle too. They may run at any allocation, here as well.
        self._lock = RLock()
        self._spent = 0.0
        self._reserved = 0.0
        self._running = 0
        self._unpriced = 0

    def renew_in_child(self) -> None:
        """Renew the lock; what is reserved is reserved for the parent's attempts."""
        super().renew_in_child()
        self._reserved, self._running = 0.0, 0

    def take(self, amount: float) -> bool:
        """Reserve an amount if so much remains; say whether."""
        with self._lock:
            # Sums of prices are not exact in binary; a billionth of a unit is no money.
            if self._spent + self._reserved + amount > self._limit + 1e-9:
                return False
            self._reserved += amount
            self._running += 1
            return True

    def allow(self) -> Reservation:
        """Reserve nothing for an attempt of an unknown price."""
        with self._lock:
            self._unpriced += 1
            self._running += 1
        return Reservation(self, 0.0)

    def settle(self, amount: float, cost: float) -> None:
        """Replace the reserved amount by the real cost."""
        with self._lock:
            self._running -= 1
            # With nothing running nothing is reserved; binary sums may leave a rest.
            self._reserved = max(0.0, self._reserved - amount) if self._running else 0.0
            self._spent += cost

    def stats(self) -> BudgetStats:
        """Return the state of the account."""
        with self._lock:
            return BudgetStats(
                limit=self._limit,
                currency=self._currency,
                spent=self._spent,
                reserved=self._reserved,
                unpriced=self._unpriced,
            )
