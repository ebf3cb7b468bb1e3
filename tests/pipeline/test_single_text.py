"""A plain response that is one text is read without events, and gives the same response."""

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from ai_lib.errors.exceptions import AiLibError, DecodeError, EmptyResponse
from ai_lib.pipeline import plain_response
from ai_lib.pipeline.fast_path.single_text import SingleTextReader
from ai_lib.pipeline.plain_response import read_response
from ai_lib.types.content import Citation, TextBlock
from ai_lib.types.response import Candidate, ChatResponse
from ai_lib.types.usage import Usage
from tests.pipeline.manifests import bundled
from tests.thoroughness import count_examples


class Detour(SingleTextReader):
    """Claims never to be a single text."""

    is_single_text = property(lambda self: False, lambda self, value: None)  # type: ignore[assignment]


def said(*choices: dict[str, Any], **more: Any) -> bytes:
    body = {"id": "r1", "model": "m1", "choices": list(choices), **more}
    return json.dumps(body).encode()


def choice(index: int = 0, finish: object = "stop", **message: Any) -> dict[str, Any]:
    return {"index": index, "message": message, "finish_reason": finish}


def test_one_text_is_a_whole_reply() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 4}
    body = said(choice(content="Grüße", refusal=None, annotations=[]), usage=usage)
    assert read_response(bundled("openai"), body, request_id="q1") == ChatResponse(
        candidates=(
            Candidate(
                blocks=(TextBlock(text="Grüße"),),
                finish_reason="stop",
                termination_reason="end_turn",
            ),
        ),
        usage=Usage(prompt_tokens=3, completion_tokens=4, total_tokens=7, raw=usage),
        id="r1",
        model="m1",
        request_id="q1",
        raw_response=json.loads(body),
    )


def test_it_is_read_straight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_response, "EventAssembler", None)
    assert read_response(bundled("openai"), said(choice(content="Hi"))).content == "Hi"
    block = {"type": "text", "text": "Hi"}
    body = {"type": "message", "content": [block], "stop_reason": "end_turn"}
    assert read_response(bundled("anthropic"), json.dumps(body).encode()).content == "Hi"


@pytest.mark.parametrize(
    ("choices", "contents"),
    [
        ([choice(0, content="a"), choice(1, content="b")], ["a", "b"]),
        ([choice(1, content="b")], ["b"]),
        ([choice(0, "stop", content="a"), choice(1, "length", content="")], ["a", ""]),
        ([choice(1, None, content=""), choice(0, content="a")], ["a"]),
        ([choice(content="a", refusal="no")], ["ano"]),
        ([choice(content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])], ["ab"]),
    ],
)
def test_what_has_more_to_it_loses_nothing(choices: list[Any], contents: list[str]) -> None:
    response = read_response(bundled("openai"), said(*choices))
    assert [candidate.content for candidate in response.candidates] == contents


@pytest.mark.parametrize("index", [0, 1])
def test_who_says_nothing_and_does_not_end_sent_no_answer(index: int) -> None:
    with pytest.raises(EmptyResponse, match="choices") as caught:
        read_response(bundled("openai"), said(choice(index, None, content="")))
    assert isinstance(caught.value.partial, ChatResponse)
    assert caught.value.partial.candidates == (Candidate(),)


def test_thinking_sources_and_refusals_are_kept() -> None:
    thought = read_response(bundled("openai"), said(choice(content="a", reasoning_content="Hm")))
    assert (thought.thinking, thought.content) == ("Hm", "a")
    cited = read_response(bundled("openai"), said(choice(content="a", annotations=[{"url": "u"}])))
    assert cited.candidates[0].blocks == (
        TextBlock(
            text="a",
            citations=(Citation(url="u", raw={"url": "u"}),),
            origin="openai:openai_chat",
        ),
    )
    refused = read_response(bundled("openai"), said(choice(refusal="No.")))
    assert (refused.content, refused.termination_reason) == ("No.", "refusal")


def test_half_a_character_is_still_an_error() -> None:
    with pytest.raises(DecodeError, match="half a character"):
        read_response(bundled("openai"), b'{"choices": [{"message": {"content": "a\\ud83d"}}]}')


def test_an_empty_id_is_none() -> None:
    assert read_response(bundled("openai"), said(choice(content="a"), id="", model=7)).id is None


TEXTS = st.sampled_from(["", "a", "Grüße", "\ud83d", None, 7, {}, [], ["x"], [{"text": "p"}]])
OBJECTS = st.sampled_from([None, [], {}, "", [{}], [{"type": "x"}], {"a": 1}, 0])
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "content": TEXTS,
        "refusal": TEXTS,
        "reasoning": TEXTS,
        "reasoning_content": TEXTS,
        "reasoning_details": OBJECTS,
        "annotations": OBJECTS,
        "tool_calls": st.sampled_from([None, [], [CALL], {}]),
    },
)
CHOICES = st.fixed_dictionaries(
    {"message": st.one_of(MESSAGES, st.none())},
    optional={
        "index": st.sampled_from([0, 1, None, "0"]),
        "finish_reason": st.sampled_from(["stop", "length", "error", "", "new", None, 3]),
        "error": st.sampled_from([None, {"message": "broke"}]),
    },
)
BODIES = st.fixed_dictionaries(
    {"choices": st.one_of(st.lists(CHOICES, max_size=3), st.none())},
    optional={
        "id": st.sampled_from(["r", "", None, 3]),
        "model": st.sampled_from(["m", "", None]),
        "usage": st.sampled_from([None, {}, {"prompt_tokens": 3.0}, [], "x"]),
        "error": st.sampled_from([None, {"message": "broke"}]),
    },
)


def outcome(provider: str, body: bytes, *, straight: bool) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.urandom", bytes)  # ids that are made up are the same twice
        if not straight:
            patch.setattr(plain_response, "SingleTextReader", Detour)
        try:
            return read_response(bundled(provider), body)
        except AiLibError as error:
            return type(error), str(error), getattr(error, "partial", None)


@pytest.mark.parametrize("provider", ["openai", "perplexity", "openrouter"])
@settings(max_examples=count_examples(100), deadline=None)
@given(body=BODIES)
def test_straight_and_by_the_detour_are_the_same(provider: str, body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    assert outcome(provider, data, straight=True) == outcome(provider, data, straight=False)


PARTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "thinking", "tool_use", "redacted_thinking", "other", None])},
    optional={
        "text": TEXTS,
        "citations": OBJECTS,
        "thinking": TEXTS,
        "signature": st.sampled_from([None, "", "s"]),
        "data": st.sampled_from([None, "d"]),
        "id": st.just("c1"),
        "name": st.just("f"),
        "input": OBJECTS,
        "caller": OBJECTS,
    },
)
ANSWERS = st.fixed_dictionaries(
    {"content": st.one_of(st.lists(PARTS, max_size=3), st.none())},
    optional={
        "id": st.sampled_from(["r", "", None]),
        "type": st.sampled_from(["message", "error"]),
        "error": st.sampled_from([None, {"message": "broke"}]),
        "stop_reason": st.sampled_from(["end_turn", "max_tokens", "", None, 3]),
        "usage": st.sampled_from([None, {}, {"input_tokens": 3, "output_tokens": 2}, []]),
    },
)


@settings(max_examples=count_examples(100), deadline=None)
@given(body=ANSWERS)
def test_so_they_are_where_content_comes_in_blocks(body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    straight = outcome("anthropic", data, straight=True)
    assert straight == outcome("anthropic", data, straight=False)
