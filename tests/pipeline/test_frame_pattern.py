"""Frames that differ in a text alone are read by their bytes, and give the same events.

A pipeline with a mapper of the caller decodes every frame; all outcomes are compared with its.
"""

import json
import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from ai_lib.errors.exceptions import AiLibError
from ai_lib.pipeline import Pipeline, ProtocolEventMapper, pipeline as pipeline_module
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.types.events import Event
from ai_lib.types.response import ChatResponse
from tests.pipeline.manifests import bundled, small
from tests.thoroughness import count_examples
from tests.wire.corpus import FAMILIES, ROWS, speaker
from tests.wire.recordings import Recording, as_parameters

Outcome = tuple[list[Event], str | None, ChatResponse, int]
STREAMS = [row for row in ROWS if row.streamed]


def outcome(pipeline: Pipeline, chunks: Iterable[bytes]) -> Outcome:
    events = [event for chunk in chunks for event in pipeline.feed(chunk)]
    events += pipeline.close()
    failure = pipeline.failure
    message = None if failure is None else f"{type(failure).__name__}: {failure}"
    return events, message, pipeline.response(), pipeline.unknown_count


def both(compiled: CompiledManifest, chunks: list[bytes]) -> tuple[Outcome, Outcome]:
    """Read a stream by the fast path, and every frame by itself."""
    strict = Pipeline(compiled, mapper=ProtocolEventMapper(compiled))
    return outcome(Pipeline(compiled), chunks), outcome(strict, chunks)


def chat(delta: dict[str, Any], **more: Any) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return json.dumps({"id": "c1", "model": "m", "choices": [choice], **more})


def framed(frames: Iterable[str]) -> list[bytes]:
    return [f"data: {frame}\n\n".encode() for frame in frames]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """List the frames that are decoded."""
    seen: list[bytes] = []
    decode = pipeline_module.decode_json

    def watched(data: bytes, subject: str) -> object:
        seen.append(data)
        return decode(data, subject)

    monkeypatch.setattr(pipeline_module, "decode_json", watched)
    return seen


@pytest.mark.parametrize("recording", as_parameters(STREAMS))
def test_every_recorded_stream_says_the_same(recording: Recording) -> None:
    compiled = bundled(speaker(recording), FAMILIES.get(recording.family))
    known, strict = both(compiled, [recording.body])
    assert known == strict


PIECES = ["Hello", " wörld", ' "quoted" \\ and \n newline', " \u2028 ", " 🌍", "\t", " end"]


def openai_text() -> list[str]:
    return [chat({"content": text}) for text in PIECES * 20] + ["[DONE]"]


def openai_padded() -> list[str]:
    """Every frame has a random text that nobody reads, and a number that counts."""
    chance = random.Random(7)
    return [
        chat({"content": text}, obfuscation="x" * chance.randrange(1, 9), created=number)
        for number, text in enumerate(PIECES * 20)
    ] + ["[DONE]"]


def openai_arguments() -> list[str]:
    def call(function: dict[str, str], **more: str) -> str:
        return chat({"tool_calls": [{"index": 0, **more, "function": function}]})

    text = json.dumps({"text": 'a "b" \\ c\nd' * 20})
    start = call({"name": "f", "arguments": ""}, id="call_1", type="function")
    pieces = [call({"arguments": text[at : at + 3]}) for at in range(0, len(text), 3)]
    end = json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    return [start, *pieces, end, "[DONE]"]


def anthropic_text() -> list[str]:
    start = {"type": "message_start", "message": {"id": "m1", "model": "m", "usage": {}}}
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}
    texts = [
        json.dumps(
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": text},
            }
        )[:-1]
        + " " * (number % 5)
        + "}"
        for number, text in enumerate(PIECES * 20)
    ]
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}}
    rest = [json.dumps(end), json.dumps({"type": "message_stop"})]
    return [json.dumps(start), json.dumps(block), *texts, *rest]


@pytest.mark.parametrize(
    ("provider", "frames"),
    [
        ("openai", openai_text()),
        ("openai", openai_padded()),
        ("openai", openai_arguments()),
        ("anthropic", anthropic_text()),
    ],
    ids=["text", "padded text", "arguments", "padding spaces"],
)
def test_most_frames_of_a_stream_are_not_decoded(
    provider: str, frames: list[str], decoded: list[bytes]
) -> None:
    chunks = framed(frames)
    compiled = bundled(provider)
    known = outcome(Pipeline(compiled), chunks)
    few = len(decoded)
    strict = outcome(Pipeline(compiled, mapper=ProtocolEventMapper(compiled)), chunks)
    assert known == strict
    assert known[1] is None
    assert few < len(frames) / 4


def test_a_stage_of_the_caller_sees_every_frame(decoded: list[bytes]) -> None:
    frames = openai_text()
    seen: list[object] = []

    def look(frame: object) -> Iterable[object]:
        seen.append(frame)
        yield frame

    strict = outcome(Pipeline(bundled("openai")).with_transform(look), framed(frames))
    assert len(seen) == len(decoded) == len(frames) - 1  # [DONE] is no JSON
    assert outcome(Pipeline(bundled("openai")), framed(frames)) == strict


@pytest.mark.parametrize(
    "odd",
    [
        chat({"content": ""}),
        chat({"content": None}),
        chat({"content": "x"}, usage={"prompt_tokens": 1}),
        chat({"content": "x", "tool_calls": []}),
        chat({"content": "x"}).replace('"index": 0', '"index": 1'),
        chat({"content": "x"}).replace("null", '"stop"'),
        chat({"content": "x"}).replace("null", '"me"'),  # no longer than what it replaces
        chat({"content": "x"}).replace('"x"', '"\\ud83d"'),
        chat({"content": "x"}).replace('"x"', '"a\x01b"'),
        chat({"content": "x"}).replace('"x"', '"a"b"'),
        chat({"content": "x"}).replace('"x"', '"a\\"'),
        chat({"content": "x"}).replace('"x"', '"a\\q"'),
        chat({"content": "x"}).replace('"x"', "7"),
        chat({"content": "x"}) + " ",
        chat({"content": "x"}) + "{}",
        json.dumps({"error": {"message": "no"}}),
        "[1]",
        "{",
    ],
)
def test_a_frame_that_is_only_like_the_others_is_read_by_itself(odd: str) -> None:
    frames = [chat({"content": text}) for text in ("one", "two", "three")]
    chunks = framed([*frames, odd, chat({"content": "four"})])
    known, strict = both(bundled("openai"), chunks)
    assert known == strict


@pytest.mark.parametrize("second", ['{"b": 2}', ' {"b": 2}', "", "}", '{"a": 11}'])
def test_a_second_call_under_the_same_index_is_told_from_more_of_the_first(second: str) -> None:
    pieces = ['{"a"', ": 1", "1", "}", second]
    frames = [
        chat({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}) for piece in pieces
    ]
    known, strict = both(bundled("openai"), framed([openai_arguments()[0], *frames]))
    assert _without_made_ids(known) == _without_made_ids(strict)


def test_bytes_that_are_no_utf_8_are_refused_as_ever() -> None:
    frames = framed([chat({"content": text}) for text in ("one", "two", "three")])
    broken = frames[0].replace(b"one", b"on\xff")
    known, strict = both(bundled("openai"), [*frames, broken])
    assert known == strict
    assert known[1] is not None


def test_a_number_that_nobody_reads_must_be_a_number() -> None:
    frames = framed([chat({"content": str(number)}, n=number) for number in range(1, 5)])
    for wrong in (
        b'"n": 03}',
        b'"n": 1.5}',
        b'"n": -}',
        b'"n": }',
        b'"n": 5, "a": 1}',
        b'"n": 1}}',
    ):
        odd = frames[0].replace(b'"n": 1}', wrong)
        known, strict = both(bundled("openai"), [*frames, odd, *frames])
        assert known == strict


@pytest.mark.parametrize(
    "rule",
    [
        {"match": "@.text == 'STOP'", "emit": "FinalCandidate", "fields": {"finish_reason": "x"}},
        {"match": "'STOP' in $.text", "emit": "FinalCandidate", "fields": {"finish_reason": "x"}},
        {
            "match": "exists($.parts[?@.text == 'STOP'])",
            "emit": "FinalCandidate",
            "fields": {"finish_reason": "x"},
        },
    ],
    ids=["compared", "held", "filtered"],
)
def test_where_a_rule_looks_into_the_text_every_frame_is_decoded(
    rule: dict[str, Any], decoded: list[bytes]
) -> None:
    rules = [rule, {"emit": "PartialContentDelta", "fields": {"content": "$.text"}}]
    compiled = small({"decoder": {"format": "sse"}, "rules": rules})
    frames = [json.dumps({"text": text}) for text in ["a", "b", "c", "d", "STOP"]]
    events, failure, _, _ = outcome(Pipeline(compiled), framed(frames))
    assert len(decoded) == len(frames)
    if rule["match"].startswith("@"):
        assert failure is None
        assert events[-1].is_stream_end


def test_a_part_that_a_rule_speaks_of_is_never_passed_over(decoded: list[bytes]) -> None:
    rules = [
        {"emit": "PartialContentDelta", "fields": {"content": "$.text"}},
        {"match": "exists($.mood)", "emit": "Metadata", "fields": {"usage": "$.nothing"}},
    ]
    compiled = small({"decoder": {"format": "sse"}, "rules": rules})
    frames = [json.dumps({"mood": mood, "text": mood * 2}) for mood in "abcdef"]
    outcome(Pipeline(compiled), framed(frames))
    assert len(decoded) == len(frames)


TEXTS = st.text(max_size=12)


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """Give frames of a few kinds with any texts, some of them damaged, cut anywhere."""
    frames: list[bytes] = []
    for _ in range(draw(st.integers(3, 14))):
        text = draw(TEXTS)
        kind = draw(st.sampled_from(["content", "reasoning_content", "arguments", "padded"]))
        if kind == "arguments":
            delta = {"tool_calls": [{"index": draw(st.integers(0, 1)), "function": {kind: text}}]}
            frame = chat(delta)
        elif kind == "padded":
            frame = chat({"content": text}, pad=draw(TEXTS), n=draw(st.integers(-3, 99)))
        else:
            frame = chat({kind: text})
        if draw(st.booleans()):
            frame = json.dumps(json.loads(frame), ensure_ascii=False)
        data = frame.encode("utf-8", "surrogatepass")
        if draw(st.integers(0, 9)) == 0:
            at = draw(st.integers(0, len(data) - 1))
            data = data[:at] + draw(st.binary(max_size=3)) + data[at + 1 :]
        frames.append(b"data: " + data + b"\n\n")
    body = b"".join(frames)
    places = sorted(draw(st.lists(st.integers(0, len(body)), max_size=6)))
    return [body[a:b] for a, b in zip([0, *places], [*places, len(body)], strict=True)]


@given(chunks=streams())
@settings(max_examples=count_examples(300), deadline=None)
def test_any_stream_says_the_same(chunks: list[bytes]) -> None:
    try:
        known, strict = both(bundled("openai"), chunks)
    except AiLibError as error:  # a pipeline keeps its errors
        raise AssertionError from error
    assert _without_made_ids(known) == _without_made_ids(strict)


def _without_made_ids(outcome: Outcome) -> list[object]:
    """Ids that are made here differ by chance."""
    events, failure, response, unknown = outcome
    named = [
        (type(event).__name__, getattr(event, "arguments", None), event.candidate)
        if hasattr(event, "tool_call_id")
        else event
        for event in events
    ]
    return [named, failure and failure.split("(call_")[0], response.content, unknown]
