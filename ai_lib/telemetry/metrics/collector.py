"""Counts what a client does: requests, tokens, times, errors, cost."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ai_lib.telemetry.deferred_apply import DeferredApply
from ai_lib.telemetry.metrics.families import Counts, families
from ai_lib.telemetry.metrics.histogram import SECONDS
from ai_lib.telemetry.metrics.observation import MetricLabels, Observation
from ai_lib.telemetry.metrics.prometheus_text import Family, exposed
from ai_lib.telemetry.metrics.series import Series, summary
from ai_lib.telemetry.metrics.snapshot import MetricSnapshot
from ai_lib.types.usage import Usage

_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LONGEST: Final = 120
_REST: Final = "other"


class _Began(msgspec.Struct, frozen=True):
    labels: MetricLabels
    step: int


class _Attempted(msgspec.Struct, frozen=True):
    labels: MetricLabels
    waited: float


class _Retried(msgspec.Struct, frozen=True):
    labels: MetricLabels
    count: int


_Fact = Observation | _Began | _Attempted | _Retried


class MetricsCollector:
    """Figures of any number of clients and threads, by labels, in bounded memory.

    There are at most `max_series` sets of labels: what comes later is counted under the model
    `other`, so that nothing is lost but its name. Quantiles are of the latest `window` values of
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
        buckets: Sequence[float] = SECONDS,
    ) -> None:
        if max_series < 1 or window < 1:
            raise ValueError("max_series and window are at least 1")
        if not buckets or list(buckets) != sorted(set(buckets)) or buckets[0] <= 0:
            raise ValueError("buckets are positive seconds, each larger than the one before")
        if not _NAME.fullmatch(namespace):
            raise ValueError(f"a namespace has letters, digits and underscores, not {namespace!r}")
        self.namespace = namespace
        self._most = max_series
        self._window = window
        self._bounds = tuple(buckets)
        self._counts = Counts()
        self._inbox: DeferredApply[_Fact] = DeferredApply(self._take)

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
            ValueError: the status is none of these, or a figure is negative or not a number.
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
        """Count retries of a request that is counted by itself."""
        if count < 0:
            raise ValueError("counts are 0 or more")
        self._inbox.put(_Retried(labels, count))

    def began(self, labels: MetricLabels) -> None:
        """Count one more in flight."""
        self._inbox.put(_Began(labels, 1))

    def ended(self, labels: MetricLabels) -> None:
        """Count one less in flight; the labels are those it began with."""
        self._inbox.put(_Began(labels, -1))

    def attempted(self, labels: MetricLabels, waited_seconds: float) -> None:
        """Count an attempt, by how it ended (`labels.status`), and what it was waited for."""
        self._inbox.put(_Attempted(labels, waited_seconds))

    def observe(self, observation: Observation) -> None:
        """Count an operation that has ended."""
        self._inbox.put(observation)

    def get_snapshot(self, labels: MetricLabels | None = None) -> MetricSnapshot:
        """Return the figures so far, of everything, or of what has these labels.

        A label that is empty stands for any value: `MetricLabels(provider="p")` gives all of p.
        """
        wanted = labels or MetricLabels()
        with self._inbox.settled():
            counts = self._counts
            found = [
                (own.status, own.error_class, series)
                for own, series in counts.requests.items()
                if _fits(own, wanted)
            ]
            flying = sum(n for own, n in counts.in_flight.items() if _fits(own, wanted))
            whole = summary(found, flying)
            extra = sum(n for own, n in counts.retries.items() if _fits(own, wanted))
        return msgspec.structs.replace(whole, retries=whole.retries + extra)

    def get_all_labels(self) -> list[MetricLabels]:
        """Return every set of labels that requests were counted under."""
        with self._inbox.settled():
            return list(self._counts.requests)

    def families(self) -> list[Family]:
        """Return the figures as families of samples."""
        with self._inbox.settled():
            return families(self._counts, self.namespace)

    def to_prometheus(self) -> str:
        """Return the figures in Prometheus' text format, version 0.0.4."""
        return exposed(self.families())

    def reset(self) -> None:
        """Forget everything but what is in flight."""
        with self._inbox.settled():
            flying = self._counts.in_flight
            self._counts = Counts()
            self._counts.in_flight = flying

    def _take(self, fact: _Fact) -> None:
        counts, labels = self._counts, _short(fact.labels)
        if isinstance(fact, Observation):
            labels = self._within(labels, counts.requests)
            series = counts.requests.get(labels)
            if series is None:
                series = counts.requests[labels] = Series(self._bounds, self._window)
            series.add(fact)
        elif isinstance(fact, _Began):
            labels = self._within(labels, counts.in_flight)
            counts.in_flight[labels] = counts.in_flight.get(labels, 0) + fact.step
        elif isinstance(fact, _Retried):
            labels = self._within(labels, counts.retries)
            counts.retries[labels] = counts.retries.get(labels, 0) + fact.count
        else:
            labels = self._within(labels, counts.attempts)
            number, waited = counts.attempts.get(labels, (0, 0.0))
            counts.attempts[labels] = number + 1, waited + fact.waited

    def _within(self, labels: MetricLabels, known: Mapping[MetricLabels, object]) -> MetricLabels:
        """Return the labels to count under: once there are enough, the names are left out."""
        if labels in known or len(known) < self._most:
            return labels
        return MetricLabels(provider=_REST, model=_REST, status=labels.status)


def _short(labels: MetricLabels) -> MetricLabels:
    values = msgspec.structs.astuple(labels)
    if max(map(len, values)) <= _LONGEST:
        return labels
    names = MetricLabels.__struct_fields__
    return MetricLabels(
        **{name: value[:_LONGEST] for name, value in zip(names, values, strict=True)}
    )


def _fits(own: MetricLabels, wanted: MetricLabels) -> bool:
    pairs = zip(msgspec.structs.astuple(own), msgspec.structs.astuple(wanted), strict=True)
    return all(not value or value == has for has, value in pairs)
