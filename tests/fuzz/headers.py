"""Fuzzers of the headers an answer may carry: Retry-After and rate limits."""

import math
from datetime import datetime, timezone
from random import Random

from ai_lib.errors.classification import retry_after
from ai_lib.protocol.manifest.model import ResetFormat
from ai_lib.resilience.rate_limit.headers import RateLimitHeaders, read_limits
from ai_lib.resilience.rate_limit.quota import Quota, RateLimiterConfig, Reservation

PARTS = (
    "1", "0", "60", "12ms", "6m0s", "20m52.6s", "1d", "s", "ms", "m", ".5", "-", "+", "e", "E", "_",
    " ", "\t", "inf", "nan", "1e400", "9" * 400, "9" * 4400, "9" * 400 + "s", "٣", "1_0", "µs",
    "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00", " -0000", " +9999",
    " +99999999999999999999", "Fri, 31 Dec 9999 23:59:59", "Mon, 01 Jan 0001 00:00:00", " GMT",
    "Sun, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "2025-01-01T00:00:00Z", "T", "Z",
    "9999-12-31T23:59:59", "0001-01-01T00:00:00", "-23:59", "+23:59", ".999999999", "1700000000",
    "1700000000000", ":", ",", ";", "soon", "0x10", "\xa0", "\x00", "Dec", "2015",
)  # fmt: skip
UNITS: tuple[ResetFormat, ...] = (
    "auto", "seconds", "milliseconds", "epoch", "unix", "unix_milliseconds", "duration", "rfc3339",
)  # fmt: skip


def _value(chance: Random) -> str:
    return "".join(chance.choice(PARTS) for _ in range(chance.choice((1, 1, 2, 3))))


def _makes_sense(seconds: float | None) -> bool:
    return seconds is None or (math.isfinite(seconds) and seconds >= 0)


def headers(chance: Random) -> None:
    """Whatever a header says, it is seconds from 0 on, or nothing."""
    names = ("retry-after", "retry-after-ms", "x-wait")
    told = {name: _value(chance) for name in names if chance.random() < 0.7}
    seconds = retry_after(told, chance.choice((None, "retry-after", "x-wait")))
    assert _makes_sense(seconds), (told, seconds)

    block = {
        "requests_limit": "l", "requests_remaining": "r", "requests_reset": "t",
        "tokens_limit": "L", "tokens_remaining": "R", "tokens_reset": "T",
        "reset_format": chance.choice(UNITS), "requests_window": chance.choice((60, "1d", "w")),
    }  # fmt: skip
    known = RateLimitHeaders.from_protocol(block)
    assert known is not None
    said = {name: _value(chance) for name in "lrtLRTw" if chance.random() < 0.8}
    limits = read_limits(said, known)
    for measure in (limits.requests, limits.tokens):
        for value in (measure.limit, measure.remaining, measure.reset, measure.window):
            assert _makes_sense(value), (said, measure)
    quota = Quota(RateLimiterConfig(), 0.0)
    quota.learn(limits, 0.0)
    one = Reservation(10.0)
    assert _makes_sense(quota.get_wait_time(one, 0.0)), said
    if quota.reserve(one, 0.0) == 0:
        quota.settle(one, 5.0)
    assert quota.get_available(datetime.now(timezone.utc).timestamp()) >= 0
