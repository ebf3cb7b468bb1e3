# Generated from tests/client/test_attempt_hooks.py by codegen; do not edit.
"""Who accompanies a call hears of each attempt before it is sent, and may refuse it."""

import pytest

from ai_lib_sync import AiClient
from ai_lib_sync.client import Call, Interceptor, PreparedRequest
from ai_lib_sync.errors import ResilienceError
from ai_lib_sync.resilience import RateLimiterConfig, RetryConfig
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import Attempt

FAST = RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1)


class Doorkeeper(Interceptor):
    """Writes down every attempt, and lets those to one model through."""

    def __init__(self, model: str = "") -> None:
        self.model = model
        self.book: list[str] = []

    def before_attempt(self, call: Call, prepared: PreparedRequest) -> None:
        self.book.append(f"to {prepared.target.model}")
        if self.model and prepared.target.model != self.model:
            raise ResilienceError("not there")

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        self.book.append(f"{'sent' if attempt.sent else 'refused'} {attempt.ended}")


def client_of(mock: MockProvider, door: Doorkeeper) -> AiClient:
    builder = AiClient.builder().model("openai/gpt-4o").api_key("k").with_retry(FAST)
    builder.base_url(mock.base_url("openai")).with_fallbacks(["openai/gpt-4o-mini"])
    # One request of the first model's would be all there is.
    limit = RateLimiterConfig(requests_per_minute=1)
    return builder.intercept(door).with_rate_limit(limit).build()


@pytest.mark.parametrize("streamed", [False, True])
def test_every_attempt_is_heard_before_and_after(streamed: bool) -> None:
    door = Doorkeeper()
    with MockProvider([Reply(status=500, error="no"), Reply(text="Hi")]) as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").with_retry(FAST)
        builder.base_url(mock.base_url("openai")).intercept(door)
        with builder.build() as client:
            chat = client.chat().user("?")
            if streamed:
                for _ in chat.stream():
                    pass
            else:
                chat.execute()
    assert door.book == ["to gpt-4o", "sent server_error", "to gpt-4o", "sent answered"]


def test_a_refused_attempt_is_not_sent_and_the_next_target_is_asked() -> None:
    door = Doorkeeper("gpt-4o-mini")
    with MockProvider() as mock:
        with client_of(mock, door) as client:
            response = client.chat().user("?").execute()
            # What was refused was not charged to the first model's limit.
            door.model = ""
            client.chat().user("?").execute()
    assert [seen.model for seen in mock.requests] == ["gpt-4o-mini", "gpt-4o"]
    assert [attempt.sent for attempt in response.attempts] == [False, True]
    assert "refused overloaded" in door.book
