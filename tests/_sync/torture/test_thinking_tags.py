# Generated from tests/torture/test_thinking_tags.py by codegen; do not edit.
"""Thinking that comes between tags in the text is thinking, where a manifest says that it may."""

import json

import pytest

from tests._sync.torture.conftest import Serve
from tests._sync.torture.conversation import listen, sends
from tests.torture.speech import CHAT

SAID = "<think>\nHm, 2 < 3.\n</think>\n\nSo <think> is a tag. ☀"
TAGGED = CHAT._replace(provider="perplexity")


def stream(*pieces: str, reason: str = "stop") -> bytes:
    choices = [{"index": 0, "delta": {"content": piece}} for piece in pieces]
    frames = [{"choices": [one]} for one in choices]
    frames.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    return "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames).encode()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_it_is_thinking_however_the_text_is_cut(serve: Serve, size: int) -> None:
    pieces = [SAID[place : place + size] for place in range(0, len(SAID), size)]
    outcome = listen(TAGGED, serve(sends(stream(*pieces))))
    assert outcome.error is None
    assert outcome.reply is not None
    assert outcome.reply.thinking == "Hm, 2 < 3."
    assert outcome.reply.content == "So <think> is a tag. ☀"
    kinds = [event.is_thinking_delta for event in outcome.events if not event.is_metadata]
    assert kinds == sorted(kinds, reverse=True)  # first thinking, then all the rest


def test_where_no_manifest_says_so_it_is_text(serve: Serve) -> None:
    outcome = listen(CHAT, serve(sends(stream(SAID))))
    assert outcome.reply is not None
    assert (outcome.reply.content, outcome.reply.thinking) == (SAID, "")


def test_what_the_token_limit_cuts_is_thinking(serve: Serve) -> None:
    outcome = listen(TAGGED, serve(sends(stream("<think>Hm,", " 2 <", reason="length"))))
    assert outcome.error is None
    assert outcome.reply is not None
    assert (outcome.reply.content, outcome.reply.thinking) == ("", "Hm, 2 <")
    assert outcome.reply.termination_reason == "max_tokens"


def test_what_was_held_back_is_there_when_a_stream_breaks_off(serve: Serve) -> None:
    data = stream("Well <b", "> <").partition(b'data: {"choices": [{"index": 0, "delta": {}')[0]
    outcome = listen(TAGGED, serve(sends(data)))
    assert outcome.error is not None
    assert outcome.reply is not None
    assert outcome.reply.content == "Well <b> <"
    data = stream("<thi").partition(b'data: {"choices": [{"index": 0, "delta": {}')[0]
    outcome = listen(TAGGED, serve(sends(data)))
    assert outcome.reply is not None
    assert outcome.reply.content == "<thi"
    assert "".join(e.as_content_delta.text for e in outcome.events if e.is_content_delta) == "<thi"
