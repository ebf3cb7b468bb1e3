"""Every conversation goes on at another provider, and back, in the middle of a round of tools."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib.errors.exceptions import CapabilityError
from ai_lib.pipeline import Pipeline
from ai_lib.pipeline.plain_response import read_response
from ai_lib.request.chat import build_chat
from ai_lib.types.content import (
    AudioBlock,
    ImageBlock,
    OpaqueBlock,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
)
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse
from ai_lib.types.tool import ToolDefinition
from tests.pipeline.manifests import bundled, sse
from tests.request.asking import DIALECTS, body, built
from tests.request.conversations import CONVERSATIONS
from tests.request.published import validator
from tests.request.test_published_types import REFUSED
from tests.thoroughness import sample_rows

Json = dict[str, Any]
PNG = "iVBORw0KGgoAAAANSUhEUg=="
SOURCE = {"url": "https://e.com", "title": "T", "start_index": 0, "end_index": 3}
LONG = "call_" + 80 * "x"


def chat_call(id: str) -> Json:
    return {"id": id, "type": "function", "function": {"name": "look", "arguments": "{}"}}


# An answer of each dialect with all that it may have, two calls at its end.
ANSWERS: dict[str, Json] = {
    "chat": {"choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
        "role": "assistant", "content": "Low.", "reasoning_content": "Hm",
        "annotations": [{"type": "url_citation", "url_citation": SOURCE}],
        "tool_calls": [chat_call("functions.look:0"), chat_call("a|b")]}}]},
    "responses": {"id": "r", "model": "m", "status": "completed", "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
        {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
         "phase": "commentary", "content": [{"type": "output_text", "text": "Low.",
         "annotations": [{"type": "url_citation", **SOURCE}]}]},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": PNG},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "look",
         "arguments": "{}", "status": "completed"},
        {"type": "function_call", "id": "fc_2", "call_id": "call_2", "name": "look",
         "arguments": "{}", "status": "completed"}]},
    "messages": {"stop_reason": "tool_use", "content": [
        {"type": "thinking", "thinking": "Hm", "signature": "c2ln"},
        {"type": "text", "text": "Low.", "citations": [
            {"type": "char_location", "cited_text": "x", "document_index": 0,
             "document_title": "T", "start_char_index": 0, "end_char_index": 1}]},
        {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}},
        {"type": "tool_use", "id": "toolu_2", "name": "look", "input": {}}]},
    "generate": {"candidates": [{"index": 0, "finishReason": "STOP", "content": {
        "role": "model", "parts": [
            {"text": "Hm", "thought": True},
            {"text": "Low."},
            {"inlineData": {"mimeType": "image/png", "data": PNG}},
            {"functionCall": {"id": "f1", "name": "look", "args": {}}, "thoughtSignature": "c2ln"},
            {"functionCall": {"id": LONG, "name": "look", "args": {}}}]}}]},
    "chat v2": {"id": "c", "finish_reason": "TOOL_CALL", "message": {
        "role": "assistant", "tool_plan": "I look.",
        "tool_calls": [chat_call("look_1"), chat_call("look_2")]}},
}  # fmt: skip
PAIRS = list(itertools.permutations(DIALECTS, 2))


def answer(dialect: str) -> ChatResponse:
    return read_response(bundled(*DIALECTS[dialect]), json.dumps(ANSWERS[dialect]).encode())


def turn(dialect: str) -> list[Message]:
    """Give the answer of this dialect as a turn, and the results of its calls."""
    response = answer(dialect)
    results = [Message.tool(call.id, f"{call.index}") for call in response.tool_calls]
    assert len(results) == 2
    return [response.to_message(), *results]


def ids(value: object) -> Iterator[tuple[str, str]]:
    """Give the ids of calls and results on the wire, whatever each dialect calls them."""
    if isinstance(value, list):
        for item in value:
            yield from ids(item)
    elif isinstance(value, dict):
        kind = value.get("type")
        if "tool_calls" in value:
            yield from (("call", call["id"]) for call in value["tool_calls"])
        elif kind in ("function_call", "tool_use"):
            yield "call", value.get("call_id", value.get("id"))
        elif kind in ("function_call_output", "tool_result") or "tool_call_id" in value:
            names = ("call_id", "tool_use_id", "tool_call_id")
            yield "result", next(value[name] for name in names if name in value)
        elif "functionCall" in value or "functionResponse" in value:
            name = "functionCall" if "functionCall" in value else "functionResponse"
            yield ("call" if name == "functionCall" else "result"), value[name]["id"]
        else:
            for member in value.values():
                yield from ids(member)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_every_conversation_changes_providers_and_comes_back(first: str, second: str) -> None:
    turns = turn(first), turn(second)
    played = 0
    for name, (messages, request) in sample_rows(tuple(CONVERSATIONS.items())):
        if name in (*REFUSED[first], *REFUSED[second]):
            continue
        try:
            there = built(second, *messages, *turns[0], **request).wire.body
            back = built(first, *messages, *turns[0], *turns[1], **request).wire.body
        except CapabilityError as error:
            pytest.fail(f"{name}: {error}")
        played += 1
        for dialect, sent, count in ((second, there, 2), (first, back, 4)):
            validator(dialect, stream=request.get("stream", False))(sent)
            named = list(ids(json.loads(sent)))[-2 * count :]
            calls = [call_id for kind, call_id in named if kind == "call"][-count:]
            results = [call_id for kind, call_id in named if kind == "result"][-count:]
            assert sorted(calls) == sorted(results), name
            assert len(set(calls)) == count
    assert played > 9


def test_ids_are_those_the_target_takes() -> None:
    patterns = {
        ("anthropic", None): "[a-zA-Z0-9_-]+",
        ("mistral", None): "[a-zA-Z0-9]{9}",
        ("openai", None): ".{1,40}",
        ("openai", "responses"): ".{1,64}",
    }
    messages = [Message.user("Hi")]
    for dialect in ANSWERS:
        messages += turn(dialect)
    for (provider, family), pattern in patterns.items():
        request = build_chat(
            ChatRequest(messages=messages),
            bundled(provider, family),
            model="m",
            credential="nobody's",
            base_url="http://127.0.0.1",
        )
        named = list(ids(request.body))
        calls = [call_id for kind, call_id in named if kind == "call"]
        assert calls == [call_id for kind, call_id in named if kind == "result"]
        assert len(set(calls)) == 2 * len(ANSWERS)
        assert all(re.fullmatch(pattern, call_id) for call_id in calls), provider


def test_an_id_is_replaced_by_the_same_one_in_every_request() -> None:
    one, other = (body("messages", Message.user("Hi"), *turn("chat")) for _ in range(2))
    assert list(ids(one)) == list(ids(other))


def test_calls_of_another_model_are_signed_where_that_is_demanded() -> None:
    def parts(model: str, *messages: Message) -> list[Json]:
        request = build_chat(
            ChatRequest(messages=(Message.user("Hi"), *messages)),
            bundled("gemini"),
            model=model,
            credential="nobody's",
        )
        turns: Any = request.body["contents"]
        return [part for part in turns[1]["parts"] if "functionCall" in part]

    first, second = parts("gemini-3-pro-preview", *turn("chat"))
    assert first["thoughtSignature"] == "skip_thought_signature_validator"
    assert "thoughtSignature" not in second
    assert not any("thoughtSignature" in part for part in parts("gemini-2.5-pro", *turn("chat")))
    own, _ = parts("gemini-3-pro-preview", *turn("generate"))
    assert own["thoughtSignature"] == "c2ln"


def test_what_no_rule_reads_goes_back_to_its_provider_only() -> None:
    call = {**chat_call("c1"), "extra_content": {"google": {"thought_signature": "s"}}}
    said = {"role": "assistant", "content": None, "tool_calls": [call]}
    whole = {"choices": [{"index": 0, "message": said, "finish_reason": "tool_calls"}]}
    response = read_response(bundled("openai"), json.dumps(whole).encode())
    turns = [Message.user("Hi"), response.to_message(), Message.tool("c1", "1")]
    assert body("chat", *turns)["messages"][1]["tool_calls"] == [call]
    assert "extra_content" not in json.dumps(body("messages", *turns))
    parts = [{"functionCall": {"id": "f", "name": "look", "args": {}, "x": 1}, "y": {"z": 2}}]
    whole = {"candidates": [{"index": 0, "content": {"parts": parts}, "finishReason": "STOP"}]}
    response = read_response(bundled("gemini"), json.dumps(whole).encode())
    turns = [Message.user("Hi"), response.to_message(), Message.tool("f", "1")]
    assert body("generate", *turns)["contents"][1]["parts"] == parts


def test_custom_calls_go_back_as_such() -> None:
    call = ToolUseBlock(id="c1", name="patch", input={"input": "*** x"}, is_custom=True)
    turns = [Message.user("Hi"), Message.assistant([call]), Message.tool("c1", "done")]
    assert body("chat", *turns)["messages"][1]["tool_calls"] == [
        {"id": "c1", "type": "custom", "custom": {"name": "patch", "input": "*** x"}}
    ]
    assert body("responses", *turns)["input"][1:] == [
        {"type": "custom_tool_call", "call_id": "c1", "name": "patch", "input": "*** x"},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "done"},
    ]
    for dialect in ("chat", "responses"):
        validator(dialect)(built(dialect, *turns).wire.body)
    (sent,) = body("messages", *turns)["messages"][1]["content"]
    assert sent["input"] == {"input": "*** x"}


def test_sound_goes_back_by_its_id_and_elsewhere_as_its_transcript() -> None:
    sound = AudioBlock(data="AAAA", transcript="Low.", id="a_1", origin="openai:openai_chat")
    turns = [Message.user("Hi"), Message.assistant([sound]), Message.user("And now?")]
    assert body("chat", *turns)["messages"][1] == {"role": "assistant", "audio": {"id": "a_1"}}
    validator("chat")(built("chat", *turns).wire.body)
    request = built("messages", *turns)
    messages: Any = request.body["messages"]
    assert messages[1]["content"] == [{"type": "text", "text": "Low."}]
    assert request.adaptations == ("audio left out: it is not from anthropic",)


def test_pictures_go_back_to_their_provider_only() -> None:
    picture = ImageBlock(
        data=PNG, media_type="image/png", signature="S", origin="gemini:gemini_generate"
    )
    turns = [
        Message.user("Hi"),
        Message.assistant([TextBlock(text="Here."), picture]),
        Message.user("?"),
    ]
    (_, sent) = body("generate", *turns)["contents"][1]["parts"]
    assert sent == {"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "S"}
    for dialect in ("chat", "responses", "messages", "chat v2"):
        request = built(dialect, *turns)
        assert PNG not in request.wire.body.decode()
        assert len(request.adaptations) == 1
        validator(dialect)(request.wire.body)


def test_refusals_plans_and_containers_go_back_as_what_they_are() -> None:
    refused = TextBlock(text="No.", is_refusal=True)
    turns = [Message.user("Hi"), Message.assistant([refused]), Message.user("Why?")]
    assert body("chat", *turns)["messages"][1] == {"role": "assistant", "refusal": "No."}
    validator("chat")(built("chat", *turns).wire.body)
    assert body("messages", *turns)["messages"][1]["content"] == [{"type": "text", "text": "No."}]
    plan = ThinkingBlock(thinking="I look.", phase="plan", origin="cohere:cohere_chat")
    call = ToolUseBlock(id="c1", name="look", input={})
    turns = [Message.user("Hi"), Message.assistant([plan, call]), Message.tool("c1", "1")]
    sent = body("chat v2", *turns)["messages"][1]
    assert (sent["tool_plan"], "content" in sent) == ("I look.", False)
    held = OpaqueBlock(body={"container": "ctr_1"}, origin="anthropic:anthropic_messages")
    turns = [Message.user("Hi"), Message.assistant([TextBlock(text="a"), held]), Message.user("?")]
    code = ToolDefinition.of_provider({"type": "code_execution_20250825", "name": "code_execution"})
    assert body("messages", *turns, tools=[code])["container"] == "ctr_1"
    assert "container" not in body("messages", *turns)
    assert "container" not in body("chat", *turns)


def test_reasoning_goes_back_where_it_is_wanted() -> None:
    for provider, name in {
        "vllm": "reasoning",
        "fireworks": "reasoning_content",
        "deepseek": "reasoning_content",
        "moonshot": "reasoning_content",
        "zhipu": "reasoning_content",
        "openai": None,
        "groq": None,
    }.items():
        said = {
            "role": "assistant",
            "content": None,
            "reasoning": "Ebb.",
            "tool_calls": [chat_call("c1")],
        }
        whole = {"choices": [{"index": 0, "message": said, "finish_reason": "tool_calls"}]}
        response = read_response(bundled(provider), json.dumps(whole).encode())
        request = build_chat(
            ChatRequest(
                messages=[Message.user("Hi"), response.to_message(), Message.tool("c1", "1")]
            ),
            bundled(provider),
            model="m",
            credential="nobody's",
            base_url="http://127.0.0.1",
        )
        messages: Any = request.body["messages"]
        kept = {key for key, value in messages[1].items() if value == "Ebb."}
        assert kept == ({name} if name else set()), provider


def test_compaction_goes_back_as_it_came() -> None:
    block = {"type": "compaction", "content": "What was said.", "encrypted_content": "gAAA"}
    start = {"type": "compaction", "content": ""}
    piece: Json = {"type": "compaction_delta", "content": "What was "}
    last = {"type": "compaction_delta", "content": "said.", "encrypted_content": "gAAA"}
    frames: list[Json] = [
        {"type": "message_start", "message": {"id": "m", "model": "m"}},
        {"type": "content_block_start", "index": 0, "content_block": start},
        {"type": "content_block_delta", "index": 0, "delta": piece},
        {"type": "content_block_delta", "index": 0, "delta": last},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "compaction"}},
        {"type": "message_stop"},
    ]
    pipeline = Pipeline(bundled("anthropic"))
    pipeline.feed(sse(map(json.dumps, frames)))
    response = pipeline.response()
    assert (response.unknown_events, response.unmapped) == (0, {})
    assert response.termination_reason == "pause_turn"
    turns = [Message.user("Hi"), response.to_message(), Message.user("And?")]
    assert body("messages", *turns)["messages"][1]["content"] == [block]
    item = {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA"}
    whole = {"id": "r", "model": "m", "status": "completed", "output": [item]}
    response = read_response(bundled("openai", "responses"), json.dumps(whole).encode())
    turns[1] = response.to_message()
    assert body("responses", *turns)["input"][1] == item
    assert "gAAA" not in built("messages", *turns).wire.body.decode()


def test_sealed_reasoning_of_two_calls_stays_two() -> None:
    kinds = {"type": "reasoning.encrypted", "format": "google-gemini-v1", "index": 0}
    one, two = {**kinds, "id": "a", "data": "QUFB"}, {**kinds, "id": "b", "data": "QkJC"}
    calls = [{**chat_call(name), "index": index} for index, name in enumerate("ab")]
    deltas: list[Json] = [{"reasoning_details": [one]}, {"tool_calls": calls[:1]}]
    deltas += [{"reasoning_details": [two]}, {"tool_calls": calls[1:]}]
    frames = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    frames.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    pipeline = Pipeline(bundled("openrouter"))
    pipeline.feed(sse([*map(json.dumps, frames), "[DONE]"]))
    request = build_chat(
        ChatRequest(messages=[Message.user("Hi"), pipeline.response().to_message()]),
        bundled("openrouter"),
        model="m",
        credential="nobody's",
    )
    messages: Any = request.body["messages"]
    assert messages[1]["reasoning_details"] == [one, two]
