"""When a failed attempt may be made again, and how long to wait before."""

from __future__ import annotations

import enum
import random
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

import msgspec

from ai_lib._lazy import LazyReader
from ai_lib.errors.classification import classify_http_error
from ai_lib.errors.codes import STANDARD_ERROR_CODES
from ai_lib.errors.exceptions import (
    AiLibError,
    ConnectError,
    CredentialError,
    RemoteError,
    ResilienceError,
    TransportError,
    TransportTimeout,
)
from ai_lib.protocol.manifest.model import RetryRules
from ai_lib.types.json import JsonObject

if TYPE_CHECKING:
    from tenacity import RetryCallState
    from tenacity.wait import wait_base

_STATUSES: Final = frozenset({429, 500, 502, 503, 504})
_CLASSES: Final = frozenset(code.name for code in STANDARD_ERROR_CODES if code.retryable)
_FOREVER: Final = float("inf")


class JitterStrategy(str, enum.Enum):
    """The spread of a delay d: none, over 0..d, or over d/2..d."""

    NONE = "none"
    FULL = "full"
    EQUAL = "equal"


class BackoffStrategy(str, enum.Enum):
    """The growth of delays: `base ** n`, `n`, or none (AI-Protocol, `retry_policy.strategy`)."""

    EXPONENTIAL = "exponential_backoff"
    LINEAR = "linear_backoff"
    FIXED = "fixed_delay"


class RetryConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of retries: which errors, how often and after how long.

    - `max_retries` counts attempts after the first, of one target.
    - Delays start at `min_delay_ms` and never exceed `max_delay_ms`. A longer Retry-After is not
      waited for: the call fails, or goes to its fallback, at once.
    - An error is tried again when its standard class is in `retry_on_error_class`, its HTTP status
      in `retry_on_status` (unless its class is another than its status means),
      or its canonical status in `retry_on_error_status`. `x-should-retry` overrules all.
    - `retry_in_doubt` allows sending a request again that the provider may have received and
      worked on already: the response may be paid for twice.
    """

    max_retries: int = 3
    min_delay_ms: int = 1000
    max_delay_ms: int = 60000
    jitter: JitterStrategy = JitterStrategy.FULL
    strategy: BackoffStrategy = BackoffStrategy.EXPONENTIAL
    exponential_base: float = 2.0
    retry_on_status: Collection[int] = _STATUSES
    retry_on_error_class: Collection[str] = _CLASSES
    retry_on_error_status: Collection[str] = ()
    retry_in_doubt: bool = False

    def __post_init__(self) -> None:
        if not all(n >= 0 for n in (self.max_retries, self.min_delay_ms, self.max_delay_ms)):
            raise ValueError("max_retries and delays can't be negative")
        if not 0 < self.exponential_base < _FOREVER:
            raise ValueError("exponential_base must be a finite number above 0")
        # A word that is no strategy is a mistake to report at once.
        msgspec.structs.force_setattr(self, "jitter", JitterStrategy(self.jitter))
        msgspec.structs.force_setattr(self, "strategy", BackoffStrategy(self.strategy))

    @classmethod
    def no_retry(cls) -> RetryConfig:
        """Make one attempt and no more."""
        return cls(max_retries=0)

    @classmethod
    def from_protocol(cls, policy: JsonObject | None) -> RetryConfig:
        """Read a manifest's `retry_policy` as it is written; without one, there are no retries.

        Raises:
            ValueError: the protocol does not allow a strategy, jitter or number.
        """
        if not policy:
            return cls.no_retry()
        names = {"retry_on_http_status": "http_status", "retry_on_error_status": "error_status"}
        names["retry_on_error_code"] = "error_code"
        settings = {
            names.get(name, name): value for name, value in policy.items() if value is not None
        }
        return cls.from_manifest(msgspec.convert(settings, RetryRules, strict=False))

    @classmethod
    def from_manifest(cls, rules: RetryRules | None) -> RetryConfig:
        """Read a manifest's rules; without rules, there are no retries."""
        if rules is None or rules.strategy == "none":
            return cls.no_retry()
        counts = {
            "max_retries": rules.max_retries,
            "min_delay_ms": rules.min_delay_ms,
            "max_delay_ms": rules.max_delay_ms,
        }
        config = cls(
            strategy=BackoffStrategy(rules.strategy),
            jitter=JitterStrategy(rules.jitter),
            retry_on_status=rules.http_status,
            retry_on_error_status=rules.error_status,
            # The classes a manifest names come on top of those the protocol makes retryable.
            retry_on_error_class=_CLASSES | rules.error_code,
        )
        settings = {name: count for name, count in counts.items() if count is not None}
        return msgspec.structs.replace(config, **settings)


class RetryPolicy:
    """Decide for one failed attempt after the other; nothing is kept between them.

    The delays and the conditions that end a call are tenacity's `wait_*` and `stop_*` strategies.
    They are imported when the first attempt fails.
    """

    def __init__(
        self,
        config: RetryConfig | None = None,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.config = config or RetryConfig()
        self._chance = chance

    def should_retry(
        self, error: BaseException, attempt: int = 0, *, repeatable: bool = False
    ) -> bool:
        """Say whether to try again after `attempt` retries (0 after the first attempt).

        `repeatable` says that doing the request twice does no harm, as with an idempotency key.
        """
        if not isinstance(error, AiLibError) or attempt >= self.config.max_retries:
            return False
        # What our own protection refused would be refused again, and another attempt has no key
        # either. A silence of 15 minutes is not waited for once more.
        if isinstance(error, ResilienceError | CredentialError) or is_silence(error):
            return False
        if isinstance(error, ConnectError) and error.is_lasting:
            return False
        if is_in_doubt(error) and not (repeatable or self.config.retry_in_doubt):
            return False
        if isinstance(error, RemoteError):
            advice = error.should_retry
            return self._is_listed(error) if advice is None else advice
        return error.standard_code.name in self.config.retry_on_error_class

    def _is_listed(self, error: RemoteError) -> bool:
        config = self.config
        if error.standard_code.name in config.retry_on_error_class:
            return True
        if {error.code, error.type}.intersection(config.retry_on_error_status):
            return True
        usual = classify_http_error(error.status_code)
        return error.status_code in config.retry_on_status and error.standard_code == usual

    def next_delay(
        self,
        error: BaseException,
        attempt: int = 0,
        *,
        repeatable: bool = False,
        seconds_left: float = _FOREVER,
    ) -> float | None:
        """Return the seconds to wait before the next attempt, or None when there is none.

        There is none when the error is not one to try again after, when the wait is longer than
        `max_delay_ms`, or when it would use up the `seconds_left` of the call.
        """
        if not self.should_retry(error, attempt, repeatable=repeatable):
            return None
        from tenacity import stop_before_delay

        state = _call_state(attempt)
        state.upcoming_sleep = delay = self.delay_after(error, attempt)
        ends_call = self.is_too_long(delay) or stop_before_delay(seconds_left)(state)
        return None if ends_call else delay

    def calculate_delay(self, attempt: int = 0, retry_after: float | None = None) -> float:
        """Return the seconds to wait before the retry that follows `attempt` retries.

        A `retry_after` is what the provider asked for and is returned as it is.
        """
        if retry_after is not None:
            return retry_after
        delay = self._wait(_call_state(attempt))
        if self.config.jitter is JitterStrategy.FULL:
            return delay * self._chance()
        if self.config.jitter is JitterStrategy.EQUAL:
            return delay / 2 * (1 + self._chance())
        return delay

    def delay_after(self, error: BaseException, attempt: int = 0) -> float:
        """Return the seconds to wait before trying again after this error."""
        return self.calculate_delay(attempt, get_retry_after(error))

    def is_too_long(self, delay: float) -> bool:
        """Whether a delay is over the cap, so that waiting for it is refused."""
        return delay * 1000 > self.config.max_delay_ms

    @LazyReader
    def _wait(self) -> wait_base:
        from tenacity import wait_exponential, wait_fixed, wait_incrementing

        config = self.config
        delay, cap = config.min_delay_ms / 1000, config.max_delay_ms / 1000
        if config.strategy is BackoffStrategy.LINEAR:
            return wait_incrementing(start=delay, increment=delay, max=cap)
        if config.strategy is BackoffStrategy.FIXED:
            return wait_fixed(min(delay, cap))
        return wait_exponential(multiplier=delay, exp_base=float(config.exponential_base), max=cap)


def _call_state(retries: int) -> RetryCallState:
    """Return the argument of tenacity's strategies. For them the call starts now."""
    from tenacity import RetryCallState, Retrying

    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = retries + 1
    state.outcome_timestamp = state.start_time
    return state


def is_silence(error: AiLibError) -> bool:
    """Whether a stream's silence behind keep-alives, or that of a source of keys, was too long."""
    names = ("content_silence", "credential")
    return isinstance(error, TransportTimeout) and error.timeout_name in names


def is_in_doubt(error: AiLibError) -> bool:
    """Whether the provider may have done the work although no response came."""
    return isinstance(error, TransportError) and error.request_sent


def get_retry_after(error: BaseException) -> float | None:
    """Return the seconds the provider asked to wait, or None when it did not."""
    return error.retry_after if isinstance(error, RemoteError) else None
