"""The counts of a collector, and their metric families for Prometheus."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal

import msgspec

from ai_lib.telemetry.metrics.histogram import Histogram
from ai_lib.telemetry.metrics.observation import MetricLabels
from ai_lib.telemetry.metrics.prometheus_text import Buckets, Family, Sample
from ai_lib.telemetry.metrics.series import Series

Kind = Literal["counter", "gauge", "histogram"]


class Counts:
    """All counts of a collector, by labels."""

    def __init__(self) -> None:
        self.requests: dict[MetricLabels, Series] = {}
        self.in_flight: dict[MetricLabels, int] = {}
        self.retries: dict[MetricLabels, int] = {}
        self.attempts: dict[MetricLabels, tuple[int, float]] = {}


def make_families(counts: Counts, namespace: str) -> list[Family]:
    """Return the counts as families; names end in their unit, without the `_total` of counters."""
    return [
        Family(name=f"{namespace}_{name}", kind=kind, help=text, samples=list(samples(counts)))
        for name, kind, text, samples in _FAMILIES
    ]


_TOKEN_KINDS: Final = ("input", "output")
_TOKEN_DETAIL_KINDS: Final = ("reasoning", "cache_read", "cache_write")


def _list_requests(counts: Counts) -> Iterator[Sample]:
    return _make_samples(
        {labels: series.latency.count for labels, series in counts.requests.items()}
    )


def _list_latencies(counts: Counts) -> Iterator[Sample]:
    return (
        _make_histogram_sample(labels, series.latency) for labels, series in counts.requests.items()
    )


def _list_first_tokens(counts: Counts) -> Iterator[Sample]:
    for labels, series in counts.requests.items():
        if series.first_token.count:
            yield _make_histogram_sample(labels, series.first_token)


def _list_retries(counts: Counts) -> Iterator[Sample]:
    retries = {labels: series.retries for labels, series in counts.requests.items()}
    for labels, count in counts.retries.items():
        retries[labels] = retries.get(labels, 0) + count
    return _make_samples(retries)


def _list_attempts(counts: Counts) -> Iterator[Sample]:
    return _make_samples({labels: number for labels, (number, _) in counts.attempts.items()})


def _list_waits(counts: Counts) -> Iterator[Sample]:
    return _make_samples({labels: seconds for labels, (_, seconds) in counts.attempts.items()})


def _list_in_flight(counts: Counts) -> Iterator[Sample]:
    return _make_samples(counts.in_flight)


def _make_samples(values: Mapping[MetricLabels, float]) -> Iterator[Sample]:
    return (Sample(labels=_list_labels(labels), value=value) for labels, value in values.items())


def _make_histogram_sample(labels: MetricLabels, histogram: Histogram) -> Sample:
    buckets = Buckets(cumulative=histogram.cumulative(), sum=histogram.sum)
    return Sample(labels=_list_labels(labels), value=buckets)


def _list_tokens_used(counts: Counts) -> Iterator[Sample]:
    return _list_tokens(counts, _TOKEN_KINDS)


def _list_token_details(counts: Counts) -> Iterator[Sample]:
    return _list_tokens(counts, _TOKEN_DETAIL_KINDS)


def _list_tokens(counts: Counts, kinds: tuple[str, ...]) -> Iterator[Sample]:
    for labels, series in counts.requests.items():
        for kind in kinds:
            if kind in _TOKEN_KINDS or series.tokens[kind]:
                typed_labels = {**_list_labels(labels), "type": kind}
                yield Sample(labels=typed_labels, value=series.tokens[kind])


def _list_costs(counts: Counts) -> Iterator[Sample]:
    for labels, series in counts.requests.items():
        for currency, cost in series.costs.items():
            yield Sample(labels={**_list_labels(labels), "currency": currency}, value=cost)


def _list_labels(labels: MetricLabels) -> dict[str, str]:
    """Return the labels that have a value; Prometheus takes an empty one for none."""
    fields: dict[str, str] = msgspec.structs.asdict(labels)
    return {name: value for name, value in fields.items() if value}


_FAMILIES: Final[tuple[tuple[str, Kind, str, Callable[[Counts], Iterator[Sample]]], ...]] = (
    ("requests", "counter", "Requests that ended.", _list_requests),
    (
        "request_duration_seconds",
        "histogram",
        "How long requests took, retries included.",
        _list_latencies,
    ),
    (
        "time_to_first_token_seconds",
        "histogram",
        "How long streamed requests took to their first content.",
        _list_first_tokens,
    ),
    ("tokens", "counter", "Tokens used; type is input or output.", _list_tokens_used),
    (
        "token_details",
        "counter",
        "Tokens among those used; type is reasoning, cache_read or cache_write.",
        _list_token_details,
    ),
    ("cost", "counter", "What requests cost whose price is known.", _list_costs),
    ("retries", "counter", "Attempts after the first.", _list_retries),
    (
        "attempts",
        "counter",
        "Attempts by how they ended; those refused before sending included.",
        _list_attempts,
    ),
    (
        "attempt_wait_seconds",
        "counter",
        "Waited before attempts: back-off, queue, rate limit.",
        _list_waits,
    ),
    ("requests_in_flight", "gauge", "Requests under way.", _list_in_flight),
)
