"""Classifies error responses by AI-Protocol's standard error classes."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Final

from ai_lib.errors import codes
from ai_lib.errors.codes import StandardErrorCode, standard_code

_SEARCHED: Final = 1000  # characters of a message; with bounded patterns, bounded time
# A body that says one of these says less than a status that the manifest maps.
_VAGUE: Final = frozenset({codes.INVALID_REQUEST.code, codes.SERVER_ERROR.code, codes.UNKNOWN.code})
# A quota that is used up limits the rate, too: who says the first says more.
_REFINED: Final = (codes.RATE_LIMITED, codes.QUOTA_EXHAUSTED)
_BY_HTTP_STATUS: Final = {
    400: codes.INVALID_REQUEST,
    401: codes.AUTHENTICATION,
    402: codes.QUOTA_EXHAUSTED,
    403: codes.PERMISSION_DENIED,
    404: codes.NOT_FOUND,
    405: codes.INVALID_REQUEST,
    408: codes.TIMEOUT,
    409: codes.CONFLICT,
    410: codes.NOT_FOUND,
    413: codes.REQUEST_TOO_LARGE,
    415: codes.INVALID_REQUEST,
    422: codes.INVALID_REQUEST,
    429: codes.RATE_LIMITED,
    499: codes.CANCELLED,
    500: codes.SERVER_ERROR,
    501: codes.SERVER_ERROR,
    502: codes.SERVER_ERROR,
    503: codes.OVERLOADED,
    504: codes.TIMEOUT,
    529: codes.OVERLOADED,
}


def classify_http_error(
    status: int,
    *,
    words: tuple[str | None, ...] = (),
    message: str = "",
    by_code: Mapping[str, str] | None = None,
    by_status: Mapping[str, str] | None = None,
    by_message: Mapping[str, str] | None = None,
    by_pattern: Iterable[tuple[re.Pattern[str], str]] = (),
    by_http_status: Mapping[str, str] | None = None,
) -> StandardErrorCode:
    """Return the standard code of an error response.

    `words` are the provider's code, type and canonical status as found in the body. They are
    looked up in `by_code`, then in `by_status`; a vague one (a server error, an invalid request)
    gives way to what the message or `by_http_status` say, and a limit of the rate to a message that
    says that the quota is used up. Then `message` is searched for the
    substrings of `by_message`, whatever their case, and for the patterns of `by_pattern`; then the
    HTTP status counts, by the manifest's table and by the protocol's own.
    """
    by_http_status = by_http_status or {}
    by_text = _classify_message(message, by_message or {}, by_pattern)
    for table in (by_code, by_status):
        for word in words:
            if table and word is not None and word in table:
                body_code = standard_code(table[word])
                mapped_code = standard_code(by_http_status.get(str(status), table[word]))
                is_vague = body_code.code in _VAGUE
                if by_text is not None and by_text.code not in _VAGUE:
                    if is_vague or (body_code, by_text) == _REFINED:
                        return by_text
                return mapped_code if is_vague and mapped_code.code not in _VAGUE else body_code
    if by_text is not None:
        return by_text
    if str(status) in by_http_status:
        return standard_code(by_http_status[str(status)])
    return _BY_HTTP_STATUS.get(status) or _by_hundred(status)


def _classify_message(
    message: str,
    by_message: Mapping[str, str],
    by_pattern: Iterable[tuple[re.Pattern[str], str]],
) -> StandardErrorCode | None:
    lowered = message.lower()
    for pattern, name in by_message.items():
        if pattern.lower() in lowered:
            return standard_code(name)
    for expression, name in by_pattern:
        if expression.search(message[:_SEARCHED]):
            return standard_code(name)
    return None


def _by_hundred(status: int) -> StandardErrorCode:
    if 500 <= status <= 599:
        return codes.SERVER_ERROR
    return codes.INVALID_REQUEST if 400 <= status <= 499 else codes.UNKNOWN


def retry_after(headers: Mapping[str, str], declared: str | None = None) -> float | None:
    """Return how many seconds an error response asks to wait, or None when it has no hint.

    Looked at in order: the header the manifest names, `retry-after-ms`, and `retry-after` in
    seconds or as an HTTP date (RFC 9110, section 10.2.3). The response's `date` is the clock for
    dates: this machine's may be wrong.
    """
    if milliseconds := headers.get("retry-after-ms"):
        seconds = _number(milliseconds)
        # 0 beside a header with seconds says nothing: the larger counts.
        is_said = seconds or not headers.get("retry-after")
        if seconds is not None and is_said and declared in (None, "retry-after"):
            return seconds / 1000
    for name in (declared, "retry-after"):
        value = headers.get(name) if name else None
        if value:
            number = _number(value)
            return number if number is not None else _seconds_until(value, headers.get("date"))
    return None


def _seconds_until(date: str, current_date: str | None) -> float | None:
    moment = parse_http_date(date)
    if moment is None:
        return None
    current = parse_http_date(current_date or "") or datetime.now(timezone.utc)
    return max(0.0, moment.timestamp() - current.timestamp())


def parse_http_date(text: str) -> datetime | None:
    """Return the moment of an HTTP date, or None when it is none. A date without zone is UTC."""
    from email.utils import parsedate_to_datetime  # dates are rare, and it takes its time

    try:
        moment = parsedate_to_datetime(text[:64])
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        moment.timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return moment


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
