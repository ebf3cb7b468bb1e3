"""What a provider's rate-limit headers say, by the names its manifest gives them."""

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Final, Literal

import msgspec

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
    """The names of one measure's headers.

    `reset_unit` says what a plain number in the reset header means; `auto` takes it for seconds,
    or for a moment when it is that large. `window` is the span in seconds that `limit` is for,
    None when the manifest does not say or `window_header` is where an answer says it.
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
        `1d`, or the header that tells the seconds), `reset_format`, `requests_reset_unit` and
        `tokens_reset_unit` are understood.

        Raises:
            ValueError: a name or a format is none.
        """
        known = {name: value for name, value in (block or {}).items() if value is not None}
        return cls.from_manifest(msgspec.convert(known, manifest.RateLimitHeaders, strict=False))

    @classmethod
    def from_manifest(cls, names: manifest.RateLimitHeaders) -> "RateLimitHeaders | None":
        """Take what a manifest says; None when it names no header to learn from."""
        found = cls(
            requests=_measure(
                names.requests_limit,
                names.requests_remaining,
                names.requests_reset,
                names.requests_reset_unit or names.reset_format,
                names.requests_window,
            ),
            tokens=_measure(
                names.tokens_limit,
                names.tokens_remaining,
                names.tokens_reset,
                names.tokens_reset_unit or names.reset_format,
                names.tokens_window,
            ),
        )
        named = (found.requests.limit, found.requests.remaining, found.tokens.limit)
        return found if any((*named, found.tokens.remaining)) else None


def _measure(
    limit: str | None,
    remaining: str | None,
    reset: str | None,
    reset_format: manifest.ResetFormat,
    window: float | str | None,
) -> LimitHeaders:
    seconds = span_seconds(window) if isinstance(window, str) else window
    return LimitHeaders(
        limit=limit,
        remaining=remaining,
        reset=reset,
        reset_unit=_UNIT_OF[reset_format],
        window=seconds,
        window_header=window if isinstance(window, str) and seconds is None else None,
    )


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer said of one measure: `reset` is seconds from then, `window` seconds."""

    limit: float | None = None
    remaining: float | None = None
    reset: float | None = None
    window: float | None = None


class ObservedLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer said of requests and of tokens."""

    requests: Observed = Observed()
    tokens: Observed = Observed()


def read_limits(headers: Mapping[str, str], names: RateLimitHeaders) -> ObservedLimits:
    """Return what an answer's headers say; what is absent or makes no sense is None."""
    wanted = _wanted(names)
    lowered = {name.lower(): headers[name] for name in headers if name.lower() in wanted}
    if not lowered:
        return _NOTHING
    return ObservedLimits(
        requests=_observed(lowered, names.requests), tokens=_observed(lowered, names.tokens)
    )


_NOTHING: Final = ObservedLimits()


@lru_cache(maxsize=256)
def _wanted(names: RateLimitHeaders) -> frozenset[str]:
    found = [
        (one.limit, one.remaining, one.reset, one.window_header)
        for one in (names.requests, names.tokens)
    ]
    return frozenset([name.lower() for each in found for name in each if name])


def _observed(headers: Mapping[str, str], names: LimitHeaders) -> Observed:
    reset = _text(headers, names.reset)
    return Observed(
        limit=_number(_text(headers, names.limit)),
        remaining=_number(_text(headers, names.remaining)),
        reset=None if reset is None else reset_seconds(reset, names.reset_unit),
        window=names.window or _number(_text(headers, names.window_header)) or None,
    )


def _text(headers: Mapping[str, str], name: str | None) -> str | None:
    return headers.get(name.lower()) if name else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def span_seconds(text: str) -> float | None:
    """Return the seconds of a span such as `12ms`, `6m0s` or `20m52.6s`; None if it is none."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    parts = list(_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        return None
    return sum(float(part[1]) * _UNITS[part[2]] for part in parts)


def reset_seconds(text: str, unit: Unit = "auto", now: datetime | None = None) -> float | None:
    """Return in how many seconds a limit is reset: a span, a number, or a moment (RFC 3339).

    A moment in the past is 0; what makes no sense is None. `now` is the moment to count from.
    """
    text = text.strip()
    span = span_seconds(text)
    if span is not None:
        return span
    moment = _moment(text)
    if moment is not None:
        return _until(moment, now)
    number = _number(text)
    if number is None:
        return None
    if unit == "milliseconds":
        return number / 1000
    if unit == "epoch" or (unit == "auto" and number >= _EPOCH):
        return _until(number / 1000 if number >= _EPOCH_MS else number, now)
    return number


def _moment(text: str) -> float | None:
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    date, clock, fraction, zone = found.groups()
    zone = "+00:00" if zone in "Zz" else zone
    try:
        whole = datetime.fromisoformat(f"{date}T{clock}{zone}")
    except ValueError:
        return None
    return whole.timestamp() + float(fraction or 0)


def _until(moment: float, now: datetime | None) -> float:
    return max(0.0, moment - (now or datetime.now(timezone.utc)).timestamp())
