"""One answer in five dialects, written out by hand, and what must come of it.

The answer thinks (where the dialect shows it), says `TEXT`, and calls two tools at once.
"""

import json
from typing import NamedTuple

# Characters that a careless reader of lines or bytes breaks.
TEXT = "Héllo\u2028wörld\u2029\u0085\u000b\u000c \U0001f600 data: [DONE]"
CALLS = [("weather", {"city": "Zürich"}), ("time", {})]


class Frame(NamedTuple):
    """One frame: its event name, where the dialect has one, and its JSON."""

    event: str | None
    data: str


class Speech(NamedTuple):
    """The frames of an answer. The one at `whole` makes it complete; `done` may follow."""

    provider: str
    family: str | None
    frames: list[Frame]
    whole: int
    done: str | None
    finish_reason: str
    termination_reason: str
    thinking: str
    usage: tuple[int, int]


def _f(data: object, *, event: bool = False) -> Frame:
    text = json.dumps(data, ensure_ascii=False)
    return Frame(data["type"] if event else None, text)  # type: ignore[index]


def _e(data: object) -> Frame:
    return _f(data, event=True)


def _delta(delta: object, reason: str | None = None) -> Frame:
    return _f(
        {
            "id": "c1",
            "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        }
    )


def _call(index: int, id: str | None, name: str | None, arguments: str) -> object:
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": index, **({"id": id} if id else {}), "function": function}]}


CHAT = Speech(
    provider="openai",
    family=None,
    frames=[
        _delta({"role": "assistant", "content": ""}),
        _delta({"reasoning_content": "Hm "}),
        _delta({"reasoning_content": "so."}),
        _delta({"content": TEXT[:7]}),
        _delta({"content": TEXT[7:]}),
        _delta(_call(0, "a", "weather", "")),
        _delta(_call(0, None, None, '{"city": "Zü')),
        _delta(_call(1, "b", "time", "")),
        _delta(_call(0, None, None, 'rich"}')),
        _delta({}, "tool_calls"),
        _f({"id": "c1", "choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 22}}),
    ],
    whole=9,
    done="[DONE]",
    finish_reason="tool_calls",
    termination_reason="tool_use",
    thinking="Hm so.",
    usage=(11, 22),
)


def _block(index: int, block: object) -> Frame:
    return _e({"type": "content_block_start", "index": index, "content_block": block})


def _piece(index: int, delta: object) -> Frame:
    return _e({"type": "content_block_delta", "index": index, "delta": delta})


def _stop(index: int) -> Frame:
    return _e({"type": "content_block_stop", "index": index})


MESSAGES = Speech(
    provider="anthropic",
    family=None,
    frames=[
        _e(
            {
                "type": "message_start",
                "message": {
                    "id": "m1",
                    "model": "m",
                    "usage": {"input_tokens": 11, "output_tokens": 1},
                },
            }
        ),
        _block(0, {"type": "thinking", "thinking": "", "signature": ""}),
        _e({"type": "ping"}),
        _piece(0, {"type": "thinking_delta", "thinking": "Hm "}),
        _piece(0, {"type": "thinking_delta", "thinking": "so."}),
        _piece(0, {"type": "signature_delta", "signature": "sig"}),
        _stop(0),
        _block(1, {"type": "text", "text": ""}),
        _piece(1, {"type": "text_delta", "text": TEXT[:7]}),
        _piece(1, {"type": "text_delta", "text": TEXT[7:]}),
        _stop(1),
        _block(2, {"type": "tool_use", "id": "a", "name": "weather", "input": {}}),
        _piece(2, {"type": "input_json_delta", "partial_json": ""}),
        _piece(2, {"type": "input_json_delta", "partial_json": '{"city": "Zü'}),
        _piece(2, {"type": "input_json_delta", "partial_json": 'rich"}'}),
        _stop(2),
        _block(3, {"type": "tool_use", "id": "b", "name": "time", "input": {}}),
        _stop(3),
        _e(
            {
                "type": "message_delta",
                "delta": {"stop_reason": "tool_use"},
                "usage": {"output_tokens": 22},
            }
        ),
        _e({"type": "message_stop"}),
    ],
    whole=18,
    done=None,
    finish_reason="tool_use",
    termination_reason="tool_use",
    thinking="Hm so.",
    usage=(11, 22),
)


def _parts(*parts: object, **more: object) -> Frame:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}
    return _f(
        {"candidates": [candidate], "usageMetadata": _TOLD, "responseId": "r1", "modelVersion": "m"}
    )


_TOLD = {"promptTokenCount": 11, "candidatesTokenCount": 20, "thoughtsTokenCount": 2}

GENERATE = Speech(
    provider="gemini",
    family=None,
    frames=[
        _parts({"text": "Hm ", "thought": True}),
        _parts({"text": "so.", "thought": True}),
        _parts({"text": TEXT[:7]}),
        _f({"candidates": [{"index": 0}], "usageMetadata": _TOLD}),
        _parts({"text": TEXT[7:]}),
        _parts({"functionCall": {"name": "weather", "args": {"city": "Zürich"}}}),
        _parts({"functionCall": {"name": "time"}}),
        _parts({"text": ""}, finishReason="STOP"),
    ],
    whole=7,
    done=None,
    finish_reason="STOP",
    termination_reason="tool_use",
    thinking="Hm so.",
    usage=(11, 22),
)


def _item(kind: str, index: int, item: object) -> Frame:
    return _e({"type": f"response.output_item.{kind}", "output_index": index, "item": item})


def _said(kind: str, index: int, delta: str) -> Frame:
    return _e({"type": f"response.{kind}.delta", "output_index": index, "delta": delta})


_WHOLE_CALL = {
    "type": "function_call",
    "call_id": "a",
    "name": "weather",
    "arguments": '{"city": "Zürich"}',
}
_SHORT_CALL = {"type": "function_call", "call_id": "b", "name": "time", "arguments": "{}"}
_USED = {"input_tokens": 11, "output_tokens": 22, "total_tokens": 33}

RESPONSES = Speech(
    provider="openai",
    family="responses",
    frames=[
        _e(
            {
                "type": "response.created",
                "response": {
                    "id": "r1",
                    "model": "m",
                    "status": "in_progress",
                    "error": None,
                    "usage": None,
                },
            }
        ),
        _item("added", 0, {"type": "reasoning", "id": "rs1", "summary": []}),
        _said("reasoning_summary_text", 0, "Hm "),
        _said("reasoning_summary_text", 0, "so."),
        _item(
            "done",
            0,
            {
                "type": "reasoning",
                "id": "rs1",
                "summary": [{"type": "summary_text", "text": "Hm so."}],
            },
        ),
        _item("added", 1, {"type": "message", "content": []}),
        _said("output_text", 1, TEXT[:7]),
        _said("output_text", 1, TEXT[7:]),
        _item("done", 1, {"type": "message", "content": [{"type": "output_text", "text": TEXT}]}),
        _item("added", 2, {**_WHOLE_CALL, "arguments": ""}),
        _said("function_call_arguments", 2, '{"city": "Zü'),
        _said("function_call_arguments", 2, 'rich"}'),
        _e(
            {
                "type": "response.function_call_arguments.done",
                "output_index": 2,
                "arguments": '{"city": "Zürich"}',
            }
        ),
        _item("done", 2, _WHOLE_CALL),
        _item("added", 3, {**_SHORT_CALL, "arguments": ""}),
        _item("done", 3, _SHORT_CALL),
        _e(
            {
                "type": "response.completed",
                "response": {"id": "r1", "status": "completed", "usage": _USED},
            }
        ),
    ],
    whole=16,
    done=None,
    finish_reason="completed",
    termination_reason="tool_use",
    thinking="Hm so.",
    usage=(11, 22),
)


def _content(kind: str, content: object) -> Frame:
    return _e({"type": f"content-{kind}", "index": 0, "delta": {"message": {"content": content}}})


def _tool(kind: str, index: int, call: object) -> Frame:
    return _e(
        {"type": f"tool-call-{kind}", "index": index, "delta": {"message": {"tool_calls": call}}}
    )


CHAT_V2 = Speech(
    provider="cohere",
    family=None,
    frames=[
        _e({"id": "c1", "type": "message-start", "delta": {"message": {"role": "assistant"}}}),
        _e({"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "Hm "}}}),
        _e({"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "so."}}}),
        _content("start", {"type": "text", "text": ""}),
        _content("delta", {"text": TEXT[:7]}),
        _content("delta", {"text": TEXT[7:]}),
        _e({"type": "content-end", "index": 0}),
        _tool("start", 0, {"id": "a", "function": {"name": "weather", "arguments": ""}}),
        _tool("delta", 0, {"function": {"arguments": '{"city": "Zü'}}),
        _tool("delta", 0, {"function": {"arguments": 'rich"}'}}),
        _e({"type": "tool-call-end", "index": 0}),
        _tool("start", 1, {"id": "b", "function": {"name": "time", "arguments": ""}}),
        _e({"type": "tool-call-end", "index": 1}),
        _e(
            {
                "type": "message-end",
                "delta": {
                    "finish_reason": "TOOL_CALL",
                    "usage": {"tokens": {"input_tokens": 11, "output_tokens": 22}},
                },
            }
        ),
    ],
    whole=13,
    done=None,
    finish_reason="TOOL_CALL",
    termination_reason="tool_use",
    thinking="Hm so.",
    usage=(11, 22),
)

SPEECHES = {
    "chat": CHAT,
    "messages": MESSAGES,
    "generate": GENERATE,
    "responses": RESPONSES,
    "chat v2": CHAT_V2,
}


def lines(frame: Frame) -> list[str]:
    """Give the lines of a frame, without the blank one after it."""
    name = [] if frame.event is None else [f"event: {frame.event}"]
    return [*name, f"data: {frame.data}"]


def body(speech: Speech, end: str = "\n") -> bytes:
    """Give the whole stream as its provider would send it."""
    frames = list(speech.frames) + ([Frame(None, speech.done)] if speech.done else [])
    return "".join("".join(line + end for line in [*lines(frame), ""]) for frame in frames).encode()
