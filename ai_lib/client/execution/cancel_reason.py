"""Why, when and with what word something was cancelled."""

import enum
from collections.abc import Mapping
from datetime import datetime

import msgspec


class CancelReason(str, enum.Enum):
    """Why a stream was cancelled."""

    USER_REQUEST = "user_request"
    TIMEOUT = "timeout"
    ERROR = "error"
    RESOURCE_LIMIT = "resource_limit"
    SHUTDOWN = "shutdown"


class CancelState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether, why and when it was cancelled, and what the canceller added."""

    cancelled: bool = False
    reason: CancelReason | None = None
    timestamp: datetime | None = None
    metadata: Mapping[str, object] = {}
