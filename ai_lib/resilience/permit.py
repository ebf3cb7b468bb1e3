"""What one attempt holds while it runs, and how it is given back."""

from collections.abc import Callable, Mapping

from ai_lib._runtime import forks
from ai_lib.errors.exceptions import (
    AiLibError,
    CredentialError,
    RemoteError,
    ResilienceError,
    StreamTruncated,
    TransportError,
)
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.resilience.circuit.circuit import CircuitPermit
from ai_lib.resilience.rate_limit.quota import MAX_PAUSE_SECONDS, Quota, Reservation
from ai_lib.types.attempt import Attempt
from ai_lib.types.response import ChatResponse
from ai_lib.types.usage import Usage


class Slot:
    """One of the attempts that may be in flight. Releasing it twice does nothing."""

    __slots__ = ("_generation", "_pending")

    def __init__(self, release: Callable[[], object]) -> None:
        self._pending = [release]
        self._generation = forks.generation

    def release(self) -> None:
        """Let the next attempt in."""
        try:
            release = self._pending.pop()  # in one step: another thread may release it as well
        except IndexError:
            return
        if self._generation == forks.generation:
            release()


class Permit:
    """The permission to make one attempt: a slot, a circuit permit and a reservation, if needed.

    End it once, by `succeed`, `fail` or `abandon`. The executor does so when the attempt returns,
    unless it was detached: the attempt of a stream lasts until the stream's end. The garbage
    collector abandons a permit that is forgotten.
    """

    def __init__(
        self,
        attempt_log: AttemptLog,
        *,
        provider: str,
        model: str,
        clock: Callable[[], float],
        learn: Callable[[Mapping[str, str], Reservation | None], object] | None = None,
        waited: float = 0.0,
    ) -> None:
        self.slot: Slot | None = None
        self.circuit_permit: CircuitPermit | None = None
        self.quota: Quota | None = None
        self.reservation: Reservation | None = None
        self.is_detached = False
        self.usage: Usage | None = None
        self.is_estimate = False
        self.request_id: str | None = None
        self._pending = [True]
        self._generation = forks.generation
        self._attempt_log = attempt_log
        self._provider = provider
        self._model = model
        self._clock = clock
        self._learn = learn
        self._waited = waited
        self._began = clock()

    @property
    def waited(self) -> float:
        """The seconds waited before the attempt, for a retry and for this permit."""
        return self._waited

    @property
    def is_open(self) -> bool:
        """Whether the attempt has not ended."""
        return bool(self._pending)

    def start(self) -> None:
        """Begin the attempt: the time until now was spent waiting."""
        now = self._clock()
        self._waited += now - self._began
        self._began = now

    def detach(self) -> None:
        """Take the permit over from the executor. The caller then has to end it."""
        self.is_detached = True

    def on_headers(self, headers: Mapping[str, str]) -> None:
        """Learn the rate limits from a response's headers."""
        if self._learn is not None:
            self._learn(headers, self.reservation)

    def on_first_content(self) -> None:
        """Tell a half-open circuit that the service works, before the response has ended."""
        if self.circuit_permit is not None and self.circuit_permit.is_trial:
            self.circuit_permit.record_success()

    def succeed(self) -> None:
        """End the attempt with a response. Set `usage` and `request_id` before, if known."""
        if not self._claim_end():
            return
        if self.circuit_permit is not None:
            self.circuit_permit.record_success()
        self._end("answered", self._tokens_used())

    def fail(self, error: AiLibError) -> None:
        """End the attempt with this error."""
        if not self._claim_end():
            return
        if self.circuit_permit is not None:
            self.circuit_permit.record_failure(error)
        if isinstance(error.partial, ChatResponse) and not self.is_estimate:
            self.usage = error.partial.usage
        self.request_id = error.request_id or self.request_id
        self._pause(error)
        self._end(error.error_type, self._tokens_used_by(error), error)

    def abandon(self) -> None:
        """End the attempt because the caller went away, which says nothing of the provider."""
        if self._claim_end():
            self._end("cancelled", self._tokens_used())

    def release(self) -> None:
        """Give everything back without an attempt: nothing was sent, nothing is recorded."""
        if self._claim_end():
            self._give_back(None)

    def _claim_end(self) -> bool:
        try:
            self._pending.pop()  # in one step: another thread may end it as well
        except IndexError:
            return False
        return self._generation == forks.generation  # else it is the parent's to end

    def _pause(self, error: AiLibError) -> None:
        if self.quota is not None and isinstance(error, RemoteError) and error.retry_after:
            self.quota.pause_until(self._clock() + min(error.retry_after, MAX_PAUSE_SECONDS))

    def _tokens_used(self) -> float:
        """Return the tokens of the response: as the provider says, else as reserved."""
        reported = self.usage.total_tokens if self.usage is not None else 0
        reserved = self.reservation.tokens if self.reservation is not None else 0.0
        return reported or reserved

    def _tokens_used_by(self, error: AiLibError) -> float | None:
        if isinstance(error, ResilienceError | CredentialError):
            return None
        if isinstance(error, TransportError) and not error.request_sent:
            return None
        if isinstance(error, RemoteError) and self.usage is None:
            return 0.0
        return self._tokens_used()

    def _end(self, ended: str, tokens: float | None, error: AiLibError | None = None) -> None:
        self._give_back(tokens)
        self._attempt_log.record(
            Attempt(
                provider=self._provider,
                model=self._model,
                ended=ended,
                error=type(error).__name__ if error is not None else None,
                status_code=error.status_code if isinstance(error, RemoteError) else None,
                retry_after=error.retry_after if isinstance(error, RemoteError) else None,
                request_id=self.request_id,
                sent=not isinstance(error, ResilienceError | CredentialError),
                in_doubt=_may_be_billed(error),
                waited_ms=self._waited * 1000,
                latency_ms=(self._clock() - self._began) * 1000,
                usage=self.usage or Usage(),
                is_estimate=self.is_estimate,
            )
        )

    def _give_back(self, tokens: float | None) -> None:
        """Release what is held. `tokens` were used, None says that nothing reached the provider."""
        if self.circuit_permit is not None:
            self.circuit_permit.release()
        if self.quota is not None and self.reservation is not None:
            if tokens is None:
                self.quota.refund(self.reservation)
            else:
                self.quota.settle(self.reservation, tokens)
        if self.slot is not None:
            self.slot.release()

    def __del__(self) -> None:
        self.abandon()


def _may_be_billed(error: AiLibError | None) -> bool:
    """Whether the provider may have worked on what it was sent, and be paid for it."""
    if isinstance(error, TransportError):
        return error.request_sent
    return isinstance(error, StreamTruncated)
