"""What came of attempts says how a provider does."""

import pytest

from ai_lib.telemetry import HealthStatus, ProviderHealthTracker


class Clock:
    """Stands still until told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_share_that_failed_decides() -> None:
    tracker = ProviderHealthTracker(clock=Clock())
    assert tracker.status("p") is HealthStatus.UNKNOWN
    assert tracker.is_healthy("p")
    for _ in range(19):
        tracker.record("p", True, 100.0, model="m")
    tracker.record("p", False, model="m")
    assert tracker.status("p") is HealthStatus.HEALTHY  # 1 of 20
    tracker.record("p", False, model="m")
    assert tracker.status("p") is HealthStatus.HEALTHY  # 2 of 21, 9.5 %
    tracker.record("p", False, model="m")
    assert tracker.status("p") is HealthStatus.DEGRADED  # 3 of 22
    for _ in range(16):
        tracker.record("p", False, model="m")
    assert tracker.status("p") is HealthStatus.UNHEALTHY  # 19 of 38
    assert not tracker.is_healthy("p")
    health = tracker.health("p", "m")
    assert (health.attempts, health.failures, health.error_rate) == (38, 19, 0.5)
    assert health.avg_latency_ms == pytest.approx(100)


def test_models_are_judged_apart_and_together() -> None:
    tracker = ProviderHealthTracker(clock=Clock())
    tracker.record("p", False, model="bad")
    tracker.record("p", True, model="good")
    tracker.record("q", True)
    assert tracker.status("p", "bad") is HealthStatus.UNHEALTHY
    assert tracker.status("p", "good") is HealthStatus.HEALTHY
    assert tracker.health("p").error_rate == 0.5
    assert tracker.providers() == ["p", "q"]
    tracker.reset()
    assert tracker.providers() == []


def test_what_is_long_ago_is_forgotten_and_the_window_is_bounded() -> None:
    clock = Clock()
    tracker = ProviderHealthTracker(clock=clock, window=3, horizon_seconds=60)
    for ok in (True, False, False, False):
        tracker.record("p", ok)
    assert tracker.health("p").failures == 3
    clock.now += 61
    assert tracker.status("p") is HealthStatus.UNKNOWN


def test_the_number_of_models_is_bounded() -> None:
    tracker = ProviderHealthTracker(clock=Clock(), max_targets=2)
    for model in ("a", "b", "a", "c"):
        tracker.record("p", True, model=model)
    assert tracker.health("p", "b").attempts == 0
    assert tracker.health("p", "a").attempts == 2


@pytest.mark.parametrize(
    "wrong", [{"degraded": 0.9}, {"unhealthy": 2}, {"window": 0}, {"horizon_seconds": 0}]
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        ProviderHealthTracker(**wrong)  # type: ignore[arg-type]
