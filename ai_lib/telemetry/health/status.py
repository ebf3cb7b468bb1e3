"""How well something is, and how that was found out."""

import enum
from collections.abc import Iterable

import msgspec


class HealthStatus(str, enum.Enum):
    """Unknown is what nobody has looked at, or can look at."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. `status_code` is the answer's, None when there was none; `message`
    says in words what is wrong."""

    name: str
    status: HealthStatus
    message: str = ""
    status_code: int | None = None
    latency_ms: float | None = None

    @property
    def is_healthy(self) -> bool:
        """Whether everything is as it should be."""
        return self.status is HealthStatus.HEALTHY


def overall(reports: Iterable[HealthReport]) -> HealthStatus:
    """Return the worst of what was found; unknown when nothing was."""
    found = {report.status for report in reports}
    for status in (HealthStatus.UNHEALTHY, HealthStatus.DEGRADED, HealthStatus.HEALTHY):
        if status in found:
            return status
    return HealthStatus.UNKNOWN
