"""Frames that are well-formed and odd: tolerated, counted, and never taken for something else."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from ai_lib.errors.exceptions import InvalidToolArguments
from tests.torture.conftest import Serve
from tests.torture.conversation import listen, sends
from tests.torture.speech import CHAT, CHAT_V2, GENERATE, MESSAGES, RESPONSES, Speech


class Odd(NamedTuple):
    """A stream's data, and what must come of it: text, calls, reason, how many are unknown."""

    speech: Speech
    data: Sequence[str]
    text: str = "ok"
    calls: Sequence[tuple[str, object]] = ()
    reason: str = "stop"
    unknown: int = 0


def chat(*choices: str) -> list[str]:
    """Give chat frames, each with this one choice; `-` stands for a frame as it is."""
    return [
        choice[1:] if choice.startswith("-") else f'{{"choices": [{{"index": 0, {choice}}}]}}'
        for choice in choices
    ]


OK, STOP = '"delta": {"content": "ok"}', '"delta": {}, "finish_reason": "stop"'


def tool(call: str) -> str:
    """Give a choice whose delta has these tool calls."""
    return f'"delta": {{"tool_calls": [{call}]}}'


def block(kind: str, index: int, rest: str) -> str:
    """Give a messages frame about the block at `index`."""
    return f'{{"type": "content_block_{kind}", "index": {index}{rest}}}'


M_OK = [
    block("start", 0, ', "content_block": {"type": "text", "text": "ok"}'),
    block("stop", 0, ""),
]
M_END = [
    '{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}',
    '{"type": "message_stop"}',
]
G_END = '{"candidates": [{"finishReason": "STOP"}]}'
G_OK = '{"candidates": [{"content": {"parts": [{"text": "ok"}]}}]}'
R_OK = '{"type": "response.output_text.delta", "output_index": 0, "delta": "ok"}'
R_END = '{"type": "response.completed", "response": {"status": "completed"}}'
C_OK = '{"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "ok"}}}}'
C_END = '{"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}'

ODD: dict[str, Odd] = {
    "no choices": Odd(CHAT, chat('-{"choices": []}', OK, '-{"choices": []}', STOP)),
    "null for choices": Odd(CHAT, chat('-{"choices": null}', OK, STOP), unknown=1),
    "null for a choice": Odd(CHAT, chat('-{"choices": [null]}', OK, STOP)),
    "null for a delta": Odd(CHAT, chat('"delta": null', OK, STOP)),
    "no delta": Odd(CHAT, chat('"logprobs": null', OK, STOP)),
    "null for everything": Odd(
        CHAT,
        chat('"delta": {"content": null, "tool_calls": null, "reasoning": null}', OK, STOP),
    ),
    "choices that are an object": Odd(CHAT, chat('-{"choices": {"0": 1}}', OK, STOP)),
    "a list for a frame": Odd(CHAT, chat("-[]", OK, "-null", "-7", STOP), unknown=3),
    "frames of another kind": Odd(
        CHAT, chat('-{"object": "moderation", "n": 1}', OK, STOP), unknown=1
    ),
    "the reason with the text": Odd(
        CHAT, chat('"delta": {"content": "ok"}, "finish_reason": "stop"')
    ),
    "the reason twice": Odd(CHAT, chat(OK, STOP, STOP)),
    "text after the reason": Odd(CHAT, chat(STOP, OK)),
    "a refusal": Odd(CHAT, chat('"delta": {"refusal": "ok"}', STOP)),
    "content in parts": Odd(
        CHAT, chat('"delta": {"content": [{"type": "text", "text": "ok"}]}', STOP)
    ),
    "a call without an index": Odd(
        CHAT,
        chat(
            OK,
            tool('{"id": "a", "function": {"name": "go", "arguments": "{\\"x\\""}}'),
            tool('{"function": {"arguments": ": 1}"}}'),
            STOP,
        ),
        calls=[("go", {"x": 1})],
    ),
    "calls with null for an index": Odd(
        CHAT,
        chat(
            OK,
            tool('{"index": null, "id": "a", "function": {"name": "go", "arguments": "{}"}}'),
            tool('{"index": null, "id": "b", "function": {"name": "stop", "arguments": ""}}'),
            STOP,
        ),
        calls=[("go", {}), ("stop", {})],
    ),
    "calls that share an index": Odd(
        CHAT,
        chat(
            OK,
            tool('{"index": 0, "id": "a", "function": {"name": "go", "arguments": "{}"}}'),
            tool('{"index": 0, "id": "b", "function": {"name": "go", "arguments": "{\\"y\\""}}'),
            tool('{"index": 0, "function": {"arguments": ": 2}"}}'),
            STOP,
        ),
        calls=[("go", {}), ("go", {"y": 2})],
    ),
    "calls in one frame": Odd(
        CHAT,
        chat(
            OK,
            tool(
                '{"id": "a", "function": {"name": "go", "arguments": "{}"}},'
                '{"id": "b", "function": {"name": "go", "arguments": "{}"}}'
            ),
            STOP,
        ),
        calls=[("go", {}), ("go", {})],
    ),
    "an id on every piece": Odd(
        CHAT,
        chat(
            OK,
            tool('{"index": 0, "id": "a", "function": {"name": "go", "arguments": "{"}}'),
            tool('{"index": 0, "id": "a", "function": {"name": "go", "arguments": "}"}}'),
            STOP,
        ),
        calls=[("go", {})],
    ),
    "an id for two calls": Odd(
        CHAT,
        chat(
            OK,
            tool('{"index": 0, "id": "a", "function": {"name": "go", "arguments": "{}"}}'),
            tool('{"index": 1, "id": "a", "function": {"name": "stop", "arguments": "{}"}}'),
            STOP,
        ),
        calls=[("go", {}), ("stop", {})],
    ),
    "a name in pieces": Odd(
        CHAT,
        chat(
            OK,
            tool('{"index": 0, "id": "a", "function": {"name": "go_", "arguments": ""}}'),
            tool('{"index": 0, "function": {"name": "home", "arguments": ""}}'),
            tool('{"index": 0, "function": {"arguments": "{}"}}'),
            STOP,
        ),
        calls=[("go_home", {})],
    ),
    "a call without arguments": Odd(
        CHAT,
        chat(OK, tool('{"index": 0, "id": "a", "function": {"name": "go"}}'), STOP),
        calls=[("go", {})],
    ),
    "arguments that are an object": Odd(
        CHAT,
        chat(OK, tool('{"id": "a", "function": {"name": "go", "arguments": {"x": 1}}}'), STOP),
        calls=[("go", {"x": 1})],
    ),
    "an event nobody knows": Odd(
        MESSAGES, [*M_OK, '{"type": "message_glow", "n": 1}', *M_END], reason="end_turn", unknown=1
    ),
    "pings everywhere": Odd(
        MESSAGES,
        [x for frame in (*M_OK, *M_END) for x in ('{"type": "ping"}', frame)],
        reason="end_turn",
    ),
    "a block nobody knows": Odd(
        MESSAGES,
        [
            *M_OK,
            block("start", 1, ', "content_block": {"type": "dream", "id": "d"}'),
            block(
                "delta", 1, ', "delta": {"type": "input_json_delta", "partial_json": "{\\"a\\": "}'
            ),
            block("delta", 1, ', "delta": {"type": "input_json_delta", "partial_json": "1}"}'),
            block("stop", 1, ""),
            *M_END,
        ],
        reason="end_turn",
        unknown=1,
    ),
    "a delta nobody knows": Odd(
        MESSAGES,
        [M_OK[0], block("delta", 0, ', "delta": {"type": "glow_delta", "text": "no"}'), *M_END],
        reason="end_turn",
        unknown=1,
    ),
    "a call of no pieces": Odd(
        MESSAGES,
        [
            *M_OK,
            block("start", 1, ', "content_block": {"type": "tool_use", "id": "a", "name": "go"}'),
            block("stop", 1, ""),
            *M_END,
        ],
        calls=[("go", {})],
        reason="end_turn",
    ),
    "message_stop left out": Odd(MESSAGES, [*M_OK, M_END[0]], reason="end_turn"),
    "a candidate without parts": Odd(
        GENERATE,
        [
            '{"candidates": [{"content": {"role": "model"}}]}',
            '{"candidates": [{"content": null}]}',
            '{"candidates": [{}]}',
            '{"candidates": []}',
            '{"candidates": null, "usageMetadata": {}}',
            G_OK,
            G_END,
        ],
        reason="STOP",
    ),
    "a part nobody knows": Odd(
        GENERATE,
        ['{"candidates": [{"content": {"parts": [{"dream": {"a": 1}}]}}]}', G_OK, G_END],
        reason="STOP",
    ),
    "a blocked prompt": Odd(
        GENERATE, ['{"promptFeedback": {"blockReason": "SAFETY"}}'], text="", reason="SAFETY"
    ),
    "calls without ids": Odd(
        GENERATE,
        [
            G_OK,
            '{"candidates": [{"content": {"parts": [{"functionCall": {"name": "go"}},'
            ' {"functionCall": {"name": "go", "args": {}}}]}}]}',
            G_END,
        ],
        calls=[("go", {}), ("go", {})],
        reason="STOP",
    ),
    "an item nobody knows": Odd(
        RESPONSES,
        [
            R_OK,
            '{"type": "response.output_item.done", "output_index": 1, "item": {"type": "dream"}}',
            '{"type": "response.dream.glow", "n": 1}',
            R_END,
        ],
        reason="completed",
        unknown=1,
    ),
    "arguments only at the end": Odd(
        RESPONSES,
        [
            R_OK,
            '{"type": "response.output_item.done", "output_index": 1, "item": {"type":'
            ' "function_call", "call_id": "a", "name": "go", "arguments": "{\\"x\\": 1}"}}',
            R_END,
        ],
        calls=[("go", {"x": 1})],
        reason="completed",
    ),
    "an incomplete answer": Odd(
        RESPONSES,
        [
            R_OK,
            '{"type": "response.incomplete", "response": {"status": "incomplete",'
            ' "incomplete_details": {"reason": "max_output_tokens"}}}',
        ],
        reason="max_output_tokens",
    ),
    "null for an error": Odd(
        CHAT, chat('-{"choices": [], "error": null}', OK, STOP, '-{"choices": [], "error": null}')
    ),
    "null for a delta of messages": Odd(
        MESSAGES,
        [M_OK[0], block("delta", 0, ', "delta": null'), *M_END],
        reason="end_turn",
        unknown=1,
    ),
    "null for a block": Odd(
        MESSAGES,
        [*M_OK, block("start", 1, ', "content_block": null'), block("stop", 1, ""), *M_END],
        reason="end_turn",
        unknown=1,
    ),
    "null for parts, and a part that is null": Odd(
        GENERATE,
        [
            '{"candidates": [{"content": {"parts": null}}]}',
            '{"candidates": [{"content": {"parts": [null, {"text": null}]}}]}',
            '{"candidates": [null]}',
            G_OK,
            G_END,
        ],
        reason="STOP",
    ),
    "a frame of another kind among candidates": Odd(
        GENERATE, ['{"dream": 1}', G_OK, G_END], reason="STOP", unknown=1
    ),
    "null for an item": Odd(
        RESPONSES,
        [
            '{"type": "response.output_item.added", "output_index": 0, "item": null}',
            '{"type": "response.output_text.delta", "output_index": 0, "delta": null}',
            R_OK,
            '{"type": "response.output_item.done", "output_index": 0, "item": null}',
            R_END,
        ],
        reason="completed",
    ),
    "an event without its type": Odd(
        RESPONSES, ['{"delta": "no"}', '{"type": null}', R_OK, R_END], reason="completed", unknown=2
    ),
    "null for a delta of v2": Odd(
        CHAT_V2,
        [
            '{"type": "content-delta", "index": 0, "delta": null}',
            '{"type": "content-delta", "index": 0, "delta": {"message": null}}',
            '{"type": "tool-call-delta", "index": 0, "delta": {"message": {"tool_calls": null}}}',
            C_OK,
            C_END,
        ],
        reason="COMPLETE",
    ),
    "content of v2 nobody knows": Odd(
        CHAT_V2,
        [
            '{"type": "content-start", "index": 0, "delta": {"message": {"content":'
            ' {"type": "dream", "dream": "no"}}}}',
            C_OK,
            C_END,
        ],
        reason="COMPLETE",
    ),
    "an event of v2 nobody knows": Odd(
        CHAT_V2, [C_OK, '{"type": "glow", "delta": {}}', C_END], reason="COMPLETE", unknown=1
    ),
}


def stream_of(data: Sequence[str]) -> bytes:
    """Give the stream of these data lines."""
    return "".join(f"data: {line}\n\n" for line in data).encode()


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
async def test_what_is_odd_is_taken_for_what_it_is(serve: Serve, odd: Odd) -> None:
    outcome = await listen(odd.speech, serve(sends(stream_of(odd.data))))
    assert outcome.error is None
    assert outcome.reply is not None
    assert outcome.reply.content == odd.text
    assert [(call.name, call.arguments) for call in outcome.reply.tool_calls] == list(odd.calls)
    assert len({call.id for call in outcome.reply.tool_calls}) == len(odd.calls)
    assert all(call.id for call in outcome.reply.tool_calls)
    assert outcome.reply.finish_reason == odd.reason
    assert outcome.reply.unknown_events == len(outcome.reply.unknown_frames) == odd.unknown
    assert outcome.events[-1].is_stream_end


CUT = {
    "chat": (
        CHAT,
        chat(
            OK,
            tool(
                '{"index": 0, "id": "a", "function": {"name": "go", "arguments": "{\\"x\\": \\"a"}}'
            ),
            '"delta": {}, "finish_reason": "length"',
        ),
        "length",
    ),
    "messages": (
        MESSAGES,
        [
            *M_OK,
            block("start", 1, ', "content_block": {"type": "tool_use", "id": "a", "name": "go"}'),
            block(
                "delta",
                1,
                ', "delta": {"type": "input_json_delta", "partial_json": "{\\"x\\": \\"a"}',
            ),
            block("stop", 1, ""),
            '{"type": "message_delta", "delta": {"stop_reason": "max_tokens"}}',
            '{"type": "message_stop"}',
        ],
        "max_tokens",
    ),
    "responses": (
        RESPONSES,
        [
            R_OK,
            '{"type": "response.output_item.done", "output_index": 1, "item": {"type":'
            ' "function_call", "call_id": "a", "name": "go", "arguments": "{\\"x\\": \\"a"}}',
            '{"type": "response.incomplete", "response": {"status": "incomplete",'
            ' "incomplete_details": {"reason": "max_output_tokens"}}}',
        ],
        "max_output_tokens",
    ),
    "chat v2": (
        CHAT_V2,
        [
            C_OK,
            '{"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls":'
            ' {"id": "a", "function": {"name": "go", "arguments": "{\\"x\\": \\"a"}}}}}',
            '{"type": "tool-call-end", "index": 0}',
            '{"type": "message-end", "delta": {"finish_reason": "MAX_TOKENS"}}',
        ],
        "MAX_TOKENS",
    ),
}


@pytest.mark.parametrize(("speech", "data", "reason"), CUT.values(), ids=list(CUT))
async def test_arguments_cut_by_the_token_limit_raise_with_their_text(
    serve: Serve, speech: Speech, data: Sequence[str], reason: str
) -> None:
    outcome = await listen(speech, serve(sends(stream_of(data))))
    assert isinstance(outcome.error, InvalidToolArguments)
    assert outcome.error.raw == '{"x": "a'
    assert outcome.error.tool_name == "go"
    assert outcome.reply is not None
    assert outcome.reply.content == "ok"
    assert (outcome.reply.finish_reason, outcome.reply.termination_reason) == (reason, "max_tokens")
    assert outcome.reply.tool_calls == []
