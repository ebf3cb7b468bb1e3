"""The protocol's thirteen standard error codes and what each one allows a caller to do."""

from typing import Final

import msgspec


class StandardErrorCode(msgspec.Struct, frozen=True):
    """One row of the protocol's error table (AI-Protocol, `schemas/v2/error-codes.yaml`).

    `retryable` says that the same request may be sent again to the same target, `fallbackable`
    that it may go to another one.
    """

    code: str
    name: str
    retryable: bool
    fallbackable: bool

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


INVALID_REQUEST: Final = StandardErrorCode("E1001", "invalid_request", False, False)
AUTHENTICATION: Final = StandardErrorCode("E1002", "authentication", False, True)
PERMISSION_DENIED: Final = StandardErrorCode("E1003", "permission_denied", False, False)
NOT_FOUND: Final = StandardErrorCode("E1004", "not_found", False, False)
REQUEST_TOO_LARGE: Final = StandardErrorCode("E1005", "request_too_large", False, False)
RATE_LIMITED: Final = StandardErrorCode("E2001", "rate_limited", True, True)
QUOTA_EXHAUSTED: Final = StandardErrorCode("E2002", "quota_exhausted", False, True)
SERVER_ERROR: Final = StandardErrorCode("E3001", "server_error", True, True)
OVERLOADED: Final = StandardErrorCode("E3002", "overloaded", True, True)
TIMEOUT: Final = StandardErrorCode("E3003", "timeout", True, True)
CONFLICT: Final = StandardErrorCode("E4001", "conflict", True, False)
CANCELLED: Final = StandardErrorCode("E4002", "cancelled", False, False)
UNKNOWN: Final = StandardErrorCode("E9999", "unknown", False, False)

STANDARD_ERROR_CODES: Final[tuple[StandardErrorCode, ...]] = (
    INVALID_REQUEST,
    AUTHENTICATION,
    PERMISSION_DENIED,
    NOT_FOUND,
    REQUEST_TOO_LARGE,
    RATE_LIMITED,
    QUOTA_EXHAUSTED,
    SERVER_ERROR,
    OVERLOADED,
    TIMEOUT,
    CONFLICT,
    CANCELLED,
    UNKNOWN,
)

_BY_NAME: Final = {code.name: code for code in STANDARD_ERROR_CODES} | {
    # Names that older manifests and the protocol's own prose use for the same class.
    "other": UNKNOWN,
    "quota_exceeded": QUOTA_EXHAUSTED,
    "context_length_exceeded": REQUEST_TOO_LARGE,
    "capability_not_declared": REQUEST_TOO_LARGE,
    "unsupported_capability": REQUEST_TOO_LARGE,
}
_BY_CODE: Final = {code.code: code for code in STANDARD_ERROR_CODES}


def standard_code(name: str) -> StandardErrorCode:
    """Return the code for a class name such as `rate_limited` or an id such as `E2001`.

    A name that the table does not know is `E9999 unknown`.
    """
    return _BY_NAME.get(name) or _BY_CODE.get(name) or UNKNOWN
