# Generated from tests/client/test_routing.py by codegen; do not edit.
"""Calls spread over several endpoints, over real sockets: chosen, failed over, left out, back."""

import threading
from collections import Counter
from collections.abc import Sequence

import pytest

from ai_lib_sync import AiClient, ContentBlock, Message
from ai_lib_sync._runtime.backend import run_all
from ai_lib_sync.errors import (
    AiLibError,
    CapabilityError,
    CredentialError,
    ManifestNotFound,
    RemoteError,
)
from ai_lib_sync.resilience import CircuitBreakerConfig, RetryConfig
from ai_lib_sync.routing import (
    HealthConfig,
    LoadBalancingStrategy,
    ModelArray,
    ModelEndpoint,
    ModelManager,
)
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import ToolDefinition

NO_RETRY = RetryConfig(max_retries=0)
GPT, CLAUDE, GEMINI = "openai/gpt-4o", "anthropic/claude-sonnet-4-6", "gemini/gemini-3.5-flash"
DOWN = Reply(status=503, error="down")


def at(mock: MockProvider, model: str, name: str | None = None, **facts: object) -> ModelEndpoint:
    url = mock.base_url(model.partition("/")[0])
    given = {"base_url": url, "api_key": "k", **facts}
    return ModelEndpoint(model, name=name, **given)  # type: ignore[arg-type]


def client_of(source: ModelArray | Sequence[ModelEndpoint]) -> AiClient:
    return AiClient.builder().routing(source).with_retry(NO_RETRY).build()


def ask(client: AiClient, streamed: bool = False) -> str:
    chat = client.chat().user("?")
    if not streamed:
        return (chat.execute()).content
    stream = chat.stream()
    for _ in stream:
        pass
    return stream.response().content


def models(mock: MockProvider) -> list[str]:
    return [seen.model or "" for seen in mock.requests]


@pytest.mark.parametrize("streamed", [False, True])
def test_calls_take_turns_over_endpoints_of_several_makers(streamed: bool) -> None:
    with MockProvider(choose_reply=lambda _: Reply(text="Hi")) as mock:
        endpoints = [at(mock, model) for model in (GPT, CLAUDE, GEMINI)]
        with client_of(endpoints) as client:
            assert [ask(client, streamed) for _ in range(6)] == ["Hi"] * 6
            assert client.model_id == GPT
    assert models(mock) == ["gpt-4o", "claude-sonnet-4-6", "gemini-3.5-flash"] * 2


def test_one_model_at_two_addresses_is_two_endpoints_with_a_key_each() -> None:
    with MockProvider() as east, MockProvider() as west:
        array = ModelArray(
            [at(east, GPT, "east", api_key="key-e"), at(west, GPT, "west", api_key="key-w")]
        )
        with client_of(array) as client:
            for _ in range(4):
                ask(client)
            stats = client.get_resilience_stats()
    assert [seen.headers["authorization"] for seen in east.requests] == ["Bearer key-e"] * 2
    assert [seen.headers["authorization"] for seen in west.requests] == ["Bearer key-w"] * 2
    assert set(stats["targets"]) == {"models:east", "models:west"}  # type: ignore[call-overload]


def test_each_endpoint_has_a_circuit_of_its_own() -> None:
    with MockProvider(choose_reply=lambda _: DOWN) as east, MockProvider() as west:
        array = ModelArray([at(east, GPT, "east"), at(west, GPT, "west")])
        builder = AiClient.builder().routing(array).with_retry(NO_RETRY)
        builder.with_circuit_breaker(CircuitBreakerConfig(failure_threshold=1))
        with builder.build() as client:
            for _ in range(4):
                ask(client)
            stats = client.get_resilience_stats()
    assert set(stats["targets"]) == {"models:east", "models:west"}  # type: ignore[call-overload]
    assert len(east.requests) == 1
    assert len(west.requests) == 4


@pytest.mark.parametrize("streamed", [False, True])
def test_when_one_fails_the_next_is_asked(streamed: bool) -> None:
    def answer(seen: object) -> Reply:
        return DOWN if getattr(seen, "model", "") == "gpt-4o" else Reply(text="Here")

    with MockProvider(choose_reply=answer) as mock:
        array = ModelArray([at(mock, GPT), at(mock, CLAUDE)])
        with client_of(array) as client:
            assert ask(client, streamed) == "Here"
    assert models(mock) == ["gpt-4o", "claude-sonnet-4-6"]
    first, second = array.endpoints
    assert first.performance.error_rate == 1.0
    assert second.performance.error_rate == 0.0
    assert (first.in_flight, second.in_flight) == (0, 0)


def test_what_is_down_is_left_out_and_comes_back() -> None:
    down = [True]

    def answer(seen: object) -> Reply:
        first = getattr(seen, "model", "") == "gpt-4o"
        return DOWN if first and down[0] else Reply(text="Hi")

    with MockProvider(choose_reply=answer) as mock:
        health = HealthConfig(max_failures=2, cooldown_seconds=0)
        array = ModelArray([at(mock, GPT), at(mock, CLAUDE)], health=HealthConfig(max_failures=2))
        with client_of(array) as client:
            for _ in range(8):
                ask(client)
            assert Counter(models(mock))["gpt-4o"] == 2
            assert not array.endpoints[0].healthy
            # Its time is up: one call tries it, finds it down, and is answered elsewhere.
            array.health = health
            array.endpoints[0].state.record_failure(0.0, health)
            for _ in range(2):
                assert ask(client) == "Hi"
            assert Counter(models(mock))["gpt-4o"] > 2
            assert not array.endpoints[0].healthy
            down[0] = False
            for _ in range(2):
                ask(client)
            assert array.endpoints[0].healthy


@pytest.mark.parametrize("status", [400, 401, 404, 429])
def test_what_the_caller_got_wrong_says_nothing_of_the_endpoint(status: int) -> None:
    with MockProvider(choose_reply=lambda _: Reply(status=status, error="you")) as mock:
        array = ModelArray([at(mock, GPT)], health=HealthConfig(max_failures=1))
        with client_of(array) as client:
            for _ in range(3):
                with pytest.raises(RemoteError):
                    ask(client)
    assert array.endpoints[0].healthy
    assert array.endpoints[0].in_flight == 0


def test_pictures_and_tools_go_where_they_are_declared() -> None:
    picture = Message.user([ContentBlock.image_base64("aGk=", "image/png")])
    tool = ToolDefinition(name="look_up")
    with MockProvider() as mock:
        endpoints = [at(mock, one) for one in ("perplexity/sonar", "deepseek/deepseek-v4-pro", GPT)]
        with client_of(endpoints) as client:
            for _ in range(4):
                client.chat().messages([picture]).tools([tool]).execute()
            seen = set(models(mock))
            assert seen == {"gpt-4o"}
            for _ in range(3):
                client.chat().user("?").execute()
    assert set(models(mock)) == {"gpt-4o", "sonar", "deepseek-v4-pro"}


def test_when_nobody_can_it_is_told_why_and_nothing_is_sent() -> None:
    picture = Message.user([ContentBlock.image_base64("aGk=", "image/png")])
    with MockProvider() as mock:
        endpoints = [at(mock, "deepseek/deepseek-v4-pro"), at(mock, "cerebras/gpt-oss-120b")]
        with client_of(endpoints) as client:
            with pytest.raises(CapabilityError, match="no endpoint of 'models' can be asked this"):
                client.chat().messages([picture]).execute()
            with pytest.raises(CapabilityError):
                for _ in client.chat().messages([picture]).stream():
                    pass
    assert mock.requests == []


def test_the_least_busy_is_asked() -> None:
    """While one is slow the other gets what comes; at the end nobody is counted as busy."""
    with MockProvider(choose_reply=lambda _: Reply(text="Hi")) as mock:
        array = ModelArray(
            [at(mock, GPT), at(mock, CLAUDE)], strategy=LoadBalancingStrategy.LEAST_CONNECTIONS
        )
        with client_of(array) as client:
            array.endpoints[0].state.start_call()
            for _ in range(3):
                ask(client)
            assert models(mock) == ["claude-sonnet-4-6"] * 3
            array.endpoints[0].state.end_call()

            def one() -> str:
                return ask(client)

            run_all([one] * 40, 20)
    assert [one.in_flight for one in array.endpoints] == [0, 0]


def test_a_stream_counts_until_it_is_left() -> None:
    with MockProvider([Reply(text=["a ", "b "], pause=0.01)]) as mock:
        array = ModelArray([at(mock, GPT)])
        with client_of(array) as client:
            stream = client.chat().user("?").stream()
            for event in stream:
                if event.is_content_delta:
                    break
            assert array.endpoints[0].in_flight == 1
            stream.close()
            assert array.endpoints[0].in_flight == 0


def test_weights_share_the_calls() -> None:
    with MockProvider() as mock:
        array = ModelArray([at(mock, GPT, weight=3), at(mock, CLAUDE)], strategy="weighted")
        with client_of(array) as client:
            for _ in range(8):
                ask(client)
    assert Counter(models(mock)) == {"gpt-4o": 6, "claude-sonnet-4-6": 2}


def test_the_cheapest_is_asked_first_and_the_next_when_it_fails() -> None:
    answers = [DOWN, Reply(text="Hi"), Reply(text="Hi")]
    with MockProvider(answers) as mock:
        endpoints = [at(mock, GPT), at(mock, "openai/gpt-4o-mini"), at(mock, CLAUDE)]
        builder = AiClient.builder().routing(endpoints, strategy="cost_based")
        with builder.with_retry(NO_RETRY).build() as client:
            ask(client)
            ask(client)
    assert models(mock) == ["gpt-4o-mini", "gpt-4o", "gpt-4o-mini"]


def test_a_manager_is_routed_over_by_its_strategy() -> None:
    manager = ModelManager.from_names([GPT, "openai/gpt-4o-mini"])
    with MockProvider() as mock:
        builder = AiClient.builder().model(GPT).api_key("k").base_url(mock.base_url("openai"))
        with builder.routing(manager, strategy="cost_based").build() as client:
            ask(client)
            ask(client)
    assert models(mock) == ["gpt-4o-mini"] * 2


@pytest.mark.parametrize("where", ["client", "call"])
def test_fallbacks_come_after_the_endpoints(where: str) -> None:
    def answer(seen: object) -> Reply:
        return DOWN if getattr(seen, "model", "") == "gpt-4o" else Reply(text="Here")

    with MockProvider(choose_reply=answer) as mock:
        builder = AiClient.builder().routing([at(mock, GPT)]).with_retry(NO_RETRY)
        builder.api_key_for(CLAUDE, "k").base_url_for(CLAUDE, mock.base_url("anthropic"))
        if where == "client":
            builder.with_fallbacks([CLAUDE])
        with builder.build() as client:
            chat = client.chat().user("?")
            if where == "call":
                chat.fallbacks([CLAUDE])
            assert (chat.execute()).content == "Here"


def test_many_at_once_are_spread_evenly() -> None:
    with MockProvider(choose_reply=lambda _: Reply(text="Hi")) as mock:
        endpoints = [at(mock, GPT), at(mock, "openai/gpt-4o-mini")]
        with client_of(endpoints) as client:

            def one() -> str:
                return ask(client)

            run_all([one] * 60, 20)
    assert Counter(models(mock)) == {"gpt-4o": 30, "gpt-4o-mini": 30}


def test_what_can_t_be_used_is_told_when_the_client_is_built() -> None:
    with pytest.raises(ManifestNotFound):
        client_of([ModelEndpoint("nobody-knows/model", api_key="k")])
    with pytest.raises(CredentialError):
        client_of([ModelEndpoint(GPT, api_key="k"), ModelEndpoint(CLAUDE)])
    with pytest.raises(ValueError, match="nothing to choose from"):
        client_of([])
    with pytest.raises(ValueError, match="routing was set before"):
        AiClient.builder().routing([GPT]).routing([GPT])
    with pytest.raises(TypeError, match="no ModelEndpoint"):
        AiClient.builder().routing([7])  # type: ignore[list-item]


def test_a_call_that_can_t_be_compiled_leaves_nobody_busy() -> None:
    with MockProvider() as mock:
        array = ModelArray([at(mock, GPT)])
        with client_of(array) as client:
            with pytest.raises(AiLibError):
                client.chat().user("?").extra({"x": object()}).execute()
    assert array.endpoints[0].in_flight == 0


def test_threads_of_one_blocking_client_are_spread_exactly() -> None:
    """64 threads, five calls each: 160 at either endpoint, each with its own key."""
    from ai_lib_sync import AiClient as BlockingClient
    from ai_lib_sync.testing import MockProvider as BlockingMock

    with BlockingMock(choose_reply=lambda _: Reply(text="Hi")) as mock:
        url = mock.base_url("openai")
        array = ModelArray(
            [
                ModelEndpoint(GPT, name="a", base_url=url, api_key="key-a"),
                ModelEndpoint("openai/gpt-4o-mini", name="b", base_url=url, api_key="key-b"),
            ]
        )
        with BlockingClient.builder().routing(array).with_retry(NO_RETRY).build() as client:

            def work() -> None:
                for _ in range(5):
                    client.chat().user("?").execute()

            threads = [threading.Thread(target=work) for _ in range(64)]
            for one in threads:
                one.start()
            for one in threads:
                one.join()
    pairs = Counter((seen.model, seen.headers["authorization"]) for seen in mock.requests)
    assert pairs == {("gpt-4o", "Bearer key-a"): 160, ("gpt-4o-mini", "Bearer key-b"): 160}
    assert [one.in_flight for one in array.endpoints] == [0, 0]
