# Generated from tests/torture/test_calls.py by codegen; do not edit.
"""Tool calls as no API describes them, in every dialect that can say them so."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from tests._sync.torture.conftest import Serve
from tests._sync.torture.conversation import listen, sends
from tests.torture.speech import CHAT, CHAT_V2, GENERATE, MESSAGES, RESPONSES, Speech

GO, STOP = ("go", {"x": 1}), ("stop", {})


class Said(NamedTuple):
    """The frames that say some calls, and which calls they are."""

    frames: Sequence[Any]
    calls: Sequence[tuple[str, object]]


def chat(*calls: Any) -> list[Any]:
    """Give chat frames, each with these pieces of calls."""
    return [
        {"choices": [{"index": 0, "delta": {"tool_calls": one if type(one) is list else [one]}}]}
        for one in calls
    ]


def piece(arguments: str | None = None, name: str | None = None, **more: Any) -> Any:
    """Give a piece of a call in the chat dialect."""
    given = {"name": name, "arguments": arguments}
    return {**more, "function": {key: value for key, value in given.items() if value is not None}}


def block(index: Any, id: str, name: str, *pieces: str) -> list[Any]:
    """Give messages frames of a call; with None, frames that do not say which."""
    where = {} if index is None else {"index": index}
    call = {"type": "tool_use", "id": id, "name": name, "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": text} for text in pieces]
    return [
        {"type": "content_block_start", **where, "content_block": call},
        *({"type": "content_block_delta", **where, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", **where},
    ]


def parts(*calls: Any) -> list[Any]:
    """Give one frame whose parts are these function calls."""
    return [{"candidates": [{"content": {"parts": [{"functionCall": call} for call in calls]}}]}]


def item(index: Any, call: Any, *pieces: str) -> list[Any]:
    """Give responses frames of a call; with None, frames that do not say which."""
    where = {} if index is None else {"output_index": index}
    whole = {"type": "function_call", **call}
    kind = "response.function_call_arguments.delta"
    return [
        {"type": "response.output_item.added", **where, "item": {**whole, "arguments": ""}},
        *({"type": kind, **where, "delta": text} for text in pieces),
        {"type": "response.output_item.done", **where, "item": whole},
    ]


def v2(index: Any, id: str, name: str, *pieces: str) -> list[Any]:
    """Give frames of a call in the other chat API; with None, frames that do not say which."""
    where = {} if index is None else {"index": index}

    def said(kind: str, call: Any) -> Any:
        return {"type": f"tool-call-{kind}", **where, "delta": {"message": {"tool_calls": call}}}

    return [
        said("start", {"id": id, "type": "function", "function": {"name": name}}),
        *(said("delta", {"function": {"arguments": text}}) for text in pieces),
        {"type": "tool-call-end", **where},
    ]


ENDS: dict[str, tuple[Speech, list[Any]]] = {
    "chat": (CHAT, [{"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}]),
    "messages": (
        MESSAGES,
        [
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
            {"type": "message_stop"},
        ],
    ),
    "generate": (GENERATE, [{"candidates": [{"finishReason": "STOP"}]}]),
    "responses": (
        RESPONSES,
        [{"type": "response.completed", "response": {"status": "completed"}}],
    ),
    "v2": (CHAT_V2, [{"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}}]),
}
ONE = {"call_id": "a", "name": "go", "arguments": '{"x": 1}'}
OTHER = {"call_id": "b", "name": "stop", "arguments": ""}

SAID: dict[str, Said] = {
    "chat: indexes that are text": Said(
        chat(
            piece('{"x"', "go", index="0", id="a"),
            piece("", "stop", index="1", id="b"),
            piece(": 1}", index="0"),
        ),
        [GO, STOP],
    ),
    "chat: an index on the first piece only": Said(
        chat(piece('{"x"', "go", index=0, id="a"), piece(": 1}")), [GO]
    ),
    "chat: null for an id and a name after the first piece": Said(
        chat(
            piece("", "go", index=0, id="a"),
            {"index": 0, "id": None, "function": {"name": None, "arguments": '{"x": 1}'}},
        ),
        [GO],
    ),
    "chat: empty ids and names after the first piece": Said(
        chat(piece("", "go", index=0, id="a"), piece('{"x": 1}', "", index=0, id="")), [GO]
    ),
    "chat: a name on every piece": Said(
        chat(
            piece('{"x"', "go", index=0, id="a"),
            piece(": ", "go", index=0, id="a"),
            piece("1}", "go", index=0, id="a"),
        ),
        [GO],
    ),
    "chat: no ids at all": Said(
        chat(piece('{"x": 1}', "go", index=0), piece("{}", "stop", index=1)), [GO, STOP]
    ),
    "chat: null for arguments": Said(
        chat({"index": 0, "id": "a", "function": {"name": "stop", "arguments": None}}), [STOP]
    ),
    "chat: the word null for arguments": Said(chat(piece("null", "stop", index=0, id="a")), [STOP]),
    "chat: a whole call said twice": Said(
        chat(piece('{"x": 1}', "go", index=0, id="a"), piece('{"x": 1}', "go", index=0, id="a")),
        [GO],
    ),
    "chat: one index, and only the ids differ": Said(
        chat(
            piece(None, "stop", index=0, id="a"),
            piece(None, "stop", index=0, id="b"),
            piece('{"x": 1}', "go", index=0, id="c"),
            piece('{"x": 1}', "go", index=0, id="d"),
        ),
        [STOP, STOP, GO, GO],
    ),
    "chat: calls that go on in turns": Said(
        chat(
            [piece("", "go", index=0, id="a"), piece("", "stop", index=1, id="b")],
            [piece('{"x"', index=0), piece("{", index=1)],
            [piece(": 1}", index=0), piece("}", index=1)],
        ),
        [GO, STOP],
    ),
    "messages: no indexes": Said(
        [*block(None, "a", "go", '{"x"', ": 1}"), *block(None, "b", "stop")], [GO, STOP]
    ),
    "messages: one index for two calls": Said(
        [*block(0, "a", "go", '{"x": 1}'), *block(0, "b", "stop")], [GO, STOP]
    ),
    "messages: one id for two calls": Said(
        [*block(0, "a", "go", '{"x": 1}'), *block(1, "a", "stop")], [GO, STOP]
    ),
    "messages: an empty piece only": Said(block(0, "a", "stop", ""), [STOP]),
    "generate: one id for two calls": Said(
        parts({"id": "a", "name": "go", "args": {"x": 1}}, {"id": "a", "name": "stop"}), [GO, STOP]
    ),
    "generate: empty ids": Said(
        parts({"id": "", "name": "go", "args": {"x": 1}}, {"id": "", "name": "stop"}), [GO, STOP]
    ),
    "generate: null for arguments": Said(parts({"name": "stop", "args": None}), [STOP]),
    "generate: the same call twice": Said(
        parts({"name": "go", "args": {"x": 1}}, {"name": "go", "args": {"x": 1}}), [GO, GO]
    ),
    "responses: no indexes": Said(
        [*item(None, ONE, '{"x"', ": 1}"), *item(None, OTHER)], [GO, STOP]
    ),
    "responses: one index for two calls": Said([*item(0, ONE), *item(0, OTHER)], [GO, STOP]),
    "responses: one id for two calls": Said(
        [*item(0, ONE), *item(1, {**OTHER, "call_id": "a"})], [GO, STOP]
    ),
    "responses: null for arguments": Said(item(0, {**OTHER, "arguments": None}), [STOP]),
    "v2: no indexes": Said(
        [*v2(None, "a", "go", '{"x"', ": 1}"), *v2(None, "b", "stop")], [GO, STOP]
    ),
    "v2: one index for two calls": Said(
        [*v2(0, "a", "go", '{"x": 1}'), *v2(0, "b", "stop")], [GO, STOP]
    ),
    "v2: one id for two calls": Said(
        [*v2(0, "a", "go", '{"x": 1}'), *v2(1, "a", "stop")], [GO, STOP]
    ),
    "v2: an empty piece only": Said(v2(0, "a", "stop", ""), [STOP]),
}


@pytest.mark.parametrize("name", SAID)
def test_calls_are_told_apart_and_put_together(serve: Serve, name: str) -> None:
    said = SAID[name]
    speech, end = ENDS[name.partition(":")[0]]
    data = "".join(f"data: {json.dumps(frame)}\n\n" for frame in [*said.frames, *end])
    outcome = listen(speech, serve(sends(data.encode())))
    assert outcome.error is None
    assert outcome.reply is not None
    assert [(call.name, call.arguments) for call in outcome.reply.tool_calls] == list(said.calls)
    ids = [call.id for call in outcome.reply.tool_calls]
    assert all(ids)
    assert len(set(ids)) == len(ids)
    assert outcome.reply.termination_reason == "tool_use"
    started = [event for event in outcome.events if event.is_tool_call_started]
    ended = [event for event in outcome.events if event.is_tool_call_ended]
    assert len(started) == len(ended) == len(said.calls)
