"""A retry policy in the words of tenacity, for one call."""

from collections.abc import Callable

import tenacity

from ai_lib.errors.exceptions import AiLibError
from ai_lib.resilience.attempt_log import AttemptLog
from ai_lib.resilience.retry import RetryPolicy


class Rules:
    """Retry, wait and stop of one call. Attempts are counted from 1 by tenacity, from 0 by us.

    `spent` is how many retries the call has made before.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        ledger: AttemptLog,
        clock: Callable[[], float],
        on_retry: Callable[[int, AiLibError, float], object] | None,
        spent: int = 0,
    ) -> None:
        self._policy = policy
        self._ledger = ledger
        self._clock = clock
        self._on_retry = on_retry
        self._spent = spent

    def retry(self, state: tenacity.RetryCallState) -> bool:
        """Say whether the error is one to try again after; a cancellation never is."""
        error = _error(state)
        if self._ledger.is_last or not isinstance(error, Exception):
            return False
        return self._policy.should_retry(
            error, self._number(state), repeatable=self._ledger.repeatable
        )

    def wait(self, state: tenacity.RetryCallState) -> float:
        """Return the seconds until the next attempt."""
        error = _error(state)
        return 0.0 if error is None else self._policy.delay_after(error, self._number(state))

    def _number(self, state: tenacity.RetryCallState) -> int:
        return self._spent + state.attempt_number - 1

    def stop(self, state: tenacity.RetryCallState) -> bool:
        """Stop when the wait is longer than the policy or the call's deadline allows."""
        delay = state.upcoming_sleep
        late = self._clock() + delay >= self._ledger.ends
        return late or self._policy.is_too_long(delay)

    def before_sleep(self, state: tenacity.RetryCallState) -> None:
        """Tell whoever wants to know."""
        error = _error(state)
        if self._on_retry is not None and isinstance(error, AiLibError):
            self._on_retry(state.attempt_number, error, state.upcoming_sleep)


def _error(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None
