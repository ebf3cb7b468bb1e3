"""A client's feedback goes to its own sink."""

from ai_lib import AiClient
from ai_lib.telemetry import (
    Feedback,
    InMemoryFeedbackSink,
    ThumbsFeedback,
    set_feedback_sink,
)
from ai_lib.testing import MockProvider


class Broken:
    """A sink that fails."""

    async def report(self, feedback: Feedback) -> None:
        raise OSError("disk full")


async def test_the_clients_sink_comes_before_that_of_the_context() -> None:
    own, around = InMemoryFeedbackSink(), InMemoryFeedbackSink()
    before = set_feedback_sink(around)
    try:
        async with MockProvider() as mock:
            url = mock.base_url("openai")
            builder = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(url)
            async with await builder.feedback(own).build() as client:
                response = await client.chat().user("Hi").execute()
                given = ThumbsFeedback(request_id=response.request_id or "", is_positive=True)
                assert await client.report_feedback(given)
            async with await mock.client("openai/gpt-4o") as plain:
                assert await plain.report_feedback(given)
    finally:
        set_feedback_sink(before)
    assert own.get_events_by_request(response.request_id or "") == [given]
    assert around.get_events() == [given]


async def test_a_sink_that_fails_breaks_nothing() -> None:
    async with MockProvider() as mock:
        url = mock.base_url("openai")
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(url)
        async with await builder.feedback(Broken()).build() as client:
            given = ThumbsFeedback(request_id="r", is_positive=True)
            assert not await client.report_feedback(given)
            assert (await client.chat().user("Hi").execute()).content == "You said: Hi"
