"""The observation of one operation, its labels, and the meter that counts them."""

from typing import Final, Literal, Protocol

import msgspec

from ai_lib.types.usage import Usage

Status = Literal["success", "error", "cancelled", "cached"]
STATUSES: Final = ("success", "error", "cancelled", "cached")


class MetricLabels(msgspec.Struct, frozen=True, kw_only=True):
    """The labels of a metric; an empty label is not set.

    `endpoint` is the operation (`chat`, `embeddings`, ...), `status` one of `success`, `error`,
    `cancelled`, `cached`, and `error_class` the standard class of the error.
    """

    provider: str = ""
    model: str = ""
    endpoint: str = ""
    status: str = ""
    error_class: str = ""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation that has ended, with its times in seconds.

    `cost` is None when the price is unknown, and is in `currency`. `response_model`,
    `server_address` and `server_port` are empty or None when they are unknown.
    """

    labels: MetricLabels
    seconds: float
    usage: Usage = Usage()
    cost: float | None = None
    currency: str = "USD"
    first_token_seconds: float | None = None
    retries: int = 0
    telemetry_provider: str = ""
    response_model: str = ""
    server_address: str = ""
    server_port: int | None = None

    def __post_init__(self) -> None:
        if self.labels.status not in STATUSES:
            raise ValueError(f"a status is one of {STATUSES}, not {self.labels.status!r}")
        times = (self.seconds, self.first_token_seconds or 0.0, self.cost or 0.0)
        if not all(0 <= value < float("inf") for value in times):
            raise ValueError("times and costs are numbers, 0 or more")
        if min(self.usage.prompt_tokens, self.usage.completion_tokens, self.retries) < 0:
            raise ValueError("counts are 0 or more")


class Meter(Protocol):
    """Counts operations. Its methods may be called from any thread and from finalizers, and must
    not wait."""

    def record_start(self, labels: MetricLabels) -> None:
        """Record that an operation starts."""
        ...

    def record_end(self, labels: MetricLabels) -> None:
        """Record that an operation ends; the labels are those of its start."""
        ...

    def record_attempt(self, labels: MetricLabels, waited_seconds: float) -> None:
        """Record that an attempt ended: `labels.status` is `answered`, `cancelled`, or the class
        of its error. `waited_seconds` is the wait before it (backoff, queue, rate limit)."""
        ...

    def observe(self, observation: Observation) -> None:
        """Record an operation that has ended."""
        ...
