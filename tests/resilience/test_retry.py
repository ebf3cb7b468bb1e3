"""When an error is tried again, and after how long."""

import pytest

from ai_lib.errors import (
    CircuitOpenError,
    ConnectError,
    ConnectionLost,
    DecodeError,
    RemoteError,
    RequestError,
    TransportTimeout,
    classify_http_error,
    standard_code,
)
from ai_lib.resilience import JitterStrategy, RetryConfig, RetryPolicy

MANIFEST = {
    "strategy": "exponential_backoff",
    "max_retries": 3,
    "min_delay_ms": 1000,
    "max_delay_ms": 30000,
    "retry_on_http_status": [429, 500, 502, 503],
    "notes": ["Retry 500 after a brief wait."],
}


def answered(status: int, word: str | None = None, **facts: object) -> RemoteError:
    code = standard_code(word) if word else classify_http_error(status)
    return RemoteError("no", status_code=status, standard_code=code, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (answered(429), True),
        (answered(500), True),
        (answered(503), True),
        (answered(529), True),
        (answered(408), True),
        (answered(409), True),
        (answered(400), False),
        (answered(401), False),
        (answered(413), False),
        (answered(404), False),
        (answered(429, "quota_exhausted"), False),
        (answered(403, "quota_exhausted"), False),
        (answered(200, "overloaded"), True),
        (answered(429, should_retry=False), False),
        (answered(400, should_retry=True), True),
        (ConnectError("refused"), True),
        (ConnectionLost("before anything was sent"), True),
        (TransportTimeout("late", timeout_name="connect", seconds=1.0), True),
        (DecodeError("<html>"), True),
        (RequestError("no messages"), False),
        (CircuitOpenError("open"), False),
        (ValueError("not ours"), False),
        (KeyboardInterrupt(), False),
    ],
    ids=repr,
)
def test_what_is_tried_again(error: BaseException, again: bool) -> None:
    assert RetryPolicy(RetryConfig.from_protocol(MANIFEST)).should_retry(error) is again


@pytest.mark.parametrize(
    "error",
    [
        ConnectionLost("reset", request_sent=True),
        TransportTimeout("late", timeout_name="first_token", seconds=1.0, request_sent=True),
    ],
    ids=repr,
)
def test_a_request_in_doubt_is_repeated_only_where_that_is_safe(error: Exception) -> None:
    policy = RetryPolicy(RetryConfig())
    assert not policy.should_retry(error)
    assert policy.should_retry(error, repeatable=True)
    assert RetryPolicy(RetryConfig(retry_in_doubt=True)).should_retry(error)


@pytest.mark.parametrize(("attempt", "again"), [(0, True), (2, True), (3, False), (9, False)])
def test_retries_are_counted_after_the_first_attempt(attempt: int, again: bool) -> None:
    policy = RetryPolicy(RetryConfig.from_protocol(MANIFEST))
    assert policy.should_retry(answered(429), attempt) is again


def test_a_status_of_the_manifest_counts_unless_the_body_said_more() -> None:
    policy = RetryPolicy(RetryConfig.from_protocol({**MANIFEST, "retry_on_http_status": [404]}))
    assert policy.should_retry(answered(404))
    assert not policy.should_retry(answered(404, "authentication"))


def test_canonical_status_words_of_the_manifest_count() -> None:
    policy = RetryPolicy(RetryConfig(retry_on_error_status={"ABORTED"}))
    assert policy.should_retry(answered(400, code="ABORTED"))
    assert not policy.should_retry(answered(400, code="OTHER"))


def test_what_the_caller_does_not_want_is_not_tried_again() -> None:
    config = RetryConfig(retry_on_error_class={"server_error"}, retry_on_status=())
    assert not RetryPolicy(config).should_retry(answered(429))
    assert RetryPolicy(config).should_retry(answered(500))


@pytest.mark.parametrize(
    ("strategy", "seconds"),
    [
        ("exponential_backoff", [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]),
        ("linear_backoff", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        ("fixed_delay", [1.0] * 6),
    ],
)
def test_delays_grow_as_the_manifest_says(strategy: str, seconds: list[float]) -> None:
    config = RetryConfig.from_protocol(
        {"strategy": strategy, "min_delay_ms": 1000, "max_delay_ms": 10000, "jitter": "none"}
    )
    assert [RetryPolicy(config).calculate_delay(n) for n in range(6)] == seconds


@pytest.mark.parametrize(
    ("jitter", "chance", "seconds"),
    [
        ("none", 0.25, 2.0),
        ("full", 0.0, 0.0),
        ("full", 0.25, 0.5),
        ("full", 1.0, 2.0),
        ("equal", 0.0, 1.0),
        ("equal", 0.5, 1.5),
        ("equal", 1.0, 2.0),
    ],
)
def test_jitter_spreads_a_delay_of_two_seconds(jitter: str, chance: float, seconds: float) -> None:
    config = RetryConfig(min_delay_ms=1000, jitter=JitterStrategy(jitter))
    assert RetryPolicy(config, chance=lambda: chance).calculate_delay(1) == seconds


def test_a_very_late_attempt_does_not_overflow() -> None:
    assert RetryPolicy(RetryConfig(jitter=JitterStrategy.NONE)).calculate_delay(10**6) == 60.0


def test_retry_after_is_kept_as_it_is_and_refused_over_the_cap() -> None:
    policy = RetryPolicy(RetryConfig(max_delay_ms=8000))
    assert policy.delay_after(answered(429, retry_after=7.5)) == 7.5
    assert policy.delay_after(answered(429, retry_after=0.0)) == 0.0
    assert not policy.is_too_long(8.0)
    assert policy.is_too_long(3600.0)


@pytest.mark.parametrize("policy", [None, {}, {"strategy": "none", "max_retries": 5}])
def test_without_a_policy_nothing_is_tried_again(policy: dict[str, object] | None) -> None:
    assert RetryConfig.from_protocol(policy).max_retries == 0


@pytest.mark.parametrize(
    "policy", [{"strategy": "hope"}, {"jitter": "some"}, {"max_retries": -1}], ids=repr
)
def test_a_policy_that_makes_no_sense_is_refused(policy: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        RetryConfig.from_protocol({"strategy": "fixed_delay", **policy})
