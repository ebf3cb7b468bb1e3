# Generated from tests/telemetry/test_feedback.py by codegen; do not edit.
"""Feedback goes where it is sent, and harms nobody when it is lost."""

import io
import json
import logging

import msgspec
import pytest

from ai_lib_sync._runtime.backend import Event, run_all
from ai_lib_sync.telemetry import (
    CallbackFeedbackSink,
    ChoiceSelectionFeedback,
    CompositeFeedbackSink,
    ConsoleFeedbackSink,
    CorrectionFeedback,
    Feedback,
    InMemoryFeedbackSink,
    NoopFeedbackSink,
    RatingFeedback,
    RegenerateFeedback,
    StopFeedback,
    TextFeedback,
    ThumbsFeedback,
    get_feedback_sink,
    report_feedback,
    set_feedback_sink,
)

EVERY = [
    RatingFeedback(request_id="r", rating=5, category="helpfulness", comment="Great response!"),
    ThumbsFeedback(request_id="r", is_positive=False),
    ChoiceSelectionFeedback(request_id="r", chosen_index=0, rejected_indices=[1, 2]),
    TextFeedback(request_id="r", text="good"),
    CorrectionFeedback(request_id="r", original="a", corrected="b"),
    RegenerateFeedback(request_id="r", regeneration_count=2),
    StopFeedback(request_id="r", tokens_generated=7),
]


class Broken:
    """A sink that fails."""

    def report(self, feedback: Feedback) -> None:
        raise OSError("disk full, api_key=plain")


def test_the_sink_of_the_context_gets_what_is_reported() -> None:
    sink = InMemoryFeedbackSink(max_events=3)
    before = set_feedback_sink(sink)
    try:
        for feedback in EVERY:
            assert report_feedback(feedback)
        assert get_feedback_sink() is sink
    finally:
        set_feedback_sink(before)
    assert [type(one) for one in sink.get_events()] == [type(one) for one in EVERY[-3:]]
    assert len(sink) == 3
    assert sink.get_events_by_request("q") == []
    assert sink.get_events_by_type(StopFeedback) == [EVERY[-1]]
    assert get_feedback_sink() is before


def test_a_sink_chosen_in_one_task_is_not_that_of_another() -> None:
    sinks = [InMemoryFeedbackSink() for _ in range(4)]
    arrived: list[int] = []
    everyone = Event()

    def working(number: int) -> object:
        def work() -> None:
            assert get_feedback_sink() is None
            set_feedback_sink(sinks[number])
            arrived.append(number)
            if len(arrived) == 4:
                everyone.set()
            everyone.wait()
            report_feedback(ThumbsFeedback(request_id=f"r{number}", is_positive=True))

        return work

    run_all([working(number) for number in range(4)], 4)  # type: ignore[misc]
    assert [one.request_id for sink in sinks for one in sink.get_events()] == [
        "r0",
        "r1",
        "r2",
        "r3",
    ]
    assert get_feedback_sink() is None


def test_without_a_sink_it_is_lost_and_nothing_else() -> None:
    assert not report_feedback(EVERY[0])
    assert report_feedback(EVERY[0], NoopFeedbackSink())


def test_a_sink_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "ai_lib")
    good = InMemoryFeedbackSink()
    assert not report_feedback(EVERY[0], Broken())
    assert report_feedback(EVERY[0], CompositeFeedbackSink([Broken(), good]))
    assert len(good) == 1
    assert "disk full" in caplog.text
    assert "plain" not in caplog.text


def test_a_function_and_a_stream_may_be_sinks() -> None:
    seen: list[Feedback] = []

    def take(feedback: Feedback) -> None:
        seen.append(feedback)

    stream = io.StringIO()
    both = CompositeFeedbackSink([CallbackFeedbackSink(take), ConsoleFeedbackSink(stream)])
    report_feedback(EVERY[2], both)
    assert seen == [EVERY[2]]
    written = json.loads(stream.getvalue())
    assert (written["type"], written["rejected_indices"]) == ("choice_selection", [1, 2])


@pytest.mark.parametrize("wrong", ["good", None, {"rating": 5}])
def test_what_is_no_feedback_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="no feedback"):
        report_feedback(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no feedback"):
        report_feedback(wrong, NoopFeedbackSink())  # type: ignore[arg-type]


def test_every_kind_is_told_apart_and_comes_back() -> None:
    kinds = {one.to_dict()["type"] for one in EVERY}
    assert len(kinds) == len(EVERY)
    for one in EVERY:
        assert msgspec.convert(one.to_dict(), type(one)) == one
        assert one.timestamp.tzinfo is not None


def test_values_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 5"):
        RatingFeedback(request_id="r", rating=6)
    with pytest.raises(ValueError, match="indices"):
        ChoiceSelectionFeedback(request_id="r", chosen_index=1, rejected_indices=[1])
    with pytest.raises(ValueError, match="indices"):
        ChoiceSelectionFeedback(request_id="r", chosen_index=-1)
    with pytest.raises(ValueError, match="at least 1"):
        InMemoryFeedbackSink(max_events=0)
