# Generated from tests/client/test_feedback.py by codegen; do not edit.
"""A client's feedback goes to its own sink."""

from ai_lib_sync import AiClient
from ai_lib_sync.telemetry import (
    Feedback,
    InMemoryFeedbackSink,
    ThumbsFeedback,
    set_feedback_sink,
)
from ai_lib_sync.testing import MockProvider


class Broken:
    """A sink that fails."""

    def report(self, feedback: Feedback) -> None:
        raise OSError("disk full")


def test_the_clients_sink_comes_before_that_of_the_context() -> None:
    own, around = InMemoryFeedbackSink(), InMemoryFeedbackSink()
    before = set_feedback_sink(around)
    try:
        with MockProvider() as mock:
            url = mock.base_url("openai")
            builder = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(url)
            with builder.feedback(own).build() as client:
                response = client.chat().user("Hi").execute()
                given = ThumbsFeedback(request_id=response.request_id or "", is_positive=True)
                assert client.report_feedback(given)
            with mock.client("openai/gpt-4o") as plain:
                assert plain.report_feedback(given)
    finally:
        set_feedback_sink(before)
    assert own.get_events_by_request(response.request_id or "") == [given]
    assert around.get_events() == [given]


def test_a_sink_that_fails_breaks_nothing() -> None:
    with MockProvider() as mock:
        url = mock.base_url("openai")
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(url)
        with builder.feedback(Broken()).build() as client:
            given = ThumbsFeedback(request_id="r", is_positive=True)
            assert not client.report_feedback(given)
            assert (client.chat().user("Hi").execute()).content == "You said: Hi"
