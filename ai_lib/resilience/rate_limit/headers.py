"""Reads a provider's rate-limit headers by the names that its manifest gives them."""

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Final, Literal

import msgspec

from ai_lib.errors.classification import parse_http_date
from ai_lib.protocol.manifest import model as manifest
from ai_lib.types.json import JsonObject

Unit = Literal["auto", "seconds", "milliseconds", "epoch"]
_UNIT_OF: Final[dict[manifest.ResetFormat, Unit]] = {
    "auto": "auto",
    "seconds": "seconds",
    "milliseconds": "milliseconds",
    "epoch": "epoch",
    "unix": "epoch",
    "unix_milliseconds": "epoch",
    # Their values are never plain numbers.
    "duration": "auto",
    "rfc3339": "auto",
}

_UNITS: Final = {
    "d": 86400.0,
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "ns": 1e-9,
}
# No span or moment is longer; searching a text of thousands of digits for one takes seconds.
_LONGEST: Final = 64
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|d|h|m|s)")
_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE
)
# A plain number this large is a moment, not a span: 2001 in seconds, 1970-2001 in milliseconds.
_EPOCH: Final = 1e9
_EPOCH_MS: Final = 1e12


class LimitHeaders(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the headers for requests, or for tokens.

    `reset_unit` is the unit of a plain number in the reset header. `auto` reads it as seconds, or
    as a moment when it is that large. `window` is the span in seconds that `limit` is for. It is
    None when the manifest has none, or when `window_header` names the header that has it.
    """

    limit: str | None = None
    remaining: str | None = None
    reset: str | None = None
    reset_unit: Unit = "auto"
    window: float | None = None
    window_header: str | None = None


class RateLimitHeaders(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest's `rate_limit_headers`: those for requests and those for tokens."""

    requests: LimitHeaders = LimitHeaders()
    tokens: LimitHeaders = LimitHeaders()

    @classmethod
    def from_protocol(cls, block: JsonObject | None) -> "RateLimitHeaders | None":
        """Read the manifest's block as it is written; None when it names no header to learn from.

        Beside the protocol's names, `requests_window` and `tokens_window` (seconds, a span such as
        `1d`, or the header that has the seconds), `reset_format`, `requests_reset_unit` and
        `tokens_reset_unit` are understood.

        Raises:
            ValueError: a name or a format is not valid.
        """
        settings = {name: value for name, value in (block or {}).items() if value is not None}
        return cls.from_manifest(msgspec.convert(settings, manifest.RateLimitHeaders, strict=False))

    @classmethod
    def from_manifest(cls, names: manifest.RateLimitHeaders) -> "RateLimitHeaders | None":
        """Read a manifest's section; None when it names no header to learn from."""
        headers = cls(
            requests=_build_limit_headers(
                names.requests_limit,
                names.requests_remaining,
                names.requests_reset,
                names.requests_reset_unit or names.reset_format,
                names.requests_window,
            ),
            tokens=_build_limit_headers(
                names.tokens_limit,
                names.tokens_remaining,
                names.tokens_reset,
                names.tokens_reset_unit or names.reset_format,
                names.tokens_window,
            ),
        )
        requests, tokens = headers.requests, headers.tokens
        names_any = requests.limit or requests.remaining or tokens.limit or tokens.remaining
        return headers if names_any else None


def _build_limit_headers(
    limit: str | None,
    remaining: str | None,
    reset: str | None,
    reset_format: manifest.ResetFormat,
    window: float | str | None,
) -> LimitHeaders:
    seconds = parse_span(window) if isinstance(window, str) else window
    return LimitHeaders(
        limit=limit,
        remaining=remaining,
        reset=reset,
        reset_unit=_UNIT_OF[reset_format],
        window=seconds,
        window_header=window if isinstance(window, str) and seconds is None else None,
    )


class LimitStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A limit as one response reports it; `reset` (from then on) and `window` are in seconds."""

    limit: float | None = None
    remaining: float | None = None
    reset: float | None = None
    window: float | None = None


class ObservedLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits on requests and on tokens as one response reports them."""

    requests: LimitStatus = LimitStatus()
    tokens: LimitStatus = LimitStatus()


def read_limits(headers: Mapping[str, str], names: RateLimitHeaders) -> ObservedLimits:
    """Return the limits in a response's headers; what is absent or makes no sense is None."""
    header_names = _header_names(names)
    lowered = {name.lower(): headers[name] for name in headers if name.lower() in header_names}
    if not lowered:
        return _NOTHING
    date = headers.get("date")
    return ObservedLimits(
        requests=_read_status(lowered, names.requests, date),
        tokens=_read_status(lowered, names.tokens, date),
    )


_NOTHING: Final = ObservedLimits()


@lru_cache(maxsize=256)
def _header_names(names: RateLimitHeaders) -> frozenset[str]:
    return frozenset(
        name.lower()
        for unit in (names.requests, names.tokens)
        for name in (unit.limit, unit.remaining, unit.reset, unit.window_header)
        if name
    )


def _read_status(headers: Mapping[str, str], names: LimitHeaders, date: str | None) -> LimitStatus:
    reset = _get_header(headers, names.reset)
    return LimitStatus(
        limit=_parse_number(_get_header(headers, names.limit)),
        remaining=_parse_number(_get_header(headers, names.remaining)),
        reset=None if reset is None else parse_reset(reset, names.reset_unit, date=date),
        window=names.window or _parse_number(_get_header(headers, names.window_header)) or None,
    )


def _get_header(headers: Mapping[str, str], name: str | None) -> str | None:
    return headers.get(name.lower()) if name else None


def _parse_number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def parse_span(text: str) -> float | None:
    """Return the seconds of a span such as `12ms`, `6m0s` or `20m52.6s`; None if it is no span."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    parts = list(_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        return None
    return sum(float(part[1]) * _UNITS[part[2]] for part in parts)


def parse_reset(
    text: str, unit: Unit = "auto", now: datetime | None = None, date: str | None = None
) -> float | None:
    """Return the seconds until a limit is reset: a span, a number, or a moment (RFC 3339).

    A moment in the past is 0; what makes no sense is None. `now` is the moment to count from;
    without it that of `date`, the response's HTTP date, or else of this machine's clock.
    """
    text = text.strip()
    span = parse_span(text)
    if span is not None:
        return span
    moment = _parse_moment(text)
    if moment is not None:
        return _seconds_until(moment, now, date)
    number = _parse_number(text)
    if number is None:
        return None
    if unit == "milliseconds":
        return number / 1000
    if unit == "epoch" or (unit == "auto" and number >= _EPOCH):
        return _seconds_until(number / 1000 if number >= _EPOCH_MS else number, now, date)
    return number


def _parse_moment(text: str) -> float | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    date, clock, fraction, zone = match.groups()
    zone = "+00:00" if zone in "Zz" else zone
    try:
        full_second = datetime.fromisoformat(f"{date}T{clock}{zone}")
    except ValueError:
        return None
    return full_second.timestamp() + float(fraction or 0)


def _seconds_until(moment: float, now: datetime | None, date: str | None) -> float:
    now = now or (parse_http_date(date) if date else None) or datetime.now(timezone.utc)
    return max(0.0, moment - now.timestamp())
