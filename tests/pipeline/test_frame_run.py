"""Frames alike that come in one chunk are read at once, and say what each would by itself."""

import json
from typing import Any

import pytest

from ai_lib.errors.exceptions import ResponseTooLarge
from ai_lib.pipeline import Pipeline, ProtocolEventMapper
from ai_lib.pipeline.assembly.tool_calls import ToolCallAccumulator
from ai_lib.pipeline.decoders.sse import SseDecoder
from ai_lib.pipeline.fast_path import frame_pattern
from ai_lib.pipeline.fast_path.frame_run import frame_prefix, read_run
from ai_lib.types.events import Event, PartialContentDelta, PartialToolCall
from tests.pipeline.manifests import bundled

BEFORE, AFTER = b'data: {"a":"', b'","b":1}'


def frame(text: bytes) -> bytes:
    return BEFORE + text + AFTER + b"\n\n"


def texts_of(data: bytes) -> list[str] | None:
    run = read_run(data, BEFORE, AFTER)
    return None if run is None else run.texts


def test_a_run_ends_where_the_first_other_frame_begins() -> None:
    other = b'data: {"a":"","c":1}\n\n'
    data = frame(b"one") + frame(rb"t\nw\"o") + other + frame(b"three")
    assert read_run(data, BEFORE, AFTER) == (["one", 't\nw"o'], other + frame(b"three"))


@pytest.mark.parametrize("kept", [b"", b"d", b'data: {"a":"fo', b": a comment", b"\n"])
def test_what_follows_the_last_whole_frame_is_left(kept: bytes) -> None:
    assert read_run(frame(b"one") + frame(b"two") + kept, BEFORE, AFTER) == (["one", "two"], kept)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        BEFORE,
        BEFORE + b"one" + AFTER + b"\n",
        b": hello\n\n" + frame(b"one"),
        frame(b""),
        frame(b"one") + frame(b""),
        frame(b"one") + frame(b'x","a'),
        frame(b"on\\") + frame(b'x","y'),
        frame(b"on\\") + frame(b"two"),
        frame(b"one") + frame(b'a"\n,"b'),
        frame(b"one") + frame(b"a\nb"),
        frame(b"one") + frame(rb"\ud83d") + frame(rb"\ude00"),
        frame(b"one") + frame(b"\xff"),
        frame(b"one") + frame(b"a\rb"),
        BEFORE[:-1] + AFTER + b"\n\n",
    ],
)
def test_what_is_no_run_of_texts_is_read_frame_by_frame(data: bytes) -> None:
    assert texts_of(data) is None


def test_only_frames_of_one_data_line_perhaps_named_have_an_opening() -> None:
    assert frame_prefix(b"data: {}\n\n") == b"data: "
    assert frame_prefix(b"event: delta\ndata: {}\n\n") == b"event: delta\ndata: "
    for other in (b"data:{}\n\n", b"event: a\nid: 1\ndata: {}\n\n", b": x\n\n", b"event: a", b""):
        assert frame_prefix(other) == b""
    assert frame_prefix(b"event: error\ndata: {}\n\n") == b""


def test_a_chunk_begins_where_a_frame_does_with_what_was_kept_before_it() -> None:
    decoder = SseDecoder()
    assert decoder.join_pending(b"data: 0\n\n") == b""  # perhaps behind a BOM
    decoder.feed(b"data: 1\n\nevent: a\nda")
    assert decoder.join_pending(b"ta: 2") == b""
    assert decoder.join_pending(b"ta: 2\n\ndata: 3") == b"event: a\ndata: 2\n\ndata: 3"
    assert [(one.data, one.event) for one in decoder.feed(b"data: 4\n\n")] == [(b"4", None)]


@pytest.mark.parametrize("begun", [b"data: 1\n", b"data: 1\r", b"data: 1\r\n\r"])
def test_a_chunk_in_the_middle_of_a_frame_or_a_line_end_does_not(begun: bytes) -> None:
    decoder = SseDecoder()
    decoder.feed(b"data: 0\n\n" + begun)
    assert decoder.join_pending(b"\ndata: 2\n\n") == b""


def test_a_frame_over_its_bound_is_refused_although_it_comes_with_others() -> None:
    decoder = SseDecoder(max_frame_bytes=20)
    decoder.feed(b"data: 0\n\ndata: " + b"x" * 16)
    assert decoder.join_pending(b"xxxxx\n\n") == b""
    with pytest.raises(ResponseTooLarge):
        decoder.feed(b"xxxxx\n\n")
    assert decoder.join_pending(b"data: 1\n\n") == b""


def said(delta: dict[str, Any]) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return json.dumps({"id": "c1", "model": "m", "choices": [choice]}, ensure_ascii=False)


def named(text: str) -> str:
    delta = {"type": "text_delta", "text": text}
    return json.dumps({"type": "content_block_delta", "index": 0, "delta": delta})


MESSAGE = {"type": "message_start", "message": {"id": "m1", "model": "m", "usage": {}}}
START = "event: message_start\ndata: " + json.dumps(MESSAGE) + "\n\n"


def outcome(pipeline: Pipeline, chunks: list[str]) -> tuple[list[Event], str, object]:
    events = [event for chunk in chunks for event in pipeline.feed(chunk.encode())]
    events += pipeline.close()
    return events, repr(pipeline.failure), pipeline.response()


WORDS = [" wörld", ' "quoted" \\ and \n newline', " \u2028 ", " 🌍", "\t", " {", " end"]


@pytest.mark.parametrize(
    "odd",
    [
        ": a comment\n\n",
        "event: ping\ndata: {}\n\n",
        "event: error\ndata: " + said({"content": "x"}) + "\n\n",
        "data: " + said({"content": ""}) + "\n\n",
        "data: " + said({"content": "\x7f"}).replace("\x7f", "\\ud83d") + "\n\n",
        "data: " + said({"content": "x"}) + " \n\n",
        "data: " + said({"content": "x"}) + "\n\n\n",
        "data: " + said({"content": "x"}) + "\ndata: {}\n\n",
        "id: 7\ndata: " + said({"content": "x"}) + "\n\n",
        "data: " + said({"content": "x"}) + "\r\n\r\n",
    ],
)
def test_a_frame_among_those_alike_is_read_in_its_place(odd: str) -> None:
    alike = ["data: " + said({"content": word}) + "\n\n" for word in WORDS]
    body = "".join([*alike, odd, *alike])
    strict = Pipeline(bundled("openai"), mapper=ProtocolEventMapper(bundled("openai")))
    told = outcome(Pipeline(bundled("openai")), [*alike, body, body[:900], body[900:]])
    assert told == outcome(strict, [*alike, body, body[:900], body[900:]])


@pytest.mark.parametrize(
    ("provider", "frames"),
    [
        ("openai", ["data: " + said({"content": word}) + "\n\n" for word in WORDS * 9]),
        ("openai", ["data: " + said({"reasoning_content": word}) + "\n\n" for word in WORDS * 9]),
        ("anthropic", [START, *("event: x\ndata: " + named(word) + "\n\n" for word in WORDS * 9)]),
    ],
    ids=["text", "thinking", "named"],
)
@pytest.mark.parametrize("size", [701, 1500, 9000])
def test_a_chunk_of_frames_alike_is_not_taken_apart(
    provider: str, frames: list[str], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "".join(frames[3:])
    chunks = ["".join(frames[:3]), *(body[at : at + size] for at in range(0, len(body), size))]
    compiled = bundled(provider)
    strict = outcome(Pipeline(compiled, mapper=ProtocolEventMapper(compiled)), chunks)
    monkeypatch.setattr(frame_pattern, "_RUN_BYTES", 1)
    pipeline, apart = Pipeline(compiled), 0
    read_frame = pipeline._read_frame

    def counted(frame: Any) -> None:
        nonlocal apart
        apart += 1
        read_frame(frame)

    monkeypatch.setattr(pipeline, "_read_frame", counted)
    assert outcome(pipeline, chunks) == strict
    assert apart < 12  # those before two are known, and those of a chunk cut between line ends


def test_arguments_over_their_bound_are_refused_after_those_within_it() -> None:
    tools = ToolCallAccumulator(max_argument_bytes=10)
    events: list[Event] = []
    tools.add(events, id="c1", name="f", arguments='{"a": ', index=0)
    with pytest.raises(ResponseTooLarge):
        tools.extend(events, ["1", "2", "34", "5", "6"], 0)
    pieces = [event.arguments for event in events if isinstance(event, PartialToolCall)]
    assert pieces == ['{"a": ', "1", "2", "34"]


def test_pieces_are_taken_up_to_one_that_may_begin_another_call() -> None:
    tools = ToolCallAccumulator()
    events: list[Event] = []
    tools.add(events, id="c1", name="f", arguments='{"a": [', index=0)
    assert tools.extend(events, ["1", ", {", "}"], 0) == 3
    assert tools.extend(events, [", 2", ' {"b"', "]"], 0) == 1
    assert tools.extend(events, ["3"], 1) == 0


def test_the_halves_of_a_character_meet_between_runs() -> None:
    frames = ["data: " + said({"content": word}) + "\n\n" for word in ("é", "a", "b", "c", "d")]
    halves = [frames[1].replace('"a"', f'"{half}"') for half in ("\\ud83c", "\\udf0d")]
    run = "".join(frames * 2)
    chunks = [*frames, halves[0], halves[1] + run, run + halves[0], halves[1] + run]
    events, _, _ = outcome(Pipeline(bundled("openai")), chunks)
    texts = [event.content for event in events if isinstance(event, PartialContentDelta)]
    twice = "éabcdéabcd"
    assert "".join(texts) == f"éabcd🌍{twice}{twice}🌍{twice}"


@pytest.mark.parametrize("half", ["\\ud83c", "\\udf0d"])
def test_half_a_character_before_a_run_is_refused_as_ever(half: str) -> None:
    frames = ["data: " + said({"content": word}) + "\n\n" for word in ("é", "a", "b", "c", "d")]
    odd = frames[1].replace('"a"', f'"{half}"')
    chunks = [*frames, odd, "".join(frames * 2)]
    strict = Pipeline(bundled("openai"), mapper=ProtocolEventMapper(bundled("openai")))
    told = outcome(Pipeline(bundled("openai")), chunks)
    assert told == outcome(strict, chunks)
    assert "half a character" in told[1]
