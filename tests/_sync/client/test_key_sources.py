# Generated from tests/client/test_key_sources.py by codegen; do not edit.
"""A key may come from a function, which is asked when a key is needed."""

import copy
import pickle
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest

from ai_lib.types.wire import HttpRequest
from ai_lib_sync import AiClient
from ai_lib_sync._runtime.backend import Event, run_all
from ai_lib_sync.embeddings import EmbeddingClient
from ai_lib_sync.errors import (
    AiLibError,
    CredentialError,
    CredentialTypeError,
    PicklingError,
    RemoteError,
)
from ai_lib_sync.resilience import CircuitBreakerConfig, RetryConfig
from ai_lib_sync.routing import ModelArray, ModelEndpoint
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.transport import CredentialCache, CredentialSource, IssuedCredential

REFUSED = Reply(status=401, error="the token has expired")
KEYS = ["canary-key-1", "canary-key-2", "canary-key-3", "canary-key-4"]


class Keys:
    """Gives one key after the other, each good for so many seconds; an error in its place."""

    def __init__(self, *lifetimes: float | Exception | None) -> None:
        self.lifetimes = lifetimes
        self.asked = 0

    def __call__(self) -> Any:
        lifetime = self.lifetimes[self.asked]
        self.asked += 1
        if isinstance(lifetime, Exception):
            raise lifetime
        key = KEYS[self.asked - 1]
        return key if lifetime is None else (key, time.time() + lifetime)


def send(mock: MockProvider, keys: Any, count: int = 1) -> list[str]:
    """Make calls one after the other; return the keys that arrived."""
    with mock.client("openai/gpt-4o", api_key=keys) as client:
        for _ in range(count):
            client.chat().user("?").execute()
    return sent_keys(mock)


def sent_keys(mock: MockProvider) -> list[str]:
    """Return the number of each key that arrived."""
    return [request.headers["authorization"].rpartition("-")[2] for request in mock.requests]


@pytest.mark.parametrize(
    ("lifetimes", "sent"),
    [
        ((None, None, None), ["1", "2", "3"]),  # nothing says how long a key holds
        ((3600, 3600), ["1", "1", "1"]),
        ((1, 3600), ["1", "2", "2"]),  # about to expire
        ((1, 1, 1), ["1", "2", "3"]),
        ((-5, 3600), ["1", "2", "2"]),  # expired when it came
        ((30, OSError("down"), OSError("down")), ["1", "1", "1"]),  # the old one still serves
    ],
)
def test_a_key_is_kept_until_shortly_before_its_expiry(lifetimes: Any, sent: list[str]) -> None:
    with MockProvider() as mock:
        assert send(mock, Keys(*lifetimes), 3) == sent


def test_streams_operations_and_embeddings_ask_as_well() -> None:
    with MockProvider() as mock:
        keys = Keys(3600)
        with mock.client("openai/gpt-4o", api_key=keys) as client:
            with client.chat().user("?").stream() as stream:
                for _ in stream:
                    pass
            client.invoke("list_models")
        url = mock.base_url("openai")
        model = "openai/text-embedding-3-small"
        with EmbeddingClient.create(model, keys, url) as embedder:
            with pytest.raises(CredentialError, match="IndexError"):
                embedder.embed("?")
            keys.lifetimes = (0, 3600)
            embedder.embed("?")
        assert sent_keys(mock) == ["1", "1", "2"]


def test_each_target_asks_its_own_source() -> None:
    with MockProvider([REFUSED, REFUSED]) as mock:
        builder = mock.builder("openai/gpt-4o").api_key(Keys(3600, 3600))
        builder.with_fallbacks(["groq/llama-3.3-70b-versatile"])
        builder.api_key_for("groq/llama-3.3-70b-versatile", lambda: "canary-key-9")
        builder.base_url_for("groq/llama-3.3-70b-versatile", mock.base_url("groq"))
        with builder.build() as client:
            client.chat().user("?").execute()
        assert sent_keys(mock) == ["1", "2", "9"]


def test_an_endpoint_may_have_a_function() -> None:
    with MockProvider() as mock:
        endpoint = ModelEndpoint(
            "openai/gpt-4o", base_url=mock.base_url("openai"), api_key=Keys(3600)
        )
        builder = AiClient.builder().routing(ModelArray([endpoint]))
        with builder.build() as client:
            client.chat().user("?").execute()
            client.chat().user("?").execute()
        assert sent_keys(mock) == ["1", "1"]


def test_all_calls_wait_for_one_key() -> None:
    with MockProvider() as mock:
        keys = Keys(*[3600] * 4)
        with mock.client("openai/gpt-4o", api_key=keys) as client:

            def call() -> str:
                return (client.chat().user("?").execute()).content

            run_all([call] * 20, 20)
        assert keys.asked == 1
        assert sent_keys(mock) == ["1"] * 20


@pytest.mark.parametrize("streamed", [False, True])
def test_a_refused_key_is_replaced_once(streamed: bool) -> None:
    with MockProvider([REFUSED]) as mock:
        keys = Keys(3600, 3600, 3600)
        with mock.client("openai/gpt-4o", api_key=keys) as client:
            chat = client.chat().user("?")
            if streamed:
                stream = chat.stream()
                for _ in stream:
                    pass
                response = stream.response()
            else:
                response = chat.execute()
            assert [attempt.status_code for attempt in response.attempts] == [401, None]
            mock.enqueue(REFUSED, REFUSED)
            with pytest.raises(RemoteError, match="expired") as caught:
                client.chat().user("?").execute()
        assert len(caught.value.attempts) == 2
        assert sent_keys(mock) == ["1", "2", "2", "3"]


def test_a_key_given_as_text_is_sent_once() -> None:
    with MockProvider([REFUSED]) as mock:
        with pytest.raises(RemoteError):
            send(mock, "canary-key-0")
        assert sent_keys(mock) == ["0"]


def test_a_source_that_fails_is_no_failure_of_the_provider() -> None:
    with MockProvider() as mock:
        keys = Keys(*[ValueError(f"the vault is sealed, {KEYS[0]}")] * 4)
        builder = mock.builder("openai/gpt-4o").api_key(keys)
        builder.with_retry(
            RetryConfig(min_delay_ms=1, max_delay_ms=1, retry_on_error_class=["authentication"])
        )
        builder.with_circuit_breaker(CircuitBreakerConfig(failure_threshold=1))
        with builder.build() as client:
            with pytest.raises(CredentialError, match="the api_key function failed") as caught:
                client.chat().user("?").execute()
            assert client.circuit_state == "closed"
        error = caught.value
        assert keys.asked == 1
        assert mock.requests == []
        assert error.provider == "openai"
        assert isinstance(error.__cause__, ValueError)
        assert [attempt.sent for attempt in error.attempts] == [False]  # type: ignore[attr-defined]


def test_a_late_failure_is_an_error_and_shows_no_key() -> None:
    with MockProvider() as mock:
        keys = Keys(-5, ValueError(f"{KEYS[0]} is used up"), 3600)
        with mock.client("openai/gpt-4o", api_key=keys) as client:
            client.chat().user("?").execute()
            with pytest.raises(CredentialError, match=r"ValueError: \*\*\* is used up") as caught:
                client.chat().user("?").execute()
            assert KEYS[0] not in f"{caught.value!r}{caught.value.__cause__!r}"
            client.chat().user("?").execute()
        assert sent_keys(mock) == ["1", "3"]


@pytest.mark.parametrize(
    "result",
    [
        None,
        5,
        "  ",
        b"key",
        ("key",),
        ("key", "tomorrow"),
        ("key", 3600),
        ("key", float("nan")),
        ("key", True),
        ("key", datetime(2030, 1, 1)),
        ("key", 1, 2),
    ],
)
def test_a_function_that_gives_no_key_is_told(result: object) -> None:
    with MockProvider() as mock:
        with pytest.raises(CredentialTypeError, match="the api_key function gave") as caught:
            send(mock, lambda: result)
        assert isinstance(caught.value, TypeError)
        assert mock.requests == []


@pytest.mark.parametrize(
    "expiry",
    [
        float("inf"),
        datetime.now(timezone.utc) + timedelta(hours=1),
        datetime.now(timezone(timedelta(hours=9))) + timedelta(hours=1),
    ],
)
def test_moments_are_numbers_or_datetimes(expiry: object) -> None:
    asked: list[int] = []

    def give() -> Any:
        asked.append(1)
        return KEYS[0], expiry

    with MockProvider() as mock:
        assert send(mock, give, 2) == ["1", "1"]
    assert len(asked) == 1


@pytest.mark.parametrize("key", [5, b"key", ["key"], {"key": 1}, object(), Keys, True])
def test_what_is_no_key_is_a_type_error(key: Any) -> None:
    with pytest.raises(TypeError, match="API key is a string, or a function"):
        AiClient.create("openai/gpt-4o", api_key=key)
    with pytest.raises(TypeError, match="API key is a string, or a function"):
        AiClient.builder().api_key(key)
    with pytest.raises(TypeError, match="API key is a string, or a function"):
        AiClient.builder().api_key_for("openai/gpt-4o", key)
    with pytest.raises(TypeError, match="API key is a string, or a function"):
        EmbeddingClient.create("openai/text-embedding-3-small", key)


def test_nothing_shows_a_key() -> None:
    echo = Reply(status=400, error=f"bad request with {KEYS[0]}")
    with MockProvider([echo]) as mock:
        builder = mock.builder("openai/gpt-4o").api_key(Keys(3600))
        with builder.build() as client:
            with pytest.raises(AiLibError) as caught:
                client.chat().user("?").execute()
            explanation = client.explain()
            shown = f"{explanation}{explanation!r}{builder!r}{client.target!r}{client!r}"
        assert KEYS[0] not in f"{caught.value!r}{vars(caught.value)}"
        assert KEYS[0] not in shown
        assert "key for openai from the api_key function, sent as header" in str(
            explanation.credential
        )
        assert "Bearer $OPENAI_API_KEY" in explanation.curl


class Signature(CredentialSource):
    """Signs each attempt; a credential ends 10 seconds after it was given."""

    label = "the house"
    early_seconds = 4.0
    late_seconds = 2.0

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.asked = 0
        self.fails = False

    def issue(self) -> IssuedCredential:
        self.asked += 1
        if self.fails:
            raise CredentialError("the house is closed")
        token = f"canary-token-{self.asked}"
        return IssuedCredential(
            value=token, expires_at=self.clock() + 10, details={"id": f"id-of-{token}"}
        )

    def is_refusal(self, error: RemoteError) -> bool:
        return error.status_code == 403

    @property
    def sign(self) -> Callable[[HttpRequest, IssuedCredential], HttpRequest]:
        return sign


def sign(wire: HttpRequest, issued: IssuedCredential) -> HttpRequest:
    """Add a signature over the body."""
    signature = f"Bearer {len(wire.body)}/{issued.details['id']}/{issued.value}"
    return HttpRequest(
        url=wire.url,
        headers=(*wire.headers, ("Authorization", signature)),
        body=wire.body,
        secrets=wire.secrets | {"authorization"},
    )


def test_a_source_may_sign_and_have_margins_of_its_own() -> None:
    now = [2_000_000_000.0]
    source = Signature(lambda: now[0])
    credentials = CredentialCache(source, clock=lambda: now[0])
    with MockProvider([Reply(status=403, error="expired")]) as mock:
        with mock.client("openai/gpt-4o", api_key=credentials) as client:

            def send_at(moment: float) -> str:
                now[0] = 2_000_000_000.0 + moment
                client.chat().user("?").execute()
                return sent_keys(mock)[-1]

            assert send_at(0) == "2"  # the first was refused
            assert mock.requests[0].headers["authorization"].endswith("/canary-token-1")
            assert send_at(5.9) == "2"
            source.fails = True
            assert send_at(6.1) == "2"  # the renewal failed, unheard
            assert source.asked == 3
            assert send_at(7) == "2"  # too soon for another try: it is due at 7.05
            assert source.asked == 3
            assert send_at(7.1) == "2"
            assert source.asked == 4
            with pytest.raises(CredentialError, match=r"^the house is closed$"):
                send_at(8.1)  # it would end on the way
            source.fails = False
            assert send_at(8.2) == "6"


def test_what_was_renewed_is_not_forgotten_for_an_older_refusal() -> None:
    credentials = CredentialCache(Signature(time.time))
    state = credentials.find(Event)
    assert state.leads
    assert state.renewal is not None
    assert not credentials.find(Event).leads
    credentials.ask(state.renewal)
    first = state.renewal.issued
    assert first is not None
    assert credentials.find(Event).issued is first
    credentials.refuse(first)
    second = credentials.find(Event).renewal
    assert second is not None
    credentials.ask(second)
    credentials.refuse(first)
    assert credentials.find(Event).issued is second.issued
    assert "canary" not in f"{first!r}{credentials!r}{second!r}{state!r}"


def give_key() -> str:
    """Return a key; a pickle has this function by its name."""
    return KEYS[0]


def test_a_pickled_builder_has_the_function_and_no_key() -> None:
    with MockProvider() as mock:
        packed = pickle.dumps(mock.builder("openai/gpt-4o").api_key(give_key))
        builder = pickle.loads(packed)  # noqa: S301 (our own bytes)
        with builder.build() as client:
            client.chat().user("?").execute()
        assert sent_keys(mock) == ["1"]
        bound = mock.builder("openai/gpt-4o").api_key(partial(str, KEYS[1]))
        with pytest.raises(PicklingError, match="carry_keys"):
            pickle.dumps(bound)
        packed = pickle.dumps(bound.carry_keys())
        carried = copy.copy(pickle.loads(packed))  # noqa: S301 (our own bytes)
        with carried.build() as client:
            client.chat().user("?").execute()
        assert sent_keys(mock) == ["1", "2"]
    with pytest.raises(PicklingError, match="api_key"):
        pickle.dumps(AiClient.builder().model("openai/gpt-4o").api_key(lambda: "key"))
