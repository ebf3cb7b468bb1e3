# Generated from tests/client/test_values.py by codegen; do not edit.
"""Values go out as they are meant, or not at all: texts, numbers, timeouts and keys."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from ai_lib.client.tools.conversation import ToolRun
from ai_lib_sync import (
    AiClient,
    CancelToken,
    ContentBlock,
    EmbeddingClient,
    Message,
    ToolDefinition,
)
from ai_lib_sync.batch import BatchConfig, batch_execute
from ai_lib_sync.cache import CacheManager
from ai_lib_sync.client.chat import ChatRequestBuilder
from ai_lib_sync.errors import CredentialError, RequestError
from ai_lib_sync.resilience import (
    BackpressureConfig,
    CircuitBreakerConfig,
    RateLimiterConfig,
    RetryConfig,
)
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.transport import HttpTransport, PoolConfig, TransportOptions
from ai_lib_sync.transport.pool_client import PoolClient
from ai_lib_sync.types import TimeoutOptions, ToolResultBlock, ToolUseBlock

MODELS = ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "gemini/gemini-2.5-flash"]


class Markup(str):
    """Text as template engines have it: what is added to it is escaped."""

    __slots__ = ()

    def __str__(self) -> str:
        return "not the text"

    def __radd__(self, other: str) -> str:
        return other + "escaped"


class Count(int):
    """A number as data frames have it: a subclass that JSON does not know."""


class Share(float):
    """The same for a fraction."""


SCHEMA = {"type": "object", "properties": {Markup("city"): {"type": Markup("string")}}}
TOOL = ToolDefinition.from_function(
    name=Markup("weather"), description=Markup("Tell it."), parameters=SCHEMA
)
CALL = ToolUseBlock(id=Markup("c1"), name=Markup("weather"), input={"city": Markup("Rome")})
RESULT = ToolResultBlock(tool_use_id=Markup("c1"), content=Markup("<sunny>"))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("streamed", [False, True])
def test_subclasses_of_str_are_text_wherever_they_stand(model: str, streamed: bool) -> None:
    with MockProvider() as mock, mock.client(model) as client:
        chat = client.chat().system(Markup("<s>")).user(Markup("<u>")).tools([TOOL])
        chat.add_message(Message.user([ContentBlock.text(Markup("<b>"))]))
        chat.add_message(Message.assistant([CALL])).add_message(
            Message(role="tool", content=[RESULT])
        )
        chat.user(Markup("<last>")).stop([Markup("<end>")]).metadata({"team": Markup("x")})
        if streamed:
            assert [event for event in chat.stream()]
        else:
            assert (chat.execute()).content
        request = mock.requests[-1]
    texts = [message.text for message in request.messages]
    assert {"<s>", "<last>"} <= set(texts)
    assert any("<u>" in text for text in texts)
    assert [tool.name for tool in request.tools] == ["weather"]
    sent = msgspec.json.encode(request.body).decode()
    assert all(text in sent for text in ("<b>", "<end>", "Rome", "<sunny>", "Tell it."))
    assert "escaped" not in sent
    assert "not the text" not in sent


def test_subclasses_of_str_are_text_in_all_operations() -> None:
    with MockProvider() as mock:
        with mock.client("openai/gpt-4o") as client:
            client.chat().user("?").extra({"x": {"y": Markup("<x>")}}).execute()
            client.invoke("embeddings", {"input": Markup("<i>")})
            result = batch_execute([Markup("<p>")], client)
            assert not result.errors
        model, url = "openai/text-embedding-3-small", mock.base_url("openai")
        with EmbeddingClient.create(model, api_key="k", base_url=url) as embedder:
            embedder.embed_batch([Markup("<e>")])
        sent = [msgspec.json.encode(request.body).decode() for request in mock.requests]
    marks = ("<x>", "<i>", "<p>", "<e>")
    assert [mark for mark, body in zip(marks, sent, strict=True) if mark not in body] == []


def _list_results(run: ToolRun) -> list[object]:
    blocks = [block for message in run.messages for block in message.blocks]
    return [block.content for block in blocks if isinstance(block, ToolResultBlock)]


def test_a_tool_may_return_text_of_any_kind_and_numbers() -> None:
    def price(city: str) -> object:
        return {"Rome": Markup("<cheap>"), "Oslo": {"eur": Decimal("9.50")}}[city]

    replies = [
        Reply(tool_calls=[("price", {"city": "Rome"}), ("price", {"city": "Oslo"})]),
        Reply(text="Done."),
    ]
    with MockProvider(replies) as mock, mock.client("openai/gpt-4o") as client:
        run = client.chat().user("?").run_tools([price])
    assert run.content == "Done."
    results = _list_results(run)
    assert results == ["<cheap>", '{"eur":9.50}']


def test_a_tools_number_that_is_none_is_told_to_the_model_as_an_error() -> None:
    def mean() -> dict[str, float]:
        return {"mean": math.nan}

    replies = [Reply(tool_calls=[("mean", {})]), Reply(text="Done.")]
    with MockProvider(replies) as mock, mock.client("openai/gpt-4o") as client:
        run = client.chat().user("?").run_tools([mean])
    (result,) = _list_results(run)
    assert "mean is nan" in str(result)


def test_equal_texts_are_one_entry_of_the_cache() -> None:
    with MockProvider() as mock:
        builder = mock.builder("openai/gpt-4o").cache(CacheManager())
        with builder.build() as client:
            client.chat().user("?").stop("a").execute()
            client.chat().user(Markup("?")).stop([Markup("a")]).execute()
        assert len(mock.requests) == 1


@pytest.mark.parametrize("value", [Decimal("0.5"), Fraction(1, 2), Share(0.5), 0.5])
def test_numbers_of_all_kinds_are_numbers(value: Any) -> None:
    with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
        chat = client.chat().user("?").temperature(value).max_tokens(Count(7))
        assert "0.5" in str(client.explain(chat.build()))
        chat.extra({"deep": [{"er": value}]}).execute()
        body: Any = mock.requests[-1].body
    assert (body["temperature"], body["deep"]) == (0.5, [{"er": 0.5}])
    assert 7 in body.values()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("Infinity"), Share("nan")]
)
def test_what_is_no_number_is_refused_wherever_it_stands(model: str, value: Any) -> None:
    def tool(schema: dict[str, Any]) -> ToolDefinition:
        return ToolDefinition.from_function(name="f", description="", parameters=schema)

    places: dict[str, Callable[[ChatRequestBuilder], ChatRequestBuilder]] = {
        "temperature": lambda chat: chat.temperature(value),
        "top_p": lambda chat: chat.top_p(value),
        "extra": lambda chat: chat.extra({"a": [None, {"b": value}]}),
        "tool": lambda chat: chat.tools([tool({"type": "object", "x": {"maximum": value}})]),
        "call": lambda chat: chat.add_message(
            Message.assistant([ToolUseBlock(id="1", name="f", input={"x": value})])
        ).add_message(Message.tool("1", "ok")),
    }
    sent: list[str] = []
    with MockProvider() as mock, mock.client(model) as client:
        for name, put in places.items():
            try:
                put(client.chat().user("?")).execute()
            except RequestError:
                continue
            sent.append(name)
        assert mock.requests == []
    assert sent == []


def test_the_refusal_says_where_the_number_stands() -> None:
    with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
        chat = client.chat().user("null").extra({"a": [{"b": math.nan}]})
        with pytest.raises(RequestError, match=r"a\[0\]\.b is nan"):
            chat.execute()
        client.chat().user("null").extra({"a": None}).execute()  # null itself is fine
        with pytest.raises(RequestError, match="nan"):
            client.invoke("embeddings", {"input": "x", "dimensions": math.nan})


def _settings(value: Any) -> dict[str, Callable[[], object]]:
    return {
        "TimeoutOptions.connect": lambda: TimeoutOptions(connect=value),
        "TimeoutOptions.first_token": lambda: TimeoutOptions(first_token=value),
        "TimeoutOptions.idle": lambda: TimeoutOptions(idle=value),
        "TimeoutOptions.delta_idle": lambda: TimeoutOptions(delta_idle=value),
        "TimeoutOptions.total": lambda: TimeoutOptions(total=value),
        "builder": lambda: AiClient.builder().timeout(value),
        "CircuitBreakerConfig": lambda: CircuitBreakerConfig(timeout_seconds=value),
        "BatchConfig": lambda: BatchConfig(timeout=value),
    }


def _pauses(value: Any) -> dict[str, Callable[[], object]]:
    """Settings for which 0 has a meaning."""
    return {
        "CancelToken": lambda: CancelToken(timeout=value),
        "queue_timeout": lambda: BackpressureConfig(queue_timeout=value),
        "keepalive_seconds": lambda: PoolConfig(keepalive_seconds=value),
        "queue_seconds": lambda: PoolConfig(queue_seconds=value),
        "drain_seconds": lambda: TransportOptions(drain_seconds=value),
        "min_delay_ms": lambda: RetryConfig(min_delay_ms=value),
        "max_delay_ms": lambda: RetryConfig(max_delay_ms=value),
        "requests_per_second": lambda: RateLimiterConfig(requests_per_second=value),
    }


def _accepted(makes: dict[str, Callable[[], object]]) -> list[str]:
    names: list[str] = []
    for name, make in makes.items():
        try:
            make()
        except (TypeError, ValueError):
            continue
        names.append(name)
    return names


@pytest.mark.parametrize("value", [math.nan, -1, -0.5, "30", b"30", [3], True])
def test_what_is_no_time_is_refused_by_every_setting(value: Any) -> None:
    assert _accepted(_settings(value)) == []
    if value is not True:
        assert _accepted(_pauses(value)) == []


@pytest.mark.parametrize("value", [0, 0.0, Decimal(0)])
def test_no_time_at_all_is_refused_where_it_has_no_meaning(value: Any) -> None:
    assert _accepted(_settings(value)) == []
    assert _accepted(_pauses(value)) == list(_pauses(value))


@pytest.mark.parametrize("value", [math.inf, 1e10, 3_000_000, Decimal(30)])
def test_a_time_without_end_is_no_limit(value: Any) -> None:
    assert _accepted(_settings(value)) == list(_settings(value))
    timeouts = TimeoutOptions(
        connect=value, first_token=value, idle=value, delta_idle=value, total=value
    )
    assert timeouts.total == (None if value > 100 else 30.0)
    with MockProvider() as mock:
        with mock.client("openai/gpt-4o", timeout=value) as client:
            assert (client.chat().user("?").execute()).content
            assert (client.chat().user("?").timeout(value).execute()).content
            assert (client.chat().user("?").timeouts(timeouts).execute()).content
            token = CancelToken(timeout=value)
            assert [event for event in client.chat().user("?").stream(cancel_token=token)]
            client.invoke("embeddings", {"input": "x"}, timeout=value)


@pytest.mark.parametrize("value", [0, math.nan, -1, "30"])
def test_no_call_takes_what_is_no_time(value: Any) -> None:
    with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
        pool = PoolClient(HttpTransport(), mock.base_url("openai"))
        calls: dict[str, Callable[[], Any]] = {
            "create": lambda: mock.client("openai/gpt-4o", timeout=value),
            "chat": lambda: client.chat().user("?").timeout(value).execute(),
            "invoke": lambda: client.invoke("embeddings", {"input": "x"}, timeout=value),
            "check_health": lambda: client.check_health(timeout=value),
            "pool": lambda: pool.get("/models", timeout=value),
            "embed": lambda: EmbeddingClient.create("openai/x", api_key="k", timeout=value),
        }
        taken: list[str] = []
        for name, call in calls.items():
            try:
                call()
            except (TypeError, ValueError) as error:
                if "timeout" in str(error):
                    continue
            taken.append(name)
        assert taken == []
        assert mock.requests == []


@pytest.mark.parametrize("text", ["nan", "0", "-3", "soon"])
def test_the_environment_is_asked_no_less(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_HTTP_TIMEOUT_SECS", text)
    with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
        with pytest.raises(RequestError, match="AI_HTTP_TIMEOUT_SECS"):
            client.chat().user("?").execute()


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_a_blank_key_is_no_key(blank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def builder() -> Any:
        return AiClient.builder().model("openai/gpt-4o")

    for make in (
        lambda: AiClient.create("openai/gpt-4o", api_key=blank),
        lambda: builder().api_key(blank).build(),
        lambda: (
            AiClient.builder().model("openai/gpt-4o").api_key_for("openai/gpt-4o", blank).build()
        ),
    ):
        with pytest.raises(CredentialError, match="OPENAI_API_KEY"):
            make()
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    with MockProvider() as mock:
        base_url = mock.base_url("openai")
        with AiClient.create("openai/gpt-4o", api_key=blank, base_url=base_url) as client:
            client.chat().user("?").execute()
        with AiClient.create(
            "openai/gpt-4o", api_key=f"{blank}mine{blank}", base_url=base_url
        ) as client:
            client.chat().user("?").execute()
        keys = [request.headers["authorization"] for request in mock.requests]
    assert keys == ["Bearer from-the-environment", "Bearer mine"]
