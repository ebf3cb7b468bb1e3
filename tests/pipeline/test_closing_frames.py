"""What a closing frame says of the whole is compared with the pieces before it."""

import json
from typing import Any

import pytest

from ai_lib.errors.exceptions import InvalidToolArguments
from ai_lib.pipeline import Pipeline
from ai_lib.pipeline.decoders.json_text import encode_json_text
from ai_lib.types.content import HostedToolBlock, TextBlock
from ai_lib.types.events import FinalCandidate, PartialContentDelta, StreamEnd, ToolCallEnded
from ai_lib.types.json import JsonDict
from tests.pipeline.manifests import bundled, sse

RESPONSES = ("openai", "responses")


def play(provider: str, family: str | None, *frames: JsonDict | str) -> Pipeline:
    pipeline = Pipeline(bundled(provider, family))
    texts = [frame if isinstance(frame, str) else json.dumps(frame) for frame in frames]
    pipeline.events = pipeline.feed(sse(texts)) + pipeline.close()  # type: ignore[attr-defined]
    assert pipeline.failure is None
    return pipeline


def message(*texts: str, id: str = "msg_1") -> JsonDict:
    content: list[Any] = [
        {"type": "output_text", "text": text, "annotations": []} for text in texts
    ]
    return {"type": "message", "id": id, "role": "assistant", "content": content}


def call(arguments: str, id: str = "call_1") -> JsonDict:
    return {"type": "function_call", "call_id": id, "name": "f", "arguments": arguments}


def item(index: int, value: JsonDict, kind: str = "done") -> JsonDict:
    return {"type": f"response.output_item.{kind}", "output_index": index, "item": value}


def delta(text: str, index: int = 0, part: int = 0) -> JsonDict:
    where = {"output_index": index, "content_index": part}
    return {"type": "response.output_text.delta", "delta": text, **where}


def told(text: str, index: int = 0, part: int = 0) -> JsonDict:
    where = {"output_index": index, "content_index": part}
    return {"type": "response.output_text.done", "text": text, **where}


def completed(*items: JsonDict) -> JsonDict:
    response = {"id": "r", "model": "m", "status": "completed", "output": list(items)}
    return {"type": "response.completed", "response": response}


@pytest.mark.parametrize(
    "frames",
    [
        [told("Low tide.")],
        [item(0, message("Low tide."))],
        [completed(message("Low tide."))],
        [delta("Low"), told("Low tide.")],
        [delta("Low"), item(0, message("Low tide."))],
        [delta("Low"), delta(" tide."), completed(message("Low tide."))],
        [delta("Low"), completed(message("Low", " tide."))],
        [delta("Low"), told("Low"), delta(" tide", 0, 1), told(" tide.", 0, 1)],
        [told("Low"), told(" tide.", 0, 1), item(0, message("Low", " tide."))],
        [delta("Low tide.", 1), completed(message("Low tide."))],
    ],
)
def test_what_no_delta_said_is_said_before_the_end(frames: list[JsonDict]) -> None:
    if frames[-1]["type"] != "response.completed":
        frames = [*frames, completed()]
    pipeline = play(*RESPONSES, *frames)
    events = pipeline.events  # type: ignore[attr-defined]
    kinds = [type(event) for event in events if not isinstance(event, PartialContentDelta)]
    assert pipeline.response().content == "Low tide."
    assert kinds[-2:] == [FinalCandidate, StreamEnd]
    assert events[-2:] == [event for event in events if type(event) in (FinalCandidate, StreamEnd)]
    assert pipeline.response().unmapped == {}


def test_the_same_text_twice_is_said_twice() -> None:
    frames = [delta("Ha"), told("Ha"), told("Ha", 0, 1), completed()]
    assert play(*RESPONSES, *frames).response().content == "HaHa"


def test_a_refusal_that_only_the_end_has_is_a_refusal() -> None:
    part = {"type": "refusal", "refusal": "No."}
    said = {"type": "message", "id": "m", "role": "assistant", "content": [part]}
    response = play(*RESPONSES, completed(said)).response()
    assert (response.content, response.termination_reason) == ("No.", "refusal")


def test_thinking_and_searches_that_only_the_end_has_are_there() -> None:
    thought = {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Hm"}]}
    search = {"type": "web_search_call", "id": "ws", "status": "completed"}
    response = play(*RESPONSES, completed(thought, search, message("x"))).response()
    assert response.thinking == "Hm"
    assert [type(block) for block in response.candidates[0].blocks][1:] == [
        HostedToolBlock,
        TextBlock,
    ]


def test_what_was_said_is_not_said_again() -> None:
    thought = {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Hm"}]}
    search = {"type": "web_search_call", "id": "ws", "status": "searching"}
    items = [thought, search, message("x"), call('{"a": 1}')]
    frames = [
        *[item(index, value, "added") for index, value in enumerate(items)],
        {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "Hm"},
        delta("x", 2),
        *[item(index, value) for index, value in enumerate(items)],
        completed(thought, {**search, "status": "completed"}, *items[2:]),
    ]
    response = play(*RESPONSES, *frames).response()
    blocks = response.candidates[0].blocks
    assert (response.thinking, response.content, len(blocks)) == ("Hm", "x", 4)
    assert [len(getattr(block, "raw", ())) for block in blocks] == [1, 1, 1, 1]
    assert response.unmapped == {}


def test_a_text_that_was_something_else_is_kept_as_a_contradiction() -> None:
    response = play(*RESPONSES, delta("Low"), told("High"), completed(message("Low"))).response()
    assert response.content == "Low"
    assert response.unmapped == {"candidates[0].text[0]": "High"}
    assert response.unmapped_count == 1


ENDS = {"type": "response.function_call_arguments.done", "output_index": 0}


@pytest.mark.parametrize(
    ("frames", "contradictions"),
    [
        ([{**ENDS, "arguments": '{"a": 1}'}], 0),
        ([{**ENDS, "delta": '{"a"', "type": "response.function_call_arguments.delta"}], 0),
        ([{**ENDS, "delta": '{"a":1}', "type": "response.function_call_arguments.delta"}], 0),
        ([{**ENDS, "delta": '{"b', "type": "response.function_call_arguments.delta"}], 1),
        ([item(0, call('{"b": 2}'))], 1),
    ],
)
def test_the_arguments_of_the_closing_frame_win(
    frames: list[JsonDict], contradictions: int
) -> None:
    whole = call('{"a": 1}')
    opened = item(0, call(""), "added")
    pipeline = play(*RESPONSES, opened, *frames, item(0, whole), completed(whole))
    response = pipeline.response()
    assert [dict(made.arguments) for made in response.tool_calls] == [{"a": 1}]
    assert response.unmapped_count == contradictions


def test_a_call_that_only_the_end_has_is_called() -> None:
    pipeline = play(*RESPONSES, completed(call('{"a": 1}'), call("{}", "call_2")))
    made = pipeline.response().tool_calls
    assert [(one.id, one.name, dict(one.arguments)) for one in made] == [
        ("call_1", "f", {"a": 1}),
        ("call_2", "f", {}),
    ]
    events = pipeline.events  # type: ignore[attr-defined]
    assert len([event for event in events if isinstance(event, ToolCallEnded)]) == 2


def chunk(finish: str | None = None, **more: Any) -> JsonDict:
    return {"id": "c", "model": "m", "choices": [{"index": 0, "finish_reason": finish, **more}]}


FUNCTION = {"name": "f", "arguments": '{"a": 1}'}
WHOLE = {
    "role": "assistant",
    "content": "Low tide.",
    "reasoning_content": "Hm",
    "tool_calls": [{"id": "c1", "type": "function", "function": FUNCTION}],
}


LOW, CALLED = chunk(delta={"content": "Low"}), [{"index": 0, "id": "c1", "function": FUNCTION}]
UNNAMED = [{"index": 0, "function": {"name": "f", "arguments": ""}}]
UNASKED = [{"index": 0, "id": "c1", "function": {"name": "f"}}]


@pytest.mark.parametrize(
    "frames",
    [
        [chunk("tool_calls", message=WHOLE)],
        [chunk(message=WHOLE), chunk("tool_calls", delta={})],
        [LOW, chunk("tool_calls", delta={}, message=WHOLE)],
        [LOW, chunk("tool_calls", delta={"content": " tide."}, message=WHOLE)],
        [chunk(delta={**WHOLE, "tool_calls": CALLED}), chunk("tool_calls", message=WHOLE)],
        [chunk(delta={"tool_calls": UNNAMED}), chunk("tool_calls", message=WHOLE)],
        [chunk("tool_calls", delta={"tool_calls": UNASKED}), chunk(message=WHOLE)],
    ],
)
def test_a_whole_message_in_a_chunk_of_chat_completions(frames: list[JsonDict]) -> None:
    response = play("openai", None, *frames, "[DONE]").response()
    assert (response.content, response.thinking) == ("Low tide.", "Hm")
    assert [(one.name, dict(one.arguments)) for one in response.tool_calls] == [("f", {"a": 1})]
    assert response.termination_reason == "tool_use"


def test_a_message_that_grows_beside_its_deltas_is_said_once() -> None:
    frames = [
        chunk(delta={"content": "Low"}, message={"content": "Low"}),
        chunk(delta={"content": " tide"}, message={"content": "Low tide"}),
        chunk("stop", delta={"content": "."}, message={"content": "Low tide."}),
    ]
    assert play("perplexity", None, *frames).response().content == "Low tide."


def test_thinking_tags_in_a_whole_message_are_read_as_in_its_deltas() -> None:
    whole = {"content": "<think>Hm</think>Low tide."}
    for frames in (
        [chunk("stop", message=whole)],
        [chunk(delta=whole), chunk("stop", message=whole)],
    ):
        response = play("perplexity", None, *frames, "[DONE]").response()
        assert (response.thinking, response.content) == ("Hm", "Low tide.")


def test_a_block_that_starts_whole_is_whole() -> None:
    blocks: list[JsonDict] = [
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "text", "text": "Low tide."},
        {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
        {"type": "tool_use", "id": "t2", "name": "f", "input": {"a": 1}},
    ]
    frames: list[JsonDict] = [{"type": "message_start", "message": {"id": "m", "model": "m"}}]
    for index, block in enumerate(blocks):
        frames.append({"type": "content_block_start", "index": index, "content_block": block})
        if index == 3:
            piece = {"type": "input_json_delta", "partial_json": '{"a": 2}'}
            frames.append({"type": "content_block_delta", "index": index, "delta": piece})
        frames.append({"type": "content_block_stop", "index": index})
    frames += [
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
        {"type": "message_stop"},
    ]
    response = play("anthropic", None, *frames).response()
    assert (response.thinking, response.content) == ("Hm", "Low tide.")
    assert [dict(one.arguments) for one in response.tool_calls] == [{"a": 1}, {"a": 2}]


def test_a_message_end_that_has_the_message_of_cohere() -> None:
    function = {"id": "c1", "type": "function", "function": FUNCTION}
    whole = {
        "tool_plan": "Hm",
        "content": [{"type": "text", "text": "Low tide."}],
        "tool_calls": [function],
    }
    end = {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "message": whole}}
    piece = {"message": {"content": {"text": "Low"}}}
    for frames in ([end], [{"type": "content-delta", "index": 0, "delta": piece}, end]):
        response = play("cohere", None, *frames).response()
        assert (response.thinking, response.content) == ("Hm", "Low tide.")
        assert [dict(one.arguments) for one in response.tool_calls] == [{"a": 1}]


def part(*pieces: JsonDict, name: str | None = None) -> JsonDict:
    function: JsonDict = {"partialArgs": list(pieces), "willContinue": True}
    return {"functionCall": {**function, "name": name} if name else function}


def gemini(*parts: JsonDict, finish: str | None = None) -> JsonDict:
    content = {"role": "model", "parts": list(parts)}
    return {"candidates": [{"index": 0, "content": content, "finishReason": finish}]}


def test_arguments_that_come_as_paths_and_values() -> None:
    pieces: list[JsonDict] = [
        {"jsonPath": "$.port", "stringValue": "E", "willContinue": True},
        {"jsonPath": "$.port", "stringValue": "ms"},
        {"jsonPath": "$.port", "willContinue": False},
        {"jsonPath": "$.days[0].n", "numberValue": 2},
        {"jsonPath": "$.days[1].n", "numberValue": 0},
        {"jsonPath": "$['a b']", "boolValue": False},
        {"jsonPath": "$.none", "nullValue": None},
    ]
    frames = [gemini(part(name="f")), *(gemini(part(piece)) for piece in pieces)]
    second = gemini(part({"jsonPath": "$.x", "stringValue": "y"}, name="f"))
    response = play(
        "gemini", None, *frames, second, gemini({"functionCall": {}}, finish="STOP")
    ).response()
    assert [dict(one.arguments) for one in response.tool_calls] == [
        {"port": "Ems", "days": [{"n": 2}, {"n": 0}], "a b": False, "none": None},
        {"x": "y"},
    ]


@pytest.mark.parametrize("path", ["$.a[7]", "$[0]", "$..a", "$.a[*]", "no path (", "$"])
def test_arguments_at_no_path_are_no_arguments(path: str) -> None:
    frame = gemini(part({"jsonPath": path, "numberValue": 1}, name="f"), finish="STOP")
    pipeline = Pipeline(bundled("gemini"))
    pipeline.feed(sse([encode_json_text(frame)]))
    pipeline.close()
    assert isinstance(pipeline.failure, InvalidToolArguments)
