"""Errors: one root, facts as attributes, and nothing lost in a pickle."""

import ast
import inspect
import pickle
import re

import pytest

from ai_lib.errors import (
    STANDARD_ERROR_CODES,
    AiLibError,
    ConnectError,
    CredentialError,
    InvalidToolArguments,
    ManifestSyntaxError,
    RemoteError,
    TransportTimeout,
    classify_http_error,
    exceptions as tree,
    standard_code,
)
from ai_lib.errors.classification import retry_after
from ai_lib.types import Attempt
from tests.house.packages import ROOT

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
        TransportTimeout("late", timeout_name="idle", seconds=1.5, url="http://h/"),
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


def _drawn() -> dict[str, str]:
    """Read which error is under which from the drawing at the top of the module."""
    above: list[str] = []
    found: dict[str, str] = {}
    for line in (tree.__doc__ or "").split("\n"):
        drawn = re.match(r"    ((?:[|] {3}| {4})*)(?:[|]--|`--)? ?([A-Z]\w+)(?: |$)", line)
        if drawn is None or ("--" not in line and above):
            continue
        depth = 0 if "--" not in line else len(drawn[1]) // 4 + 1
        above[depth:] = [drawn[2]]
        found[drawn[2]] = above[depth - 1] if depth else ""
    return found


def _kinds() -> list[type[AiLibError]]:
    kinds = [kind for _, kind in inspect.getmembers(tree, inspect.isclass)]
    return [kind for kind in kinds if issubclass(kind, AiLibError)]


def test_the_drawing_shows_every_error_in_its_place() -> None:
    classes = {kind.__name__: kind.__bases__[0].__name__ for kind in _kinds()}
    assert _drawn() == {**classes, "AiLibError": ""}


def test_the_library_raises_no_error_from_elsewhere() -> None:
    """The lab's own two are for tests of applications."""
    rooms = {"testing", "cli", "errors"}
    defined = {
        (path.relative_to(ROOT / "ai_lib").parts[0], node.name)
        for path in (ROOT / "ai_lib").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and path.name != "exceptions.py"
        and {ast.unparse(base) for base in node.bases} & {kind.__name__ for kind in _kinds()}
    }
    internal = {"StoreBusy", "ErrorReply"}  # caught inside the cache, and inside shared state
    assert {name for room, name in defined if room not in rooms} == internal


@pytest.mark.parametrize("kind", _kinds())
def test_every_error_pickles(kind: type[AiLibError]) -> None:
    samples = {"message": "no", "problem": "no", "position": 3, "seconds": 1.5}
    required = [
        name
        for name, one in inspect.signature(kind).parameters.items()
        if one.default is one.empty and one.kind is not one.VAR_KEYWORD
    ]
    by_place = [
        name
        for name in required
        if inspect.signature(kind).parameters[name].kind is not inspect.Parameter.KEYWORD_ONLY
    ]
    values = {name: samples.get(name, "some") for name in required}
    error = kind(
        *(values[name] for name in by_place),
        **{name: value for name, value in values.items() if name not in by_place},
    )
    error.provider, error.attempts = "house", (Attempt(provider="house", model="m"),)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
    assert type(copy) is kind
    assert (str(copy), vars(copy)) == (str(error), vars(error))


def test_a_timeout_is_a_timeout_to_everyone() -> None:
    error = TransportTimeout("late", timeout_name="total", seconds=3.0)
    assert isinstance(error, TimeoutError)
    assert error.error_type == "timeout"
    assert error.retryable


STATUSES = {
    "invalid_request": [400, 405, 415, 418, 422, 451],
    "authentication": [401],
    "quota_exhausted": [402],
    "permission_denied": [403],
    "not_found": [404, 410],
    "timeout": [408, 504],
    "conflict": [409],
    "request_too_large": [413],
    "rate_limited": [429],
    "cancelled": [499],
    "server_error": [500, 501, 502, 505, 599],
    "overloaded": [503, 529],
    "unknown": [200, 302, 399, 600],
}


@pytest.mark.parametrize("name", STATUSES)
def test_the_standard_table_by_status(name: str) -> None:
    assert {classify_http_error(status).name for status in STATUSES[name]} == {name}


@pytest.mark.parametrize(
    ("word", "message", "status", "name"),
    [
        ("rate_limited", "used up", 429, "quota_exhausted"),
        ("rate_limited", "broken", 429, "rate_limited"),
        ("authentication", "used up", 401, "authentication"),
        ("server_error", "used up", 500, "quota_exhausted"),
        ("server_error", "broken", 500, "server_error"),
        ("invalid_request", "odd", 503, "overloaded"),
        ("invalid_request", "odd", 400, "invalid_request"),
        ("not_found", "odd", 503, "not_found"),
    ],
)
def test_a_vague_word_gives_way_and_a_limit_to_a_quota(
    word: str, message: str, status: int, name: str
) -> None:
    found = classify_http_error(
        status,
        words=("said",),
        message=message,
        by_code={"said": word},
        by_message={"used up": "quota_exhausted", "broken": "server_error"},
        by_http_status={"503": "overloaded"},
    )
    assert found.name == name


def test_a_long_expression_is_shown_in_part() -> None:
    whole, long = "x" * 120, "x" * 121
    assert repr(whole) in str(ManifestSyntaxError(whole, 3, "no end"))
    assert repr("x" * 117 + "...") in str(ManifestSyntaxError(long, 3, "no end"))


def test_only_what_may_pass_is_tried_again() -> None:
    refused, lasting = ConnectError("refused"), ConnectError("not trusted")
    lasting.is_lasting = True
    assert (refused.retryable, lasting.retryable) == (True, False)


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
