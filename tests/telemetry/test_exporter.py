"""Prometheus reads what is exported: its own parser and its own registry say so."""

import builtins
import http.client
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from urllib.error import HTTPError
from urllib.request import urlopen

import prometheus_client
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ai_lib.errors import AiLibError, RequestError, TransportError
from ai_lib.telemetry import MetricLabels, MetricsCollector, PrometheusExporter
from ai_lib.telemetry.metrics.prometheus_text import format_number

STRANGE = 'a"b\\c\nd{e}=,'
BASE = {"provider": "p", "model": STRANGE, "endpoint": "chat", "status": "success"}
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def filled() -> MetricsCollector:
    collector = MetricsCollector(buckets=[0.5, 1.0])
    labels = MetricLabels(provider="p", model=STRANGE, endpoint="chat")
    for latency in (0.5, 0.75, 3.0):
        collector.record_request(
            labels, latency, tokens_in=10, tokens_out=4, time_to_first_token=0.25, cost=0.5
        )
    collector.record_start(labels)
    collector.record_retry(labels, 2)
    collector.record_attempt(MetricLabels(provider="p", model="m", status="rate_limited"), 1.5)
    return collector


def samples(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(name: str, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return name, tuple(sorted({**BASE, **labels}.items()))


def test_the_parser_of_prometheus_reads_every_sample() -> None:
    found = samples(filled().to_prometheus())

    assert found[of("ai_lib_requests_total")] == 3
    duration = "ai_lib_request_duration_seconds"
    assert found[of(f"{duration}_bucket", le="0.5")] == 1
    assert found[of(f"{duration}_bucket", le="1")] == 2
    assert found[of(f"{duration}_bucket", le="+Inf")] == 3
    assert found[of(f"{duration}_count")] == 3
    assert found[of(f"{duration}_sum")] == 4.25
    assert found[of("ai_lib_time_to_first_token_seconds_bucket", le="0.5")] == 3
    assert found[of("ai_lib_tokens_total", type="input")] == 30
    assert found[of("ai_lib_tokens_total", type="output")] == 12
    assert found[of("ai_lib_cost_total", currency="USD")] == 1.5
    flying = tuple(sorted({**BASE, "status": ""}.items()))
    flying = tuple(pair for pair in flying if pair[1])
    assert found["ai_lib_requests_in_flight", flying] == 1
    assert found["ai_lib_retries_total", flying] == 2
    waited = (("model", "m"), ("provider", "p"), ("status", "rate_limited"))
    assert found["ai_lib_attempts_total", waited] == 1
    assert found["ai_lib_attempt_wait_seconds_total", waited] == 1.5


def test_every_family_has_its_type_and_help() -> None:
    text = filled().to_prometheus()
    kinds = {family.name: family.type for family in text_string_to_metric_families(text)}

    assert kinds == {
        "ai_lib_requests": "counter",
        "ai_lib_request_duration_seconds": "histogram",
        "ai_lib_time_to_first_token_seconds": "histogram",
        "ai_lib_tokens": "counter",
        "ai_lib_cost": "counter",
        "ai_lib_retries": "counter",
        "ai_lib_attempts": "counter",
        "ai_lib_attempt_wait_seconds": "counter",
        "ai_lib_requests_in_flight": "gauge",
    }
    assert text.endswith("\n")
    assert text.count("# HELP ") == text.count("# TYPE ") == len(kinds)


@pytest.mark.parametrize(
    ("number", "text"),
    [(3.0, "3"), (0.25, "0.25"), (999_999_999_999_999.0, "999999999999999"), (1e16, "1e+16")],
)
def test_a_number_is_whole_as_long_as_it_is_short(number: float, text: str) -> None:
    assert format_number(number) == text


def test_an_empty_collector_gives_an_empty_page() -> None:
    assert MetricsCollector().to_prometheus() == ""


def test_it_serves_while_started_and_only_then() -> None:
    collector, before = filled(), threading.active_count()
    exporter = PrometheusExporter(collector, port=0)
    assert (threading.active_count(), exporter.is_running) == (before, False)
    with exporter:
        assert exporter.is_running
        with urlopen(exporter.endpoint, timeout=10) as reply:
            assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
            assert reply.read().decode() == collector.to_prometheus()
        with pytest.raises(HTTPError) as caught:
            urlopen(f"http://127.0.0.1:{exporter.port}/other", timeout=10)
        assert caught.value.code == 404
        caught.value.close()
        line = http.client.HTTPConnection("127.0.0.1", exporter.port, timeout=10)
        line.request("HEAD", "/metrics?x=1")
        assert line.getresponse().status == 200
        line.close()
    assert not exporter.is_running
    exporter.stop()


def test_a_port_that_is_taken_is_said_so() -> None:
    with PrometheusExporter(MetricsCollector(), port=0) as first:
        second = PrometheusExporter(MetricsCollector(), port=first.port)
        with pytest.raises(TransportError, match="choose another port"):
            second.start()
        assert not second.is_running


def test_it_writes_a_file_in_one_step(tmp_path: Path) -> None:
    place = tmp_path / "ai.prom"
    place.write_text("old")
    PrometheusExporter(filled()).write(place)
    assert samples(place.read_text(encoding="utf-8"))[of("ai_lib_requests_total")] == 3
    assert list(tmp_path.iterdir()) == [place]


def test_a_registry_of_prometheus_client_takes_it_in() -> None:
    registry = prometheus_client.CollectorRegistry()
    collector = filled()
    PrometheusExporter(collector).register(registry)
    theirs = samples(prometheus_client.generate_latest(registry).decode())
    ours = samples(collector.to_prometheus())
    assert {key: value for key, value in theirs.items() if "_bucket" not in key[0]} == {
        key: value for key, value in ours.items() if "_bucket" not in key[0]
    }
    assert theirs[of("ai_lib_request_duration_seconds_bucket", le="+Inf")] == 3


def test_without_prometheus_client_registering_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Sequence[object]) -> ModuleType:
        if name.startswith("prometheus_client"):
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RequestError, match="pip install") as caught:
        PrometheusExporter(MetricsCollector()).register()
    assert isinstance(caught.value, AiLibError)
