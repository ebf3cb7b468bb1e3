"""One attempt to get a response: what it cost and how it ended."""

from ai_lib.types.records.record import Record
from ai_lib.types.usage import Usage


class Attempt(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt of a call, as listed on its response or its error.

    `ended` is `answered`, `cancelled`, or the standard class of the error, whose type's name is
    `error`. `sent` is false when our own protection refused the attempt, so that nothing left this
    machine. `waited_ms` is the wait before it (backoff, queue, rate limit), `latency_ms` its own
    duration. `in_doubt` is true when it broke off after it was sent, so that the provider may have
    worked on it. `usage` is what the provider reported, as far as it did; with `is_estimate` it is
    an estimate of ours, because the response broke off or was abandoned before the provider said.
    """

    provider: str
    model: str
    ended: str = "answered"
    error: str | None = None
    status_code: int | None = None
    request_id: str | None = None
    retry_after: float | None = None
    sent: bool = True
    in_doubt: bool = False
    waited_ms: float = 0.0
    latency_ms: float = 0.0
    usage: Usage = Usage()
    is_estimate: bool = False
