"""Collects the metrics of clients: requests, tokens, times, errors, cost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.telemetry.deferred_apply import DeferredApply
from ai_lib.telemetry.metrics.families import Counts, make_families
from ai_lib.telemetry.metrics.histogram import DURATION_BUCKETS
from ai_lib.telemetry.metrics.observation import MetricLabels, Observation
from ai_lib.telemetry.metrics.prometheus_text import Family, format_families
from ai_lib.telemetry.metrics.series import Series, summarize
from ai_lib.telemetry.metrics.snapshot import MetricSnapshot
from ai_lib.types.usage import Usage

_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_MAX_LABEL_LENGTH: Final = 120
_OVERFLOW_NAME: Final = "other"


class _InFlightChange(msgspec.Struct, frozen=True):
    labels: MetricLabels
    step: int


class _AttemptRecord(msgspec.Struct, frozen=True):
    labels: MetricLabels
    waited_seconds: float


class _RetryRecord(msgspec.Struct, frozen=True):
    labels: MetricLabels
    count: int


_Fact = Observation | _InFlightChange | _AttemptRecord | _RetryRecord


class MetricsCollector(ForkedState):
    """Counts for any number of clients and threads, by labels, in bounded memory.

    There are at most `max_series` sets of labels: later ones are counted under the model `other`,
    so that only their names are lost. Quantiles are of the latest `window` values of
    each set. `namespace` begins the names of the metrics for Prometheus; `buckets` are the upper
    bounds of their histograms, in seconds.

    Raises:
        ValueError: a bound is not positive, buckets don't ascend, or the namespace is no name.
    """

    def __init__(
        self,
        *,
        max_series: int = 1000,
        window: int = 1000,
        namespace: str = "ai_lib",
        buckets: Sequence[float] = DURATION_BUCKETS,
    ) -> None:
        if max_series < 1 or window < 1:
            raise ValueError("max_series and window are at least 1")
        if not buckets or list(buckets) != sorted(set(buckets)) or buckets[0] <= 0:
            raise ValueError("buckets are positive seconds, each larger than the one before")
        if not _NAME.fullmatch(namespace):
            raise ValueError(f"a namespace has letters, digits and underscores, not {namespace!r}")
        self.namespace = namespace
        self._max_series = max_series
        self._window = window
        self._bounds = tuple(buckets)
        self._counts = Counts()
        self._deferred: DeferredApply[_Fact] = DeferredApply(self._apply)
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Forget the calls in flight: they are the parent's."""
        super().renew_in_child()
        self._counts.in_flight = {}

    def record_request(
        self,
        labels: MetricLabels,
        latency: float,
        status: str = "success",
        tokens_in: int = 0,
        tokens_out: int = 0,
        *,
        cost: float | None = None,
        time_to_first_token: float | None = None,
        retries: int = 0,
    ) -> None:
        """Count a request that has ended; times are seconds, the cost is USD.

        `status` is `success`, `error`, `cancelled` or `cached`.

        Raises:
            ValueError: the status is none of these, or a value is negative or not a number.
        """
        total = tokens_in + tokens_out
        self.observe(
            Observation(
                labels=msgspec.structs.replace(labels, status=status),
                seconds=latency,
                usage=Usage(
                    prompt_tokens=tokens_in, completion_tokens=tokens_out, total_tokens=total
                ),
                cost=cost,
                first_token_seconds=time_to_first_token,
                retries=retries,
            )
        )

    def record_retry(self, labels: MetricLabels, count: int = 1) -> None:
        """Count retries of a request that is recorded separately."""
        if count < 0:
            raise ValueError("counts are 0 or more")
        self._deferred.put(_RetryRecord(labels, count))

    def record_start(self, labels: MetricLabels) -> None:
        """Count one more request in flight."""
        self._deferred.put(_InFlightChange(labels, 1))

    def record_end(self, labels: MetricLabels) -> None:
        """Count one request less in flight; the labels are those of its start."""
        self._deferred.put(_InFlightChange(labels, -1))

    def record_attempt(self, labels: MetricLabels, waited_seconds: float) -> None:
        """Count an attempt by its end (`labels.status`), and the seconds of waiting before it."""
        self._deferred.put(_AttemptRecord(labels, waited_seconds))

    def observe(self, observation: Observation) -> None:
        """Count an operation that has ended."""
        self._deferred.put(observation)

    def get_snapshot(self, labels: MetricLabels | None = None) -> MetricSnapshot:
        """Return the counts so far, of all requests, or of those with these labels.

        An empty label matches any value: `MetricLabels(provider="p")` selects all of p.
        """
        selected = labels or MetricLabels()
        with self._deferred.lock_applied():
            counts = self._counts
            matching_series = [
                (key.status, key.error_class, series)
                for key, series in counts.requests.items()
                if _matches(key, selected)
            ]
            in_flight = sum(n for key, n in counts.in_flight.items() if _matches(key, selected))
            snapshot = summarize(matching_series, in_flight)
            retries = sum(n for key, n in counts.retries.items() if _matches(key, selected))
        return msgspec.structs.replace(snapshot, retries=snapshot.retries + retries)

    def get_all_labels(self) -> list[MetricLabels]:
        """Return every set of labels that has requests."""
        with self._deferred.lock_applied():
            return list(self._counts.requests)

    def metric_families(self) -> list[Family]:
        """Return the counts as families of samples."""
        with self._deferred.lock_applied():
            return make_families(self._counts, self.namespace)

    def to_prometheus(self) -> str:
        """Return the counts in Prometheus' text format, version 0.0.4."""
        return format_families(self.metric_families())

    def collect(self) -> Iterator[Any]:
        """Yield the counts as metrics of prometheus_client, whose registries take a collector.

            >>> prometheus_client.REGISTRY.register(collector)

        Raises:
            ImportError: prometheus_client is not installed.
        """
        from ai_lib.telemetry.metrics.registry import make_metrics

        return make_metrics(self.metric_families())

    def reset(self) -> None:
        """Drop all counts but those in flight."""
        with self._deferred.lock_applied():
            in_flight = self._counts.in_flight
            self._counts = Counts()
            self._counts.in_flight = in_flight

    def _apply(self, fact: _Fact) -> None:
        counts, labels = self._counts, _shorten(fact.labels)
        if isinstance(fact, Observation):
            labels = self._limit_series(labels, counts.requests)
            series = counts.requests.get(labels)
            if series is None:
                series = counts.requests[labels] = Series(self._bounds, self._window)
            series.add(fact)
        elif isinstance(fact, _InFlightChange):
            labels = self._limit_series(labels, counts.in_flight)
            counts.in_flight[labels] = counts.in_flight.get(labels, 0) + fact.step
        elif isinstance(fact, _RetryRecord):
            labels = self._limit_series(labels, counts.retries)
            counts.retries[labels] = counts.retries.get(labels, 0) + fact.count
        else:
            labels = self._limit_series(labels, counts.attempts)
            number, waited = counts.attempts.get(labels, (0, 0.0))
            counts.attempts[labels] = number + 1, waited + fact.waited_seconds

    def _limit_series(
        self, labels: MetricLabels, series: Mapping[MetricLabels, object]
    ) -> MetricLabels:
        """Return the labels to count under; once there are too many, the names are left out."""
        if labels in series or len(series) < self._max_series:
            return labels
        return MetricLabels(provider=_OVERFLOW_NAME, model=_OVERFLOW_NAME, status=labels.status)


def _shorten(labels: MetricLabels) -> MetricLabels:
    values = msgspec.structs.astuple(labels)
    if max(map(len, values)) <= _MAX_LABEL_LENGTH:
        return labels
    names = MetricLabels.__struct_fields__
    return MetricLabels(
        **{name: value[:_MAX_LABEL_LENGTH] for name, value in zip(names, values, strict=True)}
    )


def _matches(labels: MetricLabels, selected: MetricLabels) -> bool:
    pairs = zip(msgspec.structs.astuple(labels), msgspec.structs.astuple(selected), strict=True)
    return all(not wanted_value or wanted_value == value for value, wanted_value in pairs)
