"""What is counted, and what is made of it."""

import gc
import threading

import pytest

from ai_lib.telemetry import MetricLabels, MetricsCollector, Observation
from ai_lib.telemetry.deferred_apply import DeferredApply
from ai_lib.types import Usage

MINI = MetricLabels(provider="p", model="mini")
LARGE = MetricLabels(provider="p", model="large")


def test_a_snapshot_counts_and_gives_quantiles_by_nearest_rank() -> None:
    collector = MetricsCollector()
    for hundredth in range(1, 101):
        collector.record_request(MINI, latency=hundredth / 100, tokens_in=2, tokens_out=1)
    collector.record_request(LARGE, latency=9.0, status="error", retries=2)

    snapshot = collector.get_snapshot(MINI)
    assert snapshot.total_requests == 100
    assert snapshot.latency_p50_ms == pytest.approx(500)
    assert snapshot.latency_p90_ms == pytest.approx(900)
    assert snapshot.latency_p99_ms == pytest.approx(990)
    assert snapshot.avg_latency_ms == pytest.approx(505)
    assert (snapshot.tokens_in, snapshot.tokens_out, snapshot.total_tokens) == (200, 100, 300)
    whole = collector.get_snapshot()
    assert (whole.total_requests, whole.failed_requests, whole.retries) == (101, 1, 2)
    assert whole.error_rate == pytest.approx(1 / 101)


def test_one_request_is_all_of_its_quantiles_and_none_are_zero() -> None:
    collector = MetricsCollector()
    assert collector.get_snapshot().latency_p99_ms == 0.0
    assert collector.get_snapshot().avg_latency_ms == 0.0
    assert collector.get_snapshot().error_rate == 0.0
    assert collector.get_snapshot().time_to_first_token_p50_ms is None
    collector.record_request(MINI, latency=0.25, time_to_first_token=0.1)
    assert collector.get_snapshot().latency_p99_ms == pytest.approx(250)
    assert collector.get_snapshot().time_to_first_token_p90_ms == pytest.approx(100)


def test_the_latest_values_stand_for_all_of_their_labels() -> None:
    collector = MetricsCollector(window=2)
    for latency in (9.0, 9.0, 1.0, 2.0):
        collector.record_request(MINI, latency=latency)
    collector.record_request(LARGE, latency=5.0)
    # 1 and 2 stand for two requests each, 5 for one.
    assert collector.get_snapshot().latency_p50_ms == pytest.approx(2000)
    assert collector.get_snapshot().latency_p90_ms == pytest.approx(5000)


def test_an_unknown_price_is_never_nothing() -> None:
    collector = MetricsCollector()
    collector.record_request(MINI, latency=1, tokens_in=5, cost=0.25)
    assert collector.get_snapshot().cost == 0.25
    collector.record_request(MINI, latency=1, tokens_in=5)
    assert collector.get_snapshot().cost is None
    assert collector.get_snapshot().costs == {"USD": 0.25}
    assert collector.get_snapshot().requests_of_unknown_cost == 1


def test_in_flight_goes_up_and_down_and_outlives_a_reset() -> None:
    collector = MetricsCollector()
    collector.record_start(MINI)
    collector.record_start(MINI)
    collector.record_end(MINI)
    collector.reset()
    assert collector.get_snapshot().in_flight == 1
    assert collector.get_snapshot(LARGE).in_flight == 0


def test_labels_are_bounded_and_nothing_is_lost() -> None:
    collector = MetricsCollector(max_series=3)
    for number in range(50):
        collector.record_request(MetricLabels(provider="p", model=f"m{number}"), latency=1)
    collector.record_request(MetricLabels(provider="p", model="x" * 5000), latency=1)
    assert collector.get_snapshot().total_requests == 51
    labels = collector.get_all_labels()
    assert len(labels) == 4
    assert MetricLabels(provider="other", model="other", status="success") in labels


@pytest.mark.parametrize(
    "wrong",
    [
        {"latency": -1.0},
        {"latency": float("nan")},
        {"latency": 1.0, "status": "fine"},
        {"latency": 1.0, "tokens_in": -5},
        {"latency": 1.0, "cost": float("inf")},
    ],
)
def test_figures_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    collector = MetricsCollector()
    with pytest.raises(ValueError):
        collector.record_request(MINI, **wrong)  # type: ignore[arg-type]
    assert collector.get_snapshot().total_requests == 0


@pytest.mark.parametrize(
    "wrong", [{"buckets": [2, 1]}, {"buckets": []}, {"namespace": "a-b"}, {"max_series": 0}]
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        MetricsCollector(**wrong)  # type: ignore[arg-type]


def test_threads_lose_nothing() -> None:
    collector = MetricsCollector()
    seen = Observation(
        labels=MetricLabels(provider="p", status="success"),
        seconds=1.0,
        usage=Usage(prompt_tokens=1, completion_tokens=1, total_tokens=2),
    )

    def work() -> None:
        for _ in range(500):
            collector.observe(seen)
            collector.get_snapshot()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert collector.get_snapshot().total_requests == 4000
    assert collector.get_snapshot().tokens_in == 4000


def test_a_finalizer_that_runs_under_the_lock_neither_hangs_nor_is_lost() -> None:
    taken: list[int] = []
    inbox: DeferredApply[int] = DeferredApply(taken.append)

    class Forgotten:
        def __del__(self) -> None:
            inbox.put(2)

    ring: list[object] = [Forgotten()]
    ring.append(ring)
    del ring
    with inbox.lock_applied():
        gc.collect()
        assert taken == []
    assert taken == [2]
