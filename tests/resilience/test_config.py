"""Configurations: both sets of fields, the ready-made ones, the environment."""

import msgspec
import pytest

from ai_lib.errors import RequestError
from ai_lib.resilience import (
    BackpressureConfig,
    CircuitBreakerConfig,
    FallbackConfig,
    RateLimiterConfig,
    ResilientConfig,
    RetryConfig,
)


def test_four_numbers_are_four_patterns() -> None:
    config = ResilientConfig(
        max_retries=3, rate_limit_rps=10, circuit_breaker_threshold=5, max_inflight=50
    )
    assert config.retry == RetryConfig(max_retries=3)
    assert config.rate_limit == RateLimiterConfig(requests_per_second=10, burst_size=15)
    assert config.circuit_breaker == CircuitBreakerConfig(failure_threshold=5)
    assert config.backpressure == BackpressureConfig(max_concurrent=50)


def test_a_number_refines_the_object_beside_it() -> None:
    config = ResilientConfig(
        retry=RetryConfig(min_delay_ms=5),
        max_retries=1,
        rate_limit=RateLimiterConfig(tokens_per_minute=1000),
        rate_limit_rps=2,
        circuit_breaker=CircuitBreakerConfig(cooldown_seconds=1),
        circuit_breaker_threshold=9,
        backpressure=BackpressureConfig(queue_timeout=3),
        max_inflight=4,
    )
    assert config.retry == RetryConfig(min_delay_ms=5, max_retries=1)
    assert config.rate_limit == RateLimiterConfig(
        requests_per_second=2, burst_size=3, tokens_per_minute=1000
    )
    assert config.circuit_breaker == CircuitBreakerConfig(cooldown_seconds=1, failure_threshold=9)
    assert config.backpressure == BackpressureConfig(queue_timeout=3, max_concurrent=4)


def test_the_ready_made_ones() -> None:
    assert not ResilientConfig().is_on
    minimal = ResilientConfig.minimal()
    assert minimal.retry == RetryConfig(max_retries=2)
    assert minimal.circuit_breaker is minimal.rate_limit is minimal.backpressure is None
    production = ResilientConfig.production()
    assert production.retry == RetryConfig(max_retries=3, min_delay_ms=1000, max_delay_ms=30000)
    assert production.rate_limit == RateLimiterConfig.from_rps(10)
    assert production.circuit_breaker == CircuitBreakerConfig.default()
    assert production.backpressure == BackpressureConfig(max_concurrent=10)
    default = ResilientConfig.default()
    assert default.rate_limit == RateLimiterConfig.no_limit()
    assert default.is_on


def test_the_environment_switches_patterns_on() -> None:
    config = ResilientConfig.from_env(
        {
            "AI_LIB_MAX_INFLIGHT": "7",
            "AI_LIB_QUEUE_TIMEOUT": "1.5",
            "AI_LIB_RPS": "0.5",
            "AI_LIB_BREAKER_COOLDOWN_SECS": "12",
        }
    )
    assert config.retry is None
    assert config.backpressure == BackpressureConfig(max_concurrent=7, queue_timeout=1.5)
    assert config.rate_limit == RateLimiterConfig(requests_per_second=0.5, burst_size=1)
    assert config.circuit_breaker == CircuitBreakerConfig(failure_threshold=5, cooldown_seconds=12)
    assert ResilientConfig.from_env({}) == ResilientConfig()


def test_one_variable_brings_the_readmes_defaults_for_the_rest() -> None:
    config = ResilientConfig.from_env({"AI_LIB_BREAKER_FAILURE_THRESHOLD": "2"})
    assert config.circuit_breaker == CircuitBreakerConfig(failure_threshold=2, cooldown_seconds=30)
    config = ResilientConfig.from_env({"AI_LIB_QUEUE_TIMEOUT": "0"})
    assert config.backpressure == BackpressureConfig(max_concurrent=10, queue_timeout=0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AI_LIB_RPS", "fast"),
        ("AI_LIB_RPS", "-1"),
        ("AI_LIB_RPS", "inf"),
        ("AI_LIB_MAX_INFLIGHT", "1.5"),
        ("AI_LIB_BREAKER_FAILURE_THRESHOLD", "0"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(RequestError, match=name):
        ResilientConfig.from_env({name: value})


def test_what_one_leaves_open_the_other_fills() -> None:
    mine = ResilientConfig(max_retries=1, fallback=FallbackConfig(delay_between_targets_ms=5))
    both = mine.over(ResilientConfig(max_retries=9, max_inflight=2))
    assert both.retry == RetryConfig(max_retries=1)
    assert both.backpressure == BackpressureConfig(max_concurrent=2)
    assert both.fallback == mine.fallback


@pytest.mark.parametrize(
    "make",
    [
        lambda: RetryConfig(max_retries=-1),
        lambda: RateLimiterConfig(requests_per_second=-1),
        lambda: RateLimiterConfig(burst_size=0),
        lambda: CircuitBreakerConfig(failure_threshold=0),
        lambda: BackpressureConfig(max_concurrent=-1),
        lambda: FallbackConfig(max_attempts_per_target=0),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(make: object) -> None:
    with pytest.raises(ValueError):
        make()  # type: ignore[operator]


def test_rates_a_second_and_a_minute() -> None:
    assert RateLimiterConfig.from_rps(10).burst == 15
    assert RateLimiterConfig.from_rps(0.5).burst == 1
    per_minute = RateLimiterConfig.from_rpm(60, tokens_per_minute=1000)
    assert per_minute.requests_per_second == 1.0
    assert per_minute.requests_per_minute == 60
    assert per_minute.tokens_per_minute == 1000


def test_configurations_are_values() -> None:
    config = ResilientConfig.production()
    assert msgspec.structs.replace(config, max_inflight=3).backpressure == BackpressureConfig(
        max_concurrent=3
    )
