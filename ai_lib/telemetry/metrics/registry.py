"""Counts as metrics of prometheus_client, for an application's own registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ai_lib.telemetry.metrics.prometheus_text import Buckets, Family, format_number

if TYPE_CHECKING:
    from prometheus_client import Metric


def make_metrics(families: Iterable[Family]) -> Iterator[Metric]:
    """Yield the metrics of families that have samples."""
    from prometheus_client import Metric

    for family in families:
        if family.samples:
            metric = Metric(family.name, family.help, family.kind)
            _add_samples(metric, family)
            yield metric


def _add_samples(metric: Metric, family: Family) -> None:
    name = family.name
    for sample in family.samples:
        labels, value = dict(sample.labels), sample.value
        if not isinstance(value, Buckets):
            metric.add_sample(f"{name}_total" if family.kind == "counter" else name, labels, value)
            continue
        for bound, count in value.cumulative:
            metric.add_sample(f"{name}_bucket", {**labels, "le": format_number(bound)}, count)
        metric.add_sample(f"{name}_sum", labels, value.sum)
        metric.add_sample(f"{name}_count", labels, value.count)
