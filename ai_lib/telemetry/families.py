"""The counts of a collector, and how they are called outside."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from ai_lib.telemetry.exposition import Buckets, Family, Sample
from ai_lib.telemetry.histogram import Histogram
from ai_lib.telemetry.observation import MetricLabels
from ai_lib.telemetry.series import Series

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
    requests = counts.requests.items()
    attempts = counts.attempts.items()
    waited = [(labels, seconds) for labels, (_, seconds) in attempts]
    retries = {labels: series.retries for labels, series in requests}
    for labels, count in counts.retries.items():
        retries[labels] = retries.get(labels, 0) + count
    found: tuple[tuple[str, Kind, str, list[Sample]], ...] = (
        ("requests", "counter", "Requests that ended.", _plain(_ended(counts))),
        (
            "request_duration_seconds",
            "histogram",
            "How long requests took, retries included.",
            [_buckets(labels, series.latency) for labels, series in requests],
        ),
        (
            "time_to_first_token_seconds",
            "histogram",
            "How long streamed requests took to their first content.",
            [
                _buckets(labels, one.first_token)
                for labels, one in requests
                if one.first_token.count
            ],
        ),
        (
            "tokens",
            "counter",
            "Tokens used; type is input or output.",
            list(_tokens(counts, _BOTH)),
        ),
        (
            "token_details",
            "counter",
            "Tokens among those used; type is reasoning, cache_read or cache_write.",
            list(_tokens(counts, _PARTS)),
        ),
        ("cost", "counter", "What requests cost whose price is known.", list(_costs(counts))),
        ("retries", "counter", "Attempts after the first.", _plain(retries)),
        (
            "attempts",
            "counter",
            "Attempts by how they ended; those refused before sending included.",
            _plain({labels: number for labels, (number, _) in attempts}),
        ),
        (
            "attempt_wait_seconds",
            "counter",
            "Waited before attempts: back-off, queue, rate limit.",
            _plain(dict(waited)),
        ),
        ("requests_in_flight", "gauge", "Requests under way.", _plain(counts.in_flight)),
    )
    return [
        Family(name=f"{namespace}_{name}", kind=kind, help=text, samples=samples)
        for name, kind, text, samples in found
    ]


_BOTH: Final = ("input", "output")
_PARTS: Final = ("reasoning", "cache_read", "cache_write")


def _ended(counts: Counts) -> dict[MetricLabels, int]:
    return {labels: series.latency.count for labels, series in counts.requests.items()}


def _plain(values: Mapping[MetricLabels, float]) -> list[Sample]:
    return [Sample(labels=_named(labels), value=value) for labels, value in values.items()]


def _buckets(labels: MetricLabels, histogram: Histogram) -> Sample:
    buckets = Buckets(cumulative=histogram.cumulative(), sum=histogram.sum)
    return Sample(labels=_named(labels), value=buckets)


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
