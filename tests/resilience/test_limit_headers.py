"""Rate-limit headers in the forms providers send them."""

import time
from datetime import datetime, timedelta, timezone

import pytest

from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.resilience.rate_limit.headers import (
    LimitStatus,
    RateLimitHeaders,
    parse_reset,
    parse_span,
    read_limits,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)
EPOCH = NOW.timestamp()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12ms", 0.012),
        ("6m0s", 360.0),
        ("20m52.6s", 1252.6),
        ("17.56s", 17.56),
        ("1h2m3s", 3723.0),
        ("1d", 86400.0),
        ("150us", 0.00015),
        ("0s", 0.0),
        ("5", 5.0),
        ("0.25", 0.25),
        (" 7 ", 7.0),
        ("2026-03-01T12:00:30Z", 30.0),
        ("2026-03-01T12:00:30.250Z", 30.25),
        ("2026-03-01T14:01:00+02:00", 60.0),
        ("2026-03-01T11:00:00Z", 0.0),
        (str(int(EPOCH) + 90), 90.0),
        (str((int(EPOCH) + 90) * 1000), 90.0),
        ("soon", None),
        ("", None),
        ("-3", None),
        ("nan", None),
        ("5 apples", None),
        ("6m0", None),
        ("2026-13-41T99:00:00Z", None),
    ],
)
def test_a_reset_in_every_form(text: str, seconds: float | None) -> None:
    found = parse_reset(text, now=NOW)
    assert found == (None if seconds is None else pytest.approx(seconds, abs=1e-6))


def test_a_plain_number_means_what_the_manifest_says() -> None:
    assert parse_reset("1500", "milliseconds") == 1.5
    assert parse_reset("1500", "seconds") == 1500
    assert parse_reset(str(EPOCH + 2), "epoch", NOW) == pytest.approx(2, abs=1e-6)


def test_without_a_moment_given_the_present_one_counts() -> None:
    later = datetime.now(timezone.utc) + timedelta(seconds=100)
    found = parse_reset(later.isoformat().replace("+00:00", "Z"))
    assert found is not None
    assert 90 < found <= 100


def test_a_span_is_only_a_span() -> None:
    assert parse_span("1m30s") == 90
    assert parse_span("90") is None


def test_headers_are_found_by_the_manifests_names_whatever_their_case() -> None:
    names = RateLimitHeaders.from_protocol(
        {
            "requests_limit": "X-RateLimit-Limit-Requests",
            "requests_remaining": "x-ratelimit-remaining-requests",
            "requests_reset": "x-ratelimit-reset-requests",
            "tokens_remaining": "x-ratelimit-remaining-tokens",
            "tokens_reset": "x-ratelimit-reset-tokens",
            "tokens_reset_unit": "milliseconds",
            "requests_window": "1d",
            "retry_after": None,
        }
    )
    assert names is not None
    headers = {
        "x-ratelimit-limit-requests": "500",
        "X-RateLimit-Remaining-Requests": "499",
        "x-ratelimit-reset-requests": "6m0s",
        "x-ratelimit-remaining-tokens": "many",
        "x-ratelimit-reset-tokens": "250",
    }
    found = read_limits(headers, names)
    assert found.requests == LimitStatus(limit=500, remaining=499, reset=360, window=86400)
    assert found.tokens == LimitStatus(remaining=None, reset=0.25)


@pytest.mark.parametrize("block", [None, {}, {"retry_after": "retry-after"}])
def test_a_manifest_that_names_nothing_gives_nothing_to_learn(
    block: dict[str, object] | None,
) -> None:
    assert RateLimitHeaders.from_protocol(block) is None


def bundled(name: str) -> RateLimitHeaders:
    document = find_bundled_manifest(name)
    found = RateLimitHeaders.from_manifest(read_manifest(document, name).rate_limits)
    assert found is not None
    return found


def test_the_manifests_windows_are_seconds_spans_or_headers() -> None:
    assert bundled("openai").requests.window == 60
    assert bundled("groq").requests.window == 86400
    headers = {
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-renewalperiod-requests": "10",
        "x-ratelimit-limit-tokens": "2000",
    }
    told = read_limits(headers, bundled("azure"))
    assert (told.requests.limit, told.requests.window) == (10, 10)
    # The header that tells the window is absent: then nothing is known of it.
    assert (told.tokens.limit, told.tokens.window) == (2000, None)


def test_a_reset_format_holds_for_both_measures() -> None:
    headers = {"r-left": "1", "r-reset": "250", "t-left": "1", "t-reset": "250"}
    block = {
        "requests_remaining": "r-left",
        "requests_reset": "r-reset",
        "tokens_remaining": "t-left",
        "tokens_reset": "t-reset",
        "tokens_reset_unit": "seconds",
        "reset_format": "milliseconds",
    }
    names = RateLimitHeaders.from_protocol(block)
    assert names is not None
    told = read_limits(headers, names)
    assert (told.requests.reset, told.tokens.reset) == (0.25, 250)
    with pytest.raises(ValueError, match="reset_format"):
        RateLimitHeaders.from_protocol({**block, "reset_format": "furlongs"})


@pytest.mark.parametrize("text", ["9" * 400 + "s", "9" * 200_000, "9" * 200_000 + "x", "1m" * 9999])
def test_a_value_that_goes_on_and_on_is_none_and_takes_no_time(text: str) -> None:
    began = time.process_time()
    assert parse_reset(text) is None
    assert time.process_time() - began < 5  # it took minutes
