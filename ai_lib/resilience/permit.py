"""What one attempt holds while it is under way, and how it is given back."""

from collections.abc import Callable, Mapping

from ai_lib.errors.exceptions import (
    AiLibError,
    RemoteError,
    ResilienceError,
    StreamTruncated,
    TransportError,
)
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.resilience.circuit.circuit import CircuitPermit
from ai_lib.resilience.rate_limit.quota import Quota, Reservation
from ai_lib.types.attempt import Attempt
from ai_lib.types.response import ChatResponse
from ai_lib.types.usage import Usage


class Slot:
    """One place among those in flight; leaving it twice does nothing."""

    __slots__ = ("_due",)

    def __init__(self, leave: Callable[[], object]) -> None:
        self._due = [leave]

    def release(self) -> None:
        """Let the next one in."""
        try:
            leave = self._due.pop()  # in one step: another thread may release it as well
        except IndexError:
            return
        leave()


class Holdings:
    """A place in flight, leave from the circuit, a reservation; any of them may be absent."""

    def __init__(self) -> None:
        self.place: Slot | None = None
        self.leave: CircuitPermit | None = None
        self.quota: Quota | None = None
        self.reservation: Reservation | None = None

    def settle(self, tokens: float | None) -> None:
        """Say what was used, None when nothing reached the provider."""
        if self.quota is None or self.reservation is None:
            return
        if tokens is None:
            self.quota.refund(self.reservation)
        else:
            self.quota.settle(self.reservation, tokens)

    def release(self) -> None:
        """Give back everything, as if nothing had been sent."""
        if self.leave is not None:
            self.leave.dropped()
        self.settle(None)
        if self.place is not None:
            self.place.release()


class Admission:
    """Leave to make one attempt. End it once: succeeded, failed or abandoned.

    Whoever runs the attempt ends it when that returns, unless it was `keep`t for later: a stream's
    attempt lasts until the stream's end. Forgotten, it is abandoned by the garbage collector.
    """

    def __init__(
        self,
        holdings: Holdings,
        ledger: AttemptLog,
        *,
        provider: str,
        model: str,
        clock: Callable[[], float],
        learn: Callable[[Mapping[str, str], Reservation | None], object] | None = None,
        waited: float = 0.0,
    ) -> None:
        self.ledger = ledger
        self.kept = False
        self.usage: Usage | None = None
        self.request_id: str | None = None
        self._due = [True]
        self._holdings = holdings
        self._provider = provider
        self._model = model
        self._clock = clock
        self._learn = learn
        self._waited = waited
        self._began = clock()

    def keep(self) -> None:
        """Take it over from whoever runs the attempt."""
        self.kept = True

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take in the head of an answer."""
        if self._learn is not None:
            self._learn(headers, self._holdings.reservation)

    def working(self) -> None:
        """The answer has begun: a half-open circuit need not wait for its end."""
        leave = self._holdings.leave
        if leave is not None and leave.is_trial:
            leave.succeeded()

    def succeeded(self) -> None:
        """The attempt answered; `usage` and `request_id` were set if known."""
        if not self._is_due():
            return
        if self._holdings.leave is not None:
            self._holdings.leave.succeeded()
        self._end("answered", self._used())

    def failed(self, error: AiLibError) -> None:
        """The attempt ended in this error."""
        if not self._is_due():
            return
        holdings = self._holdings
        if holdings.leave is not None:
            holdings.leave.failed(error)
        if isinstance(error.partial, ChatResponse):
            self.usage = error.partial.usage
        self.request_id = error.request_id or self.request_id
        self._pause(error)
        self._end(error.error_type, self._used_by(error), error)

    def abandoned(self) -> None:
        """The caller went away; that says nothing about the provider."""
        if self._is_due():
            self._end("cancelled", self._used())

    def _is_due(self) -> bool:
        try:
            return self._due.pop()  # in one step: another thread may end it as well
        except IndexError:
            return False

    def _pause(self, error: AiLibError) -> None:
        quota = self._holdings.quota
        if quota is not None and isinstance(error, RemoteError) and error.retry_after:
            quota.pause_until(self._clock() + error.retry_after)

    def _used(self) -> float:
        """Return the tokens of an answer: as told, else as reserved."""
        told = self.usage.total_tokens if self.usage is not None else 0
        return told or self._reserved()

    def _reserved(self) -> float:
        reservation = self._holdings.reservation
        return reservation.tokens if reservation is not None else 0.0

    def _used_by(self, error: AiLibError) -> float | None:
        if isinstance(error, ResilienceError):
            return None
        if isinstance(error, TransportError) and not error.request_sent:
            return None
        if isinstance(error, RemoteError) and self.usage is None:
            return 0.0
        return self._used()

    def _end(self, ended: str, tokens: float | None, error: AiLibError | None = None) -> None:
        self._holdings.settle(tokens)
        self._holdings.release()
        self.ledger.enter(
            Attempt(
                provider=self._provider,
                model=self._model,
                ended=ended,
                error=type(error).__name__ if error is not None else None,
                status_code=error.status_code if isinstance(error, RemoteError) else None,
                retry_after=error.retry_after if isinstance(error, RemoteError) else None,
                request_id=self.request_id,
                sent=not isinstance(error, ResilienceError),
                in_doubt=_broke_off(error),
                waited_ms=self._waited * 1000,
                latency_ms=(self._clock() - self._began) * 1000,
                usage=self.usage or Usage(),
            )
        )

    def __del__(self) -> None:
        self.abandoned()


def _broke_off(error: AiLibError | None) -> bool:
    """Whether the provider may have worked on what it was sent, and be paid for it."""
    if isinstance(error, TransportError):
        return error.request_sent
    return isinstance(error, StreamTruncated)
