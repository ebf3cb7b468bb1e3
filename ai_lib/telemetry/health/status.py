"""The health of something, and the report of a check."""

import enum
from collections.abc import Iterable

import msgspec


class HealthStatus(str, enum.Enum):
    """The health of something; unknown when it was not or can't be checked."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a check. `status_code` is the response's, None without one; `message` says
    what is wrong."""

    name: str
    status: HealthStatus
    message: str = ""
    status_code: int | None = None
    latency_ms: float | None = None

    @property
    def is_healthy(self) -> bool:
        """Whether the status is healthy."""
        return self.status is HealthStatus.HEALTHY


def find_worst_status(reports: Iterable[HealthReport]) -> HealthStatus:
    """Return the worst status of reports; unknown without any."""
    statuses = {report.status for report in reports}
    for status in (HealthStatus.UNHEALTHY, HealthStatus.DEGRADED, HealthStatus.HEALTHY):
        if status in statuses:
            return status
    return HealthStatus.UNKNOWN
