"""What is known of one operation that has ended, for whoever counts."""

from typing import Final, Literal, Protocol

import msgspec

from ai_lib.types.usage import Usage

Status = Literal["success", "error", "cancelled", "cached"]
STATUSES: Final = ("success", "error", "cancelled", "cached")


class MetricLabels(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure is about; what is empty is not said.

    `endpoint` is the operation (`chat`, `embeddings`, ...), `status` one of `success`, `error`,
    `cancelled`, `cached`, and `error_class` the standard class of the error.
    """

    provider: str = ""
    model: str = ""
    endpoint: str = ""
    status: str = ""
    error_class: str = ""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation: what it was, how it ended, what it took. Times are seconds.

    `cost` is None when the price is unknown, and `currency` what it is in. `response_model`,
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

    def began(self, labels: MetricLabels) -> None:
        """An operation is in flight."""
        ...

    def ended(self, labels: MetricLabels) -> None:
        """It no longer is; the labels are those it began with."""
        ...

    def attempted(self, labels: MetricLabels, waited_seconds: float) -> None:
        """One attempt of it ended: `labels.status` is `answered`, `cancelled`, or the class of
        its error. It was waited for before (backoff, queue, rate limit) so long."""
        ...

    def observe(self, observation: Observation) -> None:
        """It ended, and this is what it took."""
        ...
