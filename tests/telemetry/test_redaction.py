"""Secrets are taken out, wherever they stand; what is none stays."""

import pytest

from ai_lib.telemetry import Redactor


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key sk-proj-Abc123Abc123Abc123 used", "key *** used"),
        ("sk-ant-api03-Abc123Abc123", "***"),
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer ***"),
        ("sent Bearer abcdef123456 along", "sent Bearer *** along"),
        ("https://host/v1?alt=sse&key=AbCdEf&x=1", "https://host/v1?alt=sse&key=***&x=1"),
        ('{"api_key": "hello", "n": 1}', '{"api_key": "***", "n": 1}'),
        ("abc-0123456789abcdef0123456789abcdef01", "***"),
        pytest.param(f"sk-{'a' * 5000} x", "*** x", id="a long key"),
        pytest.param(f"password: {'a' * 5000} x", "password: *** x", id="a long password"),
        ("AIzaSyA0123456789abcdef", "***"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln done", "token *** done"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert Redactor().redact_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "550e8400-e29b-41d4-a716-446655440000",
        "gpt-4o-mini-2024-07-18",
        "claude-haiku-4-5-20251001",
        "chatcmpl-9fJ2kLm0PqRsTuVwXyZ0123456789AbC",
        "the bearer certificates of the town",
        "max_tokens=100, tokens: 5",
        "risk-averse people ask-and-answer questions",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor().redact_text(text) == text


def test_names_hide_their_values_in_nested_data() -> None:
    data = {
        "tokens": 100,
        "headers": [("X-Api-Key", "plain"), ("accept", "json")],
        "config": {"clientSecret": "plain", "deep": [{"password": 12345, "user": "ann"}]},
        "raw": b"sk-proj-Abc123Abc123Abc123",
        "error": ValueError("api_key=plain"),
        "none": None,
    }
    assert Redactor().redact_fields(data) == {
        "tokens": 100,
        "headers": [["X-Api-Key", "***"], ["accept", "json"]],
        "config": {"clientSecret": "***", "deep": [{"password": "***", "user": "ann"}]},
        "raw": "***",
        "error": "ValueError: api_key=***",
        "none": None,
    }


def test_a_known_secret_is_hidden_whatever_it_looks_like_and_in_addresses() -> None:
    redactor = Redactor(names=["pin"]).with_secrets(["my key/1"])
    assert redactor.redact_text("a my key/1 b my+key%2F1 c") == "a *** b *** c"
    assert redactor.redact_fields({"pin": "x", "place": "my key/1"}) == {
        "pin": "***",
        "place": "***",
    }


def test_size_and_depth_are_bounded() -> None:
    endless: dict[str, object] = {}
    endless["self"] = endless
    assert "..." in repr(Redactor().redact_value(endless))
    assert len(Redactor().redact_text("a " * 100_000)) < 65_600


@pytest.mark.parametrize(
    "piece",
    [
        "eyJ",
        "eyJaaaaaaaaaa ",
        "a-" + "b" * 40 + "-",
        "sk-",
        "a-",
        "password",
        "bearer 1 ",
        'api_key="',
        "?key=",
    ],
)
def test_hostile_text_takes_no_longer_than_reading_it_a_few_hundred_times(piece: str) -> None:
    from time import process_time

    text = (piece * 65_536)[:65_536]
    began = process_time()
    Redactor().redact_text(text)
    assert process_time() - began < 3


def test_a_text_is_cut_beyond_its_greatest_length_and_not_before() -> None:
    text = "x" * 65_536
    assert Redactor().redact_text(text) == text
    assert Redactor().redact_text(text + "yz") == f"{text}... (2 more characters)"
