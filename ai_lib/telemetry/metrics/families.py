"""The counts of a collector, and how they are called outside."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal

import msgspec

from ai_lib.telemetry.metrics.histogram import Histogram
from ai_lib.telemetry.metrics.observation import MetricLabels
from ai_lib.telemetry.metrics.prometheus_text import Buckets, Family, Sample
from ai_lib.telemetry.metrics.series import Series

Kind = Literal["counter", "gauge", "histogram"]


class Counts:
    """Everything a collector has counted, each part by labels."""

    def __init__(self) -> None:
        self.requests: dict[MetricLabels, Series] = {}
        self.in_flight: dict[MetricLabels, int] = {}
        self.retries: dict[MetricLabels, int] = {}
        self.attempts: dict[MetricLabels, tuple[int, float]] = {}


def families(counts: Counts, namespace: str) -> list[Family]:
    """Return the counts as families; names end in their unit, counters in `_total` outside."""
    return [
        Family(name=f"{namespace}_{name}", kind=kind, help=text, samples=list(samples(counts)))
        for name, kind, text, samples in _FAMILIES
    ]


_BOTH: Final = ("input", "output")
_PARTS: Final = ("reasoning", "cache_read", "cache_write")


def _requests(counts: Counts) -> Iterator[Sample]:
    return _plain({labels: one.latency.count for labels, one in counts.requests.items()})


def _latency(counts: Counts) -> Iterator[Sample]:
    return (_buckets(labels, one.latency) for labels, one in counts.requests.items())


def _first_token(counts: Counts) -> Iterator[Sample]:
    for labels, one in counts.requests.items():
        if one.first_token.count:
            yield _buckets(labels, one.first_token)


def _retries(counts: Counts) -> Iterator[Sample]:
    found = {labels: one.retries for labels, one in counts.requests.items()}
    for labels, count in counts.retries.items():
        found[labels] = found.get(labels, 0) + count
    return _plain(found)


def _attempts(counts: Counts) -> Iterator[Sample]:
    return _plain({labels: number for labels, (number, _) in counts.attempts.items()})


def _waits(counts: Counts) -> Iterator[Sample]:
    return _plain({labels: seconds for labels, (_, seconds) in counts.attempts.items()})


def _in_flight(counts: Counts) -> Iterator[Sample]:
    return _plain(counts.in_flight)


def _plain(values: Mapping[MetricLabels, float]) -> Iterator[Sample]:
    return (Sample(labels=_named(labels), value=value) for labels, value in values.items())


def _buckets(labels: MetricLabels, histogram: Histogram) -> Sample:
    buckets = Buckets(cumulative=histogram.cumulative(), sum=histogram.sum)
    return Sample(labels=_named(labels), value=buckets)


def _used(counts: Counts) -> Iterator[Sample]:
    return _tokens(counts, _BOTH)


def _details(counts: Counts) -> Iterator[Sample]:
    return _tokens(counts, _PARTS)


def _tokens(counts: Counts, kinds: tuple[str, ...]) -> Iterator[Sample]:
    for labels, series in counts.requests.items():
        for kind in kinds:
            if kind in _BOTH or series.tokens[kind]:
                named = {**_named(labels), "type": kind}
                yield Sample(labels=named, value=series.tokens[kind])


def _costs(counts: Counts) -> Iterator[Sample]:
    for labels, series in counts.requests.items():
        for currency, cost in series.costs.items():
            yield Sample(labels={**_named(labels), "currency": currency}, value=cost)


def _named(labels: MetricLabels) -> dict[str, str]:
    """Return the labels that have a value; to Prometheus an empty one is none."""
    fields: dict[str, str] = msgspec.structs.asdict(labels)
    return {name: value for name, value in fields.items() if value}


_FAMILIES: Final[tuple[tuple[str, Kind, str, Callable[[Counts], Iterator[Sample]]], ...]] = (
    ("requests", "counter", "Requests that ended.", _requests),
    (
        "request_duration_seconds",
        "histogram",
        "How long requests took, retries included.",
        _latency,
    ),
    (
        "time_to_first_token_seconds",
        "histogram",
        "How long streamed requests took to their first content.",
        _first_token,
    ),
    ("tokens", "counter", "Tokens used; type is input or output.", _used),
    (
        "token_details",
        "counter",
        "Tokens among those used; type is reasoning, cache_read or cache_write.",
        _details,
    ),
    ("cost", "counter", "What requests cost whose price is known.", _costs),
    ("retries", "counter", "Attempts after the first.", _retries),
    (
        "attempts",
        "counter",
        "Attempts by how they ended; those refused before sending included.",
        _attempts,
    ),
    (
        "attempt_wait_seconds",
        "counter",
        "Waited before attempts: back-off, queue, rate limit.",
        _waits,
    ),
    ("requests_in_flight", "gauge", "Requests under way.", _in_flight),
)
