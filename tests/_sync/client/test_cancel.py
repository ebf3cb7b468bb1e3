# Generated from tests/client/test_cancel.py by codegen; do not edit.
"""Cancelling a stream from elsewhere."""

import threading

import pytest

from ai_lib_sync import CancelToken
from ai_lib_sync._runtime.backend import fail_after
from ai_lib_sync.client import CancelReason
from ai_lib_sync.testing import MockProvider, Reply
from tests.guards import hang_guard


def test_a_stalled_read_is_interrupted_from_another_thread() -> None:
    token = CancelToken()
    reply = Reply(text=["one ", "two"], pause=30.0)
    with MockProvider([reply]) as mock, mock.client("openai/gpt-4o") as client:
        with fail_after(10):
            stream = client.chat().user("?").stream(cancel_token=token)
            timer = threading.Timer(0.2, token.cancel)
            timer.start()
            with hang_guard():
                events = [event for event in stream]
            timer.join()

    assert stream.cancelled
    assert not any(event.is_stream_end for event in events)
    assert stream.response().finish_reason is None


def test_the_token_ends_the_loop_from_inside_as_well() -> None:
    token = CancelToken()
    with MockProvider([Reply(text="a b c d e f")]) as mock:
        with mock.client("openai/gpt-4o") as client:
            seen = 0
            for event in client.chat().user("?").stream(cancel_token=token):
                if event.is_content_delta:
                    seen += 1
                    token.cancel()
                    break
    assert seen == 1
    assert token.is_cancelled


def test_a_token_cancelled_before_sends_nothing() -> None:
    token = CancelToken()
    token.cancel(CancelReason.SHUTDOWN)
    with MockProvider() as mock, mock.client("openai/gpt-4o") as client:
        stream = client.chat().user("?").stream(cancel_token=token)
        assert [event for event in stream] == []
        assert mock.requests == []
    assert token.reason is CancelReason.SHUTDOWN


def test_the_first_reason_is_kept() -> None:
    token = CancelToken()
    assert token.cancel(CancelReason.TIMEOUT)
    assert not token.cancel(CancelReason.USER_REQUEST)
    assert token.reason is CancelReason.TIMEOUT


def test_a_callback_runs_once_and_can_be_taken_back() -> None:
    token = CancelToken()
    seen: list[str] = []
    token.on_cancel(lambda: seen.append("kept"))
    take_back = token.on_cancel(lambda: seen.append("taken back"))
    take_back()
    token.cancel()
    token.cancel()
    token.on_cancel(lambda: seen.append("late"))
    assert seen == ["kept", "late"]


@pytest.mark.parametrize("times", [1, 2])
def test_closing_twice_does_no_harm(times: int) -> None:
    with MockProvider([Reply(text="a b", pause=0.05)]) as mock:
        with mock.client("openai/gpt-4o") as client:
            stream = client.chat().user("?").stream()
            for _ in stream:
                break
            for _ in range(times):
                stream.close()
            assert [event for event in stream] == []
