"""A spend cap: what an attempt may cost is set aside before it is sent, and settled after."""

from collections.abc import Mapping
from threading import Lock, RLock
from typing import Literal

import msgspec

from ai_lib.errors.exceptions import BudgetExceeded
from ai_lib.types.cost import CostBounds


class BudgetStats(msgspec.Struct, frozen=True, kw_only=True):
    """How an account stands, in `currency`. `unpriced` counts attempts nobody knew the price of."""

    limit: float
    currency: str
    spent: float
    reserved: float
    unpriced: int = 0

    @property
    def left(self) -> float:
        """What may still be set aside."""
        return max(0.0, self.limit - self.spent - self.reserved)


class Reservation:
    """What one attempt may cost. Settle it once; a second time does nothing."""

    __slots__ = ("_account", "_due", "amount")

    def __init__(self, account: "_Account", amount: float) -> None:
        self.amount = amount
        self._account = account
        self._due = [amount]

    def settle(self, cost: float | None) -> None:
        """Say what it cost, None if nobody knows: then it counts with all that was set aside."""
        try:
            amount = self._due.pop()  # in one step: another thread may settle it as well
        except IndexError:
            return
        self._account.settle(amount, amount if cost is None else cost)

    def release(self) -> None:
        """Give it back: nothing was spent."""
        self.settle(0.0)


class Budget:
    """At most `limit` is spent, in `currency`, by all the clients that share this object.

    With `tag`, every value that calls have under that name in their `metadata` has a limit of its
    own, and calls without it are not counted. An attempt is refused when it might cost more than is
    left; so what is spent and set aside together never exceeds the limit, unless a provider counts
    more tokens than `TokenCount.at_most`.

    `unknown_price` says what becomes of an attempt whose cost has no upper bound: `refuse`, or
    `allow`, which then counts with nothing. Prices in another currency are unknown prices.

    Safe to share between tasks, threads and both packages.

    Raises:
        ValueError: the limit is below 0 or no number, or `unknown_price` is another word.
    """

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

    def reserve(
        self, bounds: CostBounds, metadata: Mapping[str, object] | None = None
    ) -> Reservation | None:
        """Set aside what an attempt may cost at most; None where it is not counted.

        Raises:
            BudgetExceeded: there is not so much left, or nobody knows how much it may be.
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
            raise self._refusal(account.stats(), bounds, name)
        if not account.take(amount):
            raise self._refusal(account.stats(), bounds, name)
        return Reservation(account, amount)

    def stats(self, value: str | None = None) -> BudgetStats:
        """Return how it stands, of a budget by tag for one value of it."""
        return self._account(value).stats()

    @property
    def spent(self) -> float:
        """What was spent, over all values of the tag."""
        return sum(one.spent for one in self._all())

    @property
    def reserved(self) -> float:
        """What is set aside for attempts under way, over all values of the tag."""
        return sum(one.reserved for one in self._all())

    @property
    def left(self) -> float:
        """What may still be set aside; of a budget by tag, by a value not seen yet."""
        return self.limit if self.tag is not None else self.stats().left

    def _account(self, name: str | None) -> "_Account":
        with self._lock:
            return self._accounts.setdefault(name, _Account(self.limit, self.currency))

    def _all(self) -> list[BudgetStats]:
        with self._lock:
            accounts = list(self._accounts.values())
        return [account.stats() for account in accounts]

    def _refusal(self, now: BudgetStats, bounds: CostBounds, name: str | None) -> BudgetExceeded:
        whose = f"the budget of {self.tag}={name}" if self.tag else "the budget"
        known = bounds.upper is not None and bounds.currency == self.currency
        if known:
            why = (
                f"a call to {bounds.model} may cost {bounds.upper:.6g} {self.currency}, and "
                f"{whose} has {now.left:.6g} left of {self.limit:g} "
                f"({now.reserved:.6g} set aside): raise the limit, or bound the answer with "
                "max_tokens"
            )
        else:
            reason = bounds.reason or f"its price is in {bounds.currency}, not in {self.currency}"
            why = (
                f"what a call to {bounds.model} may cost is unknown: {reason}; state it in the "
                "manifest, or let the budget have unknown_price='allow'"
            )
        return BudgetExceeded(
            why,
            limit=self.limit,
            spent=now.spent,
            reserved=now.reserved,
            needed=bounds.upper if known else None,
            currency=self.currency,
            tag=f"{self.tag}={name}" if self.tag else None,
        )

    def __repr__(self) -> str:
        by = f", tag={self.tag!r}" if self.tag else ""
        return f"Budget({self.limit:g} {self.currency}, spent={self.spent:.6g}{by})"


class _Account:
    """The books of one budget, or of one value of its tag."""

    def __init__(self, limit: float, currency: str) -> None:
        self._limit = limit
        self._currency = currency
        # Settled by a finalizer too, which may run wherever memory is asked for, here as well.
        self._lock = RLock()
        self._spent = 0.0
        self._reserved = 0.0
        self._open = 0
        self._unpriced = 0

    def take(self, amount: float) -> bool:
        """Set an amount aside if there is so much."""
        with self._lock:
            # Sums of prices are not exact in binary; a billionth of a unit is nobody's money.
            if self._spent + self._reserved + amount > self._limit + 1e-9:
                return False
            self._reserved += amount
            self._open += 1
            return True

    def allow(self) -> Reservation:
        """Set nothing aside for an attempt whose price nobody knows."""
        with self._lock:
            self._unpriced += 1
            self._open += 1
        return Reservation(self, 0.0)

    def settle(self, amount: float, cost: float) -> None:
        """Replace what was set aside by what it cost."""
        with self._lock:
            self._open -= 1
            # With nothing under way nothing is set aside, whatever binary sums have left over.
            self._reserved = max(0.0, self._reserved - amount) if self._open else 0.0
            self._spent += cost

    def stats(self) -> BudgetStats:
        """Return how it stands."""
        with self._lock:
            return BudgetStats(
                limit=self._limit,
                currency=self._currency,
                spent=self._spent,
                reserved=self._reserved,
                unpriced=self._unpriced,
            )
