"""An error answer as a typed error: its facts, its class, when to try again (protocol.md)."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from ai_lib.errors import codes
from ai_lib.errors.classification import classify_http_error, retry_after
from ai_lib.errors.codes import STANDARD_ERROR_CODES, StandardErrorCode, standard_code
from ai_lib.pipeline.errors import decode_error_body, remote_error
from tests.pipeline.manifests import bundled

BY_STATUS = {
    400: codes.INVALID_REQUEST,
    401: codes.AUTHENTICATION,
    403: codes.PERMISSION_DENIED,
    404: codes.NOT_FOUND,
    408: codes.TIMEOUT,
    409: codes.CONFLICT,
    413: codes.REQUEST_TOO_LARGE,
    422: codes.INVALID_REQUEST,
    429: codes.RATE_LIMITED,
    500: codes.SERVER_ERROR,
    503: codes.OVERLOADED,
    504: codes.TIMEOUT,
    529: codes.OVERLOADED,
    418: codes.INVALID_REQUEST,
    599: codes.SERVER_ERROR,
    302: codes.UNKNOWN,
}


@pytest.mark.parametrize(("status", "expected"), BY_STATUS.items())
def test_the_status_alone_has_a_class(status: int, expected: StandardErrorCode) -> None:
    assert classify_http_error(status) is expected


def test_the_order_is_code_status_word_message_manifest_status_standard_status() -> None:
    facts: dict[str, object] = {
        "words": ("a_code", "a_type", "A_STATUS"),
        "message": "The Quota is gone",
        "by_code": {"a_type": "conflict"},
        "by_status": {"A_STATUS": "timeout"},
        "by_message": {"quota": "quota_exhausted"},
        "by_http_status": {"429": "overloaded"},
    }
    order = ["by_code", "by_status", "by_message", "by_http_status"]
    found = []
    for name in [*order, ""]:
        found.append(classify_http_error(429, **facts).name)  # type: ignore[arg-type]
        facts.pop(name, None)
    assert found == ["conflict", "timeout", "quota_exhausted", "overloaded", "rate_limited"]


def test_a_429_is_quota_only_when_a_code_says_so() -> None:
    text = "You exceeded your current quota, please check your plan and billing details."
    limited = remote_error(bundled("openai"), 429, {"error": {"message": text}})
    quota = {"error": {"message": text, "code": "insufficient_quota"}}
    assert limited.standard_code is codes.RATE_LIMITED
    assert remote_error(bundled("openai"), 429, quota).standard_code is codes.QUOTA_EXHAUSTED


def test_every_code_is_found_by_name_and_by_number() -> None:
    assert len(STANDARD_ERROR_CODES) == 13
    for code in STANDARD_ERROR_CODES:
        assert standard_code(code.name) is standard_code(code.code) is code
    assert standard_code("no such class") is codes.UNKNOWN


BODIES: dict[str, tuple[str, object, tuple[str, str | None, str | None]]] = {
    "the usual envelope": (
        "openai",
        {"error": {"message": "m", "type": "t", "code": "c", "param": "p"}},
        ("m", "c", "t"),
    ),
    "null facts": (
        "openai",
        {"error": {"message": "m", "type": None, "code": None}},
        ("m", None, None),
    ),
    "a number for a code": ("openai", {"error": {"message": "m", "code": 7}}, ("m", "7", None)),
    "an error that is a string": ("openai", {"error": "m"}, ("m", None, None)),
    "facts without an envelope": ("openai", {"message": "m", "code": "c"}, ("m", "c", None)),
    "detail": ("openai", {"detail": "m"}, ("m", None, None)),
    "a typed envelope": (
        "anthropic",
        {"type": "error", "error": {"type": "t", "message": "m"}, "request_id": "r"},
        ("m", None, "t"),
    ),
    "a status word": (
        "gemini",
        {"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT"}},
        ("m", "400", "INVALID_ARGUMENT"),
    ),
    "text": ("openai", "<html>m</html>", ("<html>m</html>", None, None)),
    "a list of one": (
        "gemini",
        [{"error": {"code": 400, "message": "m", "status": "INVALID_ARGUMENT"}}],
        ("m", "400", "INVALID_ARGUMENT"),
    ),
    "a list of words": ("openai", ["m"], ('["m"]', None, None)),
    "an empty list": ("openai", [], ("[]", None, None)),
    "nothing known": ("openai", {"why": "m"}, ('{"why":"m"}', None, None)),
}  # fmt: skip


@pytest.mark.parametrize(("provider", "body", "facts"), BODIES.values(), ids=list(BODIES))
def test_the_facts_are_found(
    provider: str, body: object, facts: tuple[str, str | None, str | None]
) -> None:
    error = remote_error(bundled(provider), 400, body)
    message, code, kind = facts
    assert message in str(error)
    assert (error.code, error.type) == (code, kind)
    assert (error.status_code, error.provider, error.body) == (400, provider, body)
    assert error.standard_code is codes.INVALID_REQUEST


def test_a_long_message_is_shown_in_part_and_kept_whole() -> None:
    error = remote_error(bundled("openai"), 400, {"error": {"message": "m" * 5000}})
    assert len(str(error)) < 700
    assert error.body == {"error": {"message": "m" * 5000}}


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({"x-request-id": "a"}, {}, "a"),
        ({"request-id": "b"}, {}, "b"),
        ({}, {"request_id": "c"}, "c"),
        ({}, {}, None),
    ],
)
def test_the_request_id_is_found(
    headers: dict[str, str], body: dict[str, str], expected: str | None
) -> None:
    assert remote_error(bundled("anthropic"), 500, body, headers).request_id == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b"  busy \n", "busy"),
        (b"", "(no body)"),
        (b"caf\xe9", "caf\ufffd"),
        (b'"\xed\xa0\x80"', '"\ufffd\ufffd\ufffd"'),
        (b"[" * 100_000, "[" * 100_000),
    ],
    ids=["JSON", "text", "nothing", "another encoding", "half a character", "nested too deep"],
)
def test_an_error_body_may_be_anything(data: bytes, expected: object) -> None:
    assert decode_error_body(data) == expected


def in_seconds(seconds: int) -> str:
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({}, None),
    ],
)
def test_retry_after_is_read(headers: Mapping[str, str], expected: float | None) -> None:
    assert retry_after(headers) == expected


@pytest.mark.parametrize("zone", ["GMT", "+0000"])
def test_retry_after_may_be_a_date(zone: str) -> None:
    found = retry_after({"retry-after": in_seconds(60).replace("GMT", zone)})
    assert found is not None
    assert 50 < found <= 60


def test_the_manifests_own_header_is_asked_first() -> None:
    headers = {"x-reset": "3", "retry-after": "9", "retry-after-ms": "1"}
    assert retry_after(headers, "x-reset") == 3.0
    assert retry_after({"retry-after": "9"}, "x-reset") == 9.0


@pytest.mark.parametrize(
    "date",
    [
        "Wed, 21 Oct 2015 07:28:00 +99999999999999999999",
        f"Wed, 21 Oct {2**31} 07:28:00 GMT",
    ],
)
def test_a_date_that_is_none_says_nothing(date: str) -> None:
    assert retry_after({"retry-after": date}) is None


@pytest.mark.parametrize("code", ["9" * 5000, "4\u06600", "600", "40", "4000"])
def test_a_code_that_is_no_status_is_none(code: str) -> None:
    error = remote_error(bundled("openai"), 200, {"error": {"message": "no", "code": code}})
    assert error.standard_code == codes.SERVER_ERROR


def test_a_body_with_half_a_character_is_shown_all_the_same() -> None:
    error = remote_error(bundled("openai"), 500, {"told": "\ud83d"})
    assert "\\ud83d" in str(error)
