# Generated from ai_lib/distributed/limiter.py by codegen; do not edit.
"""A rate limiter whose counts all processes share."""

from __future__ import annotations

import math
from threading import Lock as PlainLock

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.distributed.limit_scripts import PAUSE, RESERVE, SETTLE
from ai_lib.distributed.limits import LocalQuota, WindowSettings
from ai_lib.errors.exceptions import RateLimitExceeded, SharedStateUnavailable
from ai_lib.resilience.rate_limit.headers import ObservedLimits
from ai_lib.resilience.rate_limit.meters import Window, WindowEntry
from ai_lib.resilience.rate_limit.quota import MAX_PAUSE_SECONDS

from .._runtime.backend import now
from .store import ServerCode, StateConnection

_RESERVE, _SETTLE, _PAUSE = ServerCode(RESERVE), ServerCode(SETTLE), ServerCode(PAUSE)
_MICRO = 1_000_000
# A process that sent nothing for so long does not count among those that share a limit.
_SILENCE_SECONDS = 60.0


class _PendingReservation:
    """A granted place in the future: when it comes, and how much had been given back till then."""

    def __init__(self, due: float, releases: int) -> None:
        self.due = due
        self.releases = releases


class SharedLimiter(ForkedState):
    """A `Limiter` for a builder's `limiter`: no window of the store's clock exceeds its limit.

    The store grants each attempt a place, now or in the future, and the process sleeps until then.
    It asks again only when one of its own attempts has given tokens back. Made by
    `SharedState.limiter`.
    """

    advice = "pickle the SharedState that made it, or the builder"

    def __init__(
        self, connection: StateConnection, limits: tuple[WindowSettings, ...], name: str
    ) -> None:
        self._connection = connection
        self._limits = limits
        self._name = name
        self._lock = PlainLock()
        self._shares: dict[str, LocalQuota] = {}
        self._places: dict[str, _PendingReservation] = {}
        self._taken: dict[str, list[tuple[Window, WindowEntry, bool]]] = {}
        renew_after_fork(self)

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[override]
        return (SharedLimiter, (self._connection, self._limits, self._name))

    def renew_in_child(self) -> None:
        """Renew the lock; what the parent has sent or waits for is its own."""
        super().renew_in_child()
        self._shares, self._places, self._taken = {}, {}, {}

    @property
    def is_degraded(self) -> bool:
        """Whether this process keeps to its share, as the store can't be reached or lost counts."""
        at = now()
        return any(share.is_careful(at) for share in list(self._shares.values()))

    def reserve(self, target: str, ticket: str, tokens: float) -> float:
        """Return 0 when the attempt may be sent, else the seconds until its place comes.

        Raises:
            RateLimitExceeded: it takes more tokens than a window allows.
            SharedStateUnavailable: the store can't be reached, and `on_outage` is `refuse`.
        """
        count = math.ceil(tokens)
        self._check_size(count)
        share = self._share_of(target)
        reservation = self._places.get(ticket)
        if reservation is not None and reservation.releases == share.releases:
            return self._await_place(share, ticket, reservation, count)
        if share.is_careful(now()):
            return self._reserve_share(share, target, ticket, count)
        try:
            wait = self._ask(share, target, ticket, count, forced=False)
        except SharedStateUnavailable:
            if self._connection.refuses:
                raise
            share.note_outage(now())
            return self._reserve_share_now(share, ticket, count)
        reservation = self._places[ticket] = _PendingReservation(now() + wait, share.releases)
        return self._await_place(share, ticket, reservation, count)

    def _check_size(self, tokens: int) -> None:
        for limit in self._limits:
            if limit.unit == "tokens" and tokens > limit.limit:
                raise RateLimitExceeded(
                    f"the call may take {tokens} tokens, and the shared limit allows "
                    f"{limit.limit} in {limit.seconds:g} s: send less, bound the response with "
                    "max_tokens, or raise the limit"
                )

    def _share_of(self, target: str) -> LocalQuota:
        with self._lock:
            share = self._shares.get(target)
            if share is None:
                share = self._shares[target] = LocalQuota(self._limits)
                share.processes = self._connection.processes
            return share

    def _await_place(
        self, share: LocalQuota, ticket: str, reservation: _PendingReservation, tokens: int
    ) -> float:
        wait = reservation.due - now()
        if wait > 0:
            return wait
        self._places.pop(ticket, None)
        self._count(share, ticket, tokens)
        return 0.0

    def _count(self, share: LocalQuota, ticket: str, tokens: int) -> None:
        with self._lock:
            self._taken[ticket] = share.take(tokens, now())

    def _reserve_share_now(self, share: LocalQuota, ticket: str, tokens: int) -> float:
        with self._lock:
            wait = share.get_wait_time(tokens, now())
        if wait <= 0:
            self._places.pop(ticket, None)
            self._count(share, ticket, tokens)
        return wait

    def _reserve_share(self, share: LocalQuota, target: str, ticket: str, tokens: int) -> float:
        """Take it from this process's share, and tell the store if it can be reached."""
        wait = self._reserve_share_now(share, ticket, tokens)
        if wait > 0:
            return wait
        try:
            self._ask(share, target, ticket, tokens, forced=True)
        except SharedStateUnavailable:
            if self._connection.refuses:
                raise
            share.note_outage(now())
        return 0.0

    def _ask(
        self, share: LocalQuota, target: str, ticket: str, tokens: int, *, forced: bool
    ) -> float:
        connection = self._connection
        silence = round(max(_SILENCE_SECONDS, share.seconds) * _MICRO)
        arguments: list[str | int] = [int(forced), connection.process, silence]
        for limit in self._limits:
            arguments += [limit.limit, limit.microseconds, limit.cost(tokens)]
        keys = [self._key(target, name) for name in ("state", "processes", f"ticket:{ticket}")]
        keys += [self._key(target, limit.name) for limit in self._limits]
        wait, processes, age, identity = connection.store.run(_RESERVE, keys, arguments)
        share.note_contact(processes, age / _MICRO, identity, now())
        return wait / _MICRO

    def _key(self, target: str, name: str) -> str:
        return self._connection.key(f"limit:{self._name}:{target}", name)

    def settle(self, target: str, ticket: str, tokens: float | None) -> None:
        """Count the tokens that the attempt used; None gives all back, and its place as well."""
        used = None if tokens is None else math.ceil(tokens)
        share = self._share_of(target)
        self._places.pop(ticket, None)
        self._correct(ticket, used)
        arguments: list[str | int] = []
        for limit in self._limits:
            is_counted = used is not None and limit.unit == "tokens"
            cost = 0 if used is None else used if is_counted else 1
            arguments += [limit.microseconds, cost]
        keys = [self._key(target, f"ticket:{ticket}")]
        keys += [self._key(target, limit.name) for limit in self._limits]
        try:
            (freed,) = self._connection.store.run(_SETTLE, keys, arguments)
        except SharedStateUnavailable:
            return  # what is not given back leaves its window with the time
        if freed:
            share.releases += 1

    def _correct(self, ticket: str, used: int | None) -> None:
        with self._lock:
            for window, entry, counts_tokens in self._taken.pop(ticket, ()):
                if used is None:
                    window.correct(entry, 0.0)
                elif counts_tokens:
                    window.correct(entry, used)

    def pause(self, target: str, seconds: float) -> None:
        """Let no process send to the target for so many seconds."""
        pause = round(min(seconds, MAX_PAUSE_SECONDS) * _MICRO)
        try:
            self._connection.store.run(_PAUSE, [self._key(target, "state")], [pause])
        except SharedStateUnavailable:
            return  # this process pauses by itself

    def learn(self, target: str, limits: ObservedLimits) -> None:
        """Let all processes wait for the reset when the provider says that nothing remains."""
        for status in (limits.requests, limits.tokens):
            if status.remaining is not None and status.remaining < 1 and status.reset:
                self.pause(target, status.reset)

    def __repr__(self) -> str:
        limits = ", ".join(f"{item.limit} {item.unit}/{item.seconds:g} s" for item in self._limits)
        return f"SharedLimiter({limits})"
