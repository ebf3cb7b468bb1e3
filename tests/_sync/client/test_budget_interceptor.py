# Generated from tests/client/test_budget_interceptor.py by codegen; do not edit.
"""What a call costs is known after it, bounded before it, and held to a budget."""

import gc
import subprocess
import sys

import pytest

from ai_lib_sync import AiClient
from ai_lib_sync._runtime.backend import run_all
from ai_lib_sync.client import CancelToken
from ai_lib_sync.errors import BudgetExceeded
from ai_lib_sync.resilience import RateLimiterConfig, RetryConfig
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.tokens import Budget
from ai_lib_sync.types import Usage

NO_RETRY = RetryConfig(max_retries=0)
# 2.5 and 10 dollars a million.
USED = Usage(prompt_tokens=1000, completion_tokens=500, total_tokens=1500)
PAID = 0.0075


def client_of(
    mock: MockProvider, budget: Budget | None = None, model: str = "openai/gpt-4o"
) -> AiClient:
    provider = model.partition("/")[0]
    builder = AiClient.builder().model(model).api_key("k").base_url(mock.base_url(provider))
    if budget is not None:
        builder.budget(budget)
    return builder.with_retry(NO_RETRY).build()


def drain(client: AiClient, most: int = 100) -> None:
    for _ in client.chat().user("?").max_tokens(most).stream():
        pass


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        # 1000 in, of which 400 cached; 500 out, of which 200 thought.
        ("openai/gpt-4o", (600 * 2.5 + 400 * 1.25 + 500 * 10) / 1e6),
        ("anthropic/claude-sonnet-4-6", (600 * 3 + 400 * 0.3 + 500 * 15) / 1e6),
        ("gemini/gemini-2.5-flash", (600 * 0.3 + 400 * 0.03 + 500 * 2.5) / 1e6),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_a_reply_has_its_cost(model: str, expected: float, streamed: bool) -> None:
    usage = Usage(
        prompt_tokens=1000,
        completion_tokens=500,
        total_tokens=1500,
        cache_read_tokens=400,
        reasoning_tokens=200,
    )
    with MockProvider([Reply(text="Hi", usage=usage)]) as mock:
        with client_of(mock, model=model) as client:
            if streamed:
                stream = client.chat().user("?").stream()
                for _ in stream:
                    pass
                response, stats = stream.response(), stream.stats()
            else:
                response, stats = client.chat().user("?").execute_with_stats()
    assert response.cost is not None
    assert response.cost.total_cost == pytest.approx(expected)
    assert response.cost.output_tokens == 500
    assert stats.cost == response.cost.total_cost
    assert stats.currency == "USD"


def test_the_cost_of_a_model_without_a_price_is_unknown_and_not_nothing() -> None:
    with MockProvider([Reply(text="Hi", usage=USED)]) as mock:
        with client_of(mock, model="openai/house-model") as client:
            response, stats = client.chat().user("?").execute_with_stats()
    assert stats.cost is None
    assert response.cost is not None
    assert response.cost.reason == "the price of openai/house-model is unknown"


def test_an_answer_that_does_not_say_what_it_used_has_no_known_cost() -> None:
    with MockProvider([Reply(text="Hi", usage=Usage())]) as mock:
        with client_of(mock) as client:
            response = client.chat().user("?").execute()
    assert response.cost is not None
    assert response.cost.total_cost is None


def test_what_a_failed_attempt_was_said_to_use_is_paid_too() -> None:
    """A stream of 1000 and 500 tokens that breaks at once, then the same at another's prices."""
    broken = Reply(error="overloaded", usage=USED)
    with MockProvider([broken, Reply(text="Hi", usage=USED)]) as mock:
        builder = AiClient.builder().model("anthropic/claude-sonnet-4-6").api_key("k")
        builder.base_url(mock.base_url("anthropic")).with_fallbacks(["openai/gpt-4o"])
        builder.api_key_for("openai/gpt-4o", "k").with_retry(NO_RETRY)
        builder.base_url_for("openai/gpt-4o", mock.base_url("openai"))
        with builder.build() as client:
            stream = client.chat().user("?").stream()
            for _ in stream:
                pass
    first, second = stream.response().attempts
    assert (first.usage.prompt_tokens, first.usage.completion_tokens) == (1000, 500)
    failed = (1000 * 3 + 500 * 15) / 1e6
    assert second.usage == stream.response().usage
    assert stream.stats().cost == pytest.approx(failed + PAID)
    assert stream.response().usage.total_tokens == 1500


def test_a_retry_after_an_error_answer_is_paid_once() -> None:
    replies = [Reply(status=500, error="no"), Reply(text="Hi", usage=USED)]
    with MockProvider(replies) as mock:
        retry = RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1)
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").with_retry(retry)
        with builder.base_url(mock.base_url("openai")).build() as client:
            response, stats = client.chat().user("?").execute_with_stats()
    assert len(response.attempts) == 2
    assert stats.cost == pytest.approx(PAID)


def test_before_a_call_its_cost_has_bounds_that_hold() -> None:
    with MockProvider() as mock:
        with client_of(mock) as client:
            chat = client.chat().user("Tell me about it. " * 50).max_tokens(200)
            bounds = chat.would_cost()
            response = chat.execute()
    assert response.cost is not None
    assert response.cost.total_cost is not None
    assert bounds.lower is not None
    assert bounds.upper is not None
    assert 0 < bounds.lower < bounds.upper
    # 200 tokens of output at 10 dollars a million, and input.
    assert bounds.upper == pytest.approx(0.002 + bounds.max_input_tokens * 2.5e-6)
    assert response.cost.total_cost <= bounds.upper
    assert bounds.max_output_tokens == 200


def test_where_nothing_is_known_the_bounds_say_so() -> None:
    with MockProvider() as mock:
        with client_of(mock, model="openai/house-model") as client:
            bounds = client.chat().user("?").would_cost()
            shown = client.explain(client.chat().user("?").build())
    assert (bounds.lower, bounds.upper) == (None, None)
    assert "the price of openai/house-model is unknown" in bounds.reason
    assert "at most unknown" in str(shown)


def test_tokens_are_counted_before_a_call() -> None:
    with MockProvider() as mock:
        with client_of(mock) as client:
            of_text = client.count_tokens("Hello, how are you?")
            chat = client.chat().user("Hello, how are you?")
            of_call = chat.count_tokens()
            shown = client.explain(chat.build())
    assert of_text.encoding == "o200k_base"
    assert abs(of_text.tokens - 6) <= 2
    assert of_call.tokens == of_text.tokens + 4 + 3
    assert of_call == client.count_tokens(chat.build())
    assert shown.tokens == of_call
    assert f"{of_call.tokens} of input" in str(shown)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_budget_is_settled_with_what_the_provider_says(streamed: bool) -> None:
    budget = Budget(1.0)
    with MockProvider([Reply(text="Hi", usage=USED)]) as mock:
        with client_of(mock, budget) as client:
            if streamed:
                drain(client)
            else:
                client.chat().user("?").max_tokens(100).execute()
    assert budget.spent == pytest.approx(PAID)
    assert budget.reserved == 0.0


def test_what_might_exceed_it_is_refused_before_it_is_sent() -> None:
    budget = Budget(0.001)
    with MockProvider() as mock:
        with client_of(mock, budget) as client:
            with pytest.raises(BudgetExceeded) as caught:
                client.chat().user("?").max_tokens(100_000).execute()
            with pytest.raises(BudgetExceeded):
                drain(client, 100_000)
            client.chat().user("?").max_tokens(50).execute()
    error = caught.value
    assert len(mock.requests) == 1
    assert error.needed == pytest.approx(1.0, rel=0.01)  # 100,000 at 10 dollars a million
    assert (error.provider, error.model) == ("openai", "gpt-4o")
    assert [attempt.sent for attempt in error.attempts] == [False]  # type: ignore[attr-defined]


def test_a_cheaper_model_takes_over_when_the_first_is_too_dear() -> None:
    budget = Budget(0.01)
    with MockProvider() as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").with_retry(NO_RETRY)
        builder.base_url(mock.base_url("openai")).with_fallbacks(["openai/gpt-4o-mini"])
        with builder.budget(budget).build() as client:
            response = client.chat().user("?").max_tokens(10_000).execute()
    assert response.model == "gpt-4o-mini"


@pytest.mark.parametrize("status", [400, 429, 500])
def test_an_error_answer_costs_nothing(status: int) -> None:
    budget = Budget(1.0)
    with MockProvider([Reply(status=status, error="no")]) as mock:
        with client_of(mock, budget) as client:
            with pytest.raises(Exception, match="no"):
                client.chat().user("?").execute()
    assert (budget.spent, budget.reserved) == (0.0, 0.0)


def test_an_attempt_whose_answer_is_lost_counts_in_full() -> None:
    budget = Budget(1.0)
    lost = Reply(text="Hi there", truncate=1, truncate_unit="bytes", cut="reset")
    with MockProvider([lost]) as mock:
        with client_of(mock, budget) as client:
            with pytest.raises(Exception, match=r"openai|connection|broke"):
                client.chat().user("?").max_tokens(100).execute()
    assert budget.spent > 0.001  # 100 tokens at 10 dollars a million, and the question
    assert budget.reserved == 0.0


@pytest.mark.parametrize("way", ["close", "forget", "token"])
def test_a_stream_left_early_gives_its_reservation_back(way: str) -> None:
    """What had come by then is counted, as the provider does."""
    budget = Budget(1.0)
    pieces = [f"word{number} " for number in range(50)]
    with MockProvider([Reply(text=pieces, pause=0.005)]) as mock:
        with client_of(mock, budget) as client:
            token = CancelToken()
            stream = client.chat().user("?").max_tokens(10_000).stream(cancel_token=token)
            for event in stream:
                if event.is_content_delta:
                    assert budget.reserved > 0.1
                    if way != "token":
                        break
                    token.cancel()
            del event
            if way == "close":
                stream.close()
            del stream
            gc.collect()
            assert budget.reserved == 0.0
            assert 0.0 < budget.spent < 0.01


def test_many_calls_at_once_never_overdraw_it() -> None:
    """50 tasks, each of which may cost up to about a cent and does cost three quarters of one."""
    budget = Budget(0.05)
    worst: list[float] = []

    def answer(_: object) -> Reply:
        stats = budget.stats()
        worst.append(stats.spent + stats.reserved)
        return Reply(text="Hi", usage=USED)

    with MockProvider(choose_reply=answer) as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").with_retry(NO_RETRY)
        builder.base_url(mock.base_url("openai")).budget(budget).max_inflight(16)
        with builder.build() as client:

            def one() -> int:
                question = "tell " * 2000  # estimated at more than the 1000 that are paid
                try:
                    client.chat().user(question).max_tokens(500).execute()
                except BudgetExceeded:
                    return 0
                return 1

            done = run_all([one] * 50, 50)
    assert budget.spent == pytest.approx(sum(done) * PAID)
    assert budget.spent <= 0.05
    assert max(worst) <= 0.05 + 1e-9
    assert budget.reserved == 0.0
    assert 4 <= sum(done) <= 6


def test_one_budget_holds_several_clients() -> None:
    budget = Budget(0.02)
    with MockProvider(choose_reply=lambda _: Reply(text="Hi", usage=USED)) as mock:
        with client_of(mock, budget) as first, client_of(mock, budget) as second:
            first.chat().user("?").max_tokens(500).execute()
            second.chat().user("?").max_tokens(500).execute()
            with pytest.raises(BudgetExceeded):
                first.chat().user("?").max_tokens(1000).execute()
    assert budget.spent == pytest.approx(2 * PAID)


def test_a_tag_of_the_call_says_whose_account_it_is() -> None:
    with MockProvider(choose_reply=lambda _: Reply(text="Hi", usage=USED)) as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").with_retry(NO_RETRY)
        builder.base_url(mock.base_url("openai")).budget(limit=0.01, tag="team")
        with builder.build() as client:

            def ask(**tags: str) -> None:
                client.chat().user("?").max_tokens(500).metadata(tags).execute()

            ask(team="search")
            ask(team="ads", user="eve")
            ask()
            ask()
            with pytest.raises(BudgetExceeded, match="team=search"):
                ask(team="search")
    assert all("team" not in str(seen.body) for seen in mock.requests)


def test_a_model_without_a_price_is_refused_or_allowed() -> None:
    with MockProvider(choose_reply=lambda _: Reply(text="Hi", usage=USED)) as mock:
        with client_of(mock, Budget(1.0), "openai/house-model") as client:
            with pytest.raises(BudgetExceeded, match="is unknown"):
                client.chat().user("?").max_tokens(10).execute()
        lenient = Budget(1.0, unknown_price="allow")
        with client_of(mock, lenient, "openai/house-model") as client:
            client.chat().user("?").max_tokens(10).execute()
    assert (lenient.spent, lenient.stats().unpriced) == (0.0, 1)


@pytest.mark.parametrize("given", [{}, {"budget": Budget(1), "limit": 1.0}])
def test_a_budget_is_given_once(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="either a Budget or limit="):
        AiClient.builder().budget(**given)  # type: ignore[arg-type]


def test_a_rate_limit_in_tokens_counts_as_the_tokens_room_does() -> None:
    limits = RateLimiterConfig(tokens_per_minute=1_000)
    with MockProvider() as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").with_retry(NO_RETRY)
        builder.base_url(mock.base_url("openai")).with_rate_limit(limits)
        with builder.build() as client:
            client.chat().user("?").max_tokens(10).execute()
    assert len(mock.requests) == 1


_OFF = """\
import sys
from PACKAGE import AiClient
from PACKAGE.testing import MockProvider
CALL
loaded = [name for name in sys.modules if name.startswith(("ai_lib.routing", "ai_lib.tokens"))]
assert set(loaded) <= {"ai_lib.tokens", "ai_lib.tokens.cost"}, loaded
assert "tiktoken" not in sys.modules
"""
_ASYNC = """\
import anyio
async def main():
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        await client.chat().user("?").execute()
anyio.run(main)
"""
_BLOCKING = """\
with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
    client.chat().user("?").execute()
"""


@pytest.mark.parametrize(("package", "call"), [("ai_lib", _ASYNC), ("ai_lib_sync", _BLOCKING)])
def test_who_has_neither_budget_nor_routing_loads_neither(package: str, call: str) -> None:
    script = _OFF.replace("CALL", call).replace("PACKAGE", package)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
