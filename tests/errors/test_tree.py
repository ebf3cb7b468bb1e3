"""Errors: one root, facts as attributes, and nothing lost in a pickle."""

import inspect
import pickle

import pytest

from ai_lib.errors import (
    STANDARD_ERROR_CODES,
    AiLibError,
    CredentialError,
    InvalidToolArguments,
    ManifestSyntaxError,
    RemoteError,
    TransportTimeout,
    classify_http_error,
    standard_code,
    tree,
)
from ai_lib.errors.classify import retry_after

# AI-Protocol, schemas/v2/error-codes.yaml: code, name, retryable, fallbackable.
TABLE = [
    ("E1001", "invalid_request", False, False),
    ("E1002", "authentication", False, True),
    ("E1003", "permission_denied", False, False),
    ("E1004", "not_found", False, False),
    ("E1005", "request_too_large", False, False),
    ("E2001", "rate_limited", True, True),
    ("E2002", "quota_exhausted", False, True),
    ("E3001", "server_error", True, True),
    ("E3002", "overloaded", True, True),
    ("E3003", "timeout", True, True),
    ("E4001", "conflict", True, False),
    ("E4002", "cancelled", False, False),
    ("E9999", "unknown", False, False),
]


def test_the_thirteen_codes_are_those_of_the_protocol() -> None:
    found = [(c.code, c.name, c.retryable, c.fallbackable) for c in STANDARD_ERROR_CODES]
    assert found == TABLE


def test_every_error_has_the_one_root() -> None:
    kinds = [kind for _, kind in inspect.getmembers(tree, inspect.isclass)]
    errors = [kind for kind in kinds if issubclass(kind, Exception)]
    assert len(errors) > 20
    assert all(issubclass(kind, AiLibError) for kind in errors)


@pytest.mark.parametrize(
    "error",
    [
        RemoteError("no", status_code=429, code="slow", retry_after=2.0, provider="house"),
        TransportTimeout("late", clock="idle", seconds=1.5, url="http://h/"),
        InvalidToolArguments("bad", tool_call_id="1", tool_name="t", raw="{"),
        ManifestSyntaxError("a &&", 4, "an operand is missing"),
        CredentialError("none", looked_in=["HOUSE_API_KEY"]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_pickle_keeps_every_fact(error: AiLibError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_a_timeout_is_a_timeout_to_everyone() -> None:
    error = TransportTimeout("late", clock="total", seconds=3.0)
    assert isinstance(error, TimeoutError)
    assert error.error_type == "timeout"
    assert error.retryable


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "invalid_request"),
        (401, "authentication"),
        (403, "permission_denied"),
        (404, "not_found"),
        (408, "timeout"),
        (409, "conflict"),
        (413, "request_too_large"),
        (418, "invalid_request"),
        (429, "rate_limited"),
        (500, "server_error"),
        (503, "overloaded"),
        (504, "timeout"),
        (529, "overloaded"),
        (599, "server_error"),
        (302, "unknown"),
    ],
)
def test_the_standard_table_by_status(status: int, name: str) -> None:
    assert classify_http_error(status).name == name


def test_a_code_counts_more_than_a_message_and_a_message_more_than_the_status() -> None:
    tables = {
        "by_code": {"insufficient_quota": "quota_exhausted"},
        "by_status": {"UNAVAILABLE": "overloaded"},
        "by_message": {"too many tokens": "request_too_large"},
        "by_http_status": {"429": "rate_limited"},
    }
    say = "Too many tokens"
    words = ("insufficient_quota", None)
    assert classify_http_error(429, words=words, message=say, **tables).name == "quota_exhausted"
    assert classify_http_error(429, words=("UNAVAILABLE",), **tables).name == "overloaded"
    assert classify_http_error(429, message=say, **tables).name == "request_too_large"
    assert classify_http_error(429, message="slow down", **tables).name == "rate_limited"


def test_a_message_about_billing_alone_is_no_quota_error() -> None:
    assert classify_http_error(429, message="check your billing plan").name == "rate_limited"


@pytest.mark.parametrize("name", ["other", "something else", ""])
def test_an_unknown_class_is_unknown(name: str) -> None:
    assert standard_code(name).code == "E9999"


@pytest.mark.parametrize(
    ("headers", "declared", "seconds"),
    [
        ({"retry-after": "3"}, None, 3.0),
        ({"retry-after": "1.5"}, None, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, None, 0.25),
        ({"x-wait": "4", "retry-after": "9"}, "x-wait", 4.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, None, 0.0),
        ({"retry-after": "soon"}, None, None),
        ({"retry-after": "-5"}, None, None),
        ({"retry-after": "nan"}, None, None),
        ({}, None, None),
    ],
)
def test_retry_after_in_every_form(
    headers: dict[str, str], declared: str | None, seconds: float | None
) -> None:
    assert retry_after(headers, declared) == seconds
