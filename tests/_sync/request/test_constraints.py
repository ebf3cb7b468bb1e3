# Generated from tests/request/test_constraints.py by codegen; do not edit.
"""What excludes or needs what is data; what it changes is listed, what can't be is refused."""

from typing import Any

import msgspec
import pytest

from ai_lib.client.target.address import fill_address
from ai_lib.errors.exceptions import CapabilityError, ProtocolError
from ai_lib.protocol.build import build_manifest
from ai_lib.protocol.bundle import list_bundled_names
from ai_lib.protocol.manifest.capabilities import allows_capability
from ai_lib.protocol.manifest.model import ModelEntry
from ai_lib.protocol.sources.folder import ManifestDocument
from ai_lib.request.chat import BuiltRequest, build_chat
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import ChatRequest, Message, ResponseFormat, ToolChoice, ToolDefinition
from tests.pipeline.manifests import bundled

FIND = ToolDefinition.from_function(name="find")
SEARCH = ToolDefinition.of_provider({"google_search": {}})
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer"}}}
TYPED = ResponseFormat(type="auto", schema=SCHEMA, name="answer", fits=True)
ASKED = ResponseFormat(type="json_schema", schema=SCHEMA, name="answer")
THINKING = {"thinking": {"type": "enabled", "budget_tokens": 2000}}
SAMPLING = {"temperature": 0.2, "top_p": 0.5}
FORCED = {"tools": [FIND], "tool_choice": ToolChoice.of("find")}


def build(model: str, family: str | None = None, **request: Any) -> BuiltRequest:
    """Build a request for `provider/model`."""
    provider, _, name = model.partition("/")
    request.setdefault("messages", (Message.user("?"),))
    compiled = bundled(provider, family)
    return build_chat(ChatRequest(**request), compiled, model=name, credential="nobody's")


# What is asked of a model, the members of the body it must not have, and the words of the note.
CHANGED: list[tuple[str, dict[str, Any], list[str], str]] = [
    (
        "anthropic/claude-sonnet-4-6",
        {"parameters": {"parallel_tool_calls": False}},
        ["tool_choice"],
        "a choice of tools needs tools",
    ),
    (
        "anthropic/claude-sonnet-4-6",
        {"parameters": SAMPLING},
        ["top_p"],
        "temperature or top_p, not both",
    ),
    (
        "anthropic/claude-sonnet-4-5",
        {"parameters": {"temperature": 0.2, "top_k": 4, "max_tokens": 9000}, "extra": THINKING},
        ["temperature", "top_k"],
        "its sampling is fixed",
    ),
    (
        "openai/gpt-4o",
        {"tool_choice": ToolChoice.of("auto")},
        ["tool_choice"],
        "a choice of tools needs tools",
    ),
    (
        "openai/gpt-4o",
        {"parameters": {"parallel_tool_calls": False}},
        ["parallel_tool_calls"],
        "parallel calls need tools",
    ),
    (
        "openai/gpt-5.4",
        {"parameters": {**SAMPLING, "reasoning_effort": "low"}},
        ["temperature", "top_p"],
        "its sampling is fixed",
    ),
    (
        "openai/gpt-6-luna",
        {"parameters": SAMPLING},
        ["temperature", "top_p"],
        "its sampling is fixed",
    ),
    (
        "gemini/gemini-3-flash",
        {"tool_choice": ToolChoice.of("none")},
        ["toolConfig"],
        "a choice of functions needs functions",
    ),
    (
        "cohere/command-a-03-2025",
        {"tool_choice": ToolChoice.of("none")},
        ["tool_choice"],
        "a choice of tools needs tools",
    ),
    (
        "deepseek/deepseek-flash",
        {"tools": [FIND], "tool_choice": ToolChoice.of("required")},
        ["tool_choice"],
        "can't be forced",
    ),
    (
        "qwen/qwen3.8-max",
        {**FORCED, "extra": {"enable_thinking": True}},
        ["tool_choice"],
        "can't be forced",
    ),
    ("moonshot/kimi-k2.5", FORCED, ["tool_choice"], "can't be forced"),
    ("openrouter/anthropic/claude-opus-5.5", FORCED, ["tool_choice"], "takes no forced call"),
]


def test_what_a_model_refuses_is_left_out_and_listed() -> None:
    for stream in (False, True):
        for model, request, members, words in CHANGED:
            built = build(model, stream=stream, **request)
            assert not set(members) & built.body.keys(), model
            notes = [note for note in built.adaptations if words in note]
            assert len(notes) == len(members), (model, built.adaptations)


def test_what_the_model_takes_stays() -> None:
    sampling = build("openai/gpt-5.4", parameters=SAMPLING)
    assert sampling.body["temperature"] == 0.2
    assert sampling.adaptations == ()
    for model in ("deepseek/deepseek-flash", "moonshot/kimi-k2.5"):
        off = build(model, **FORCED, extra={"thinking": {"type": "disabled"}})
        assert off.body["tool_choice"]["function"] == {"name": "find"}
    assert build("qwen/qwen3.8-max", **FORCED).body["tool_choice"]["type"] == "function"
    assert build("anthropic/claude-opus-4-6", **FORCED).body["tool_choice"]["name"] == "find"
    one_call = {"tools": [FIND], "parameters": {"parallel_tool_calls": False}}
    assert build("openai/gpt-4o", **one_call).body["parallel_tool_calls"] is False
    choice = build("anthropic/claude-opus-4-6", **one_call).body["tool_choice"]
    assert choice == {"type": "auto", "disable_parallel_tool_use": True}
    # It was sent so, and answered: https://platform.claude.com/docs/en/build-with-claude/thinking
    adaptive = {"thinking": {"type": "adaptive"}}
    forced = build("anthropic/claude-opus-4-6", **FORCED, extra=adaptive)
    assert forced.body["tool_choice"] == {"type": "tool", "name": "find"}
    both = build("gemini/gemini-3-pro", tools=[FIND], response_format=TYPED)
    assert both.body["generationConfig"]["responseMimeType"] == "application/json"


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-2"])
def test_a_forced_call_becomes_a_choice_where_none_can_be_forced(model: str) -> None:
    for choice in ("required", "find"):
        request = {"tools": [FIND], "tool_choice": ToolChoice.of(choice)}
        for extra in ({}, {"parallel_tool_calls": False}):
            built = build(f"anthropic/{model}", **request, parameters=extra)
            assert built.body["tool_choice"]["type"] == "auto"
            assert "name" not in built.body["tool_choice"]
            assert any("takes no forced call" in note for note in built.adaptations)
    typed = msgspec.structs.replace(TYPED, schema={"type": "object"})
    assert build(f"anthropic/{model}", response_format=typed).body["tool_choice"]["type"] == "auto"


def test_a_limit_below_the_budget_of_thinking_is_raised_or_refused() -> None:
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 8000}}
    built = build("anthropic/claude-sonnet-4-5", extra=thinking)
    assert built.body["max_tokens"] == 12096
    note = "max_tokens raised from 4096 to 12096: thinking counts as output"
    assert note in built.adaptations
    with pytest.raises(CapabilityError, match=r"anthropic/claude-sonnet-4-5: .*raise max_tokens"):
        build("anthropic/claude-sonnet-4-5", extra=thinking, parameters={"max_tokens": 500})


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("openai/gpt-4o", {"tool_choice": ToolChoice.of("required")}, "offer the tools"),
    ("anthropic/claude-opus-4-6", {"tool_choice": ToolChoice.of("find")}, "offer the tools"),
    ("gemini/gemini-3-pro", {"tool_choice": ToolChoice.of("required")}, "offer the functions"),
    ("gemini/gemini-2.5-pro", {"tools": [FIND, SEARCH]}, "not both"),
    ("gemini/gemini-2.5-pro", {"tools": [FIND], "response_format": ASKED}, "ask without tools"),
    ("openai/gpt-4-turbo", {"response_format": ASKED}, "ask for JSON without a schema"),
    ("groq/openai/gpt-oss-20b", {"response_format": ASKED, "stream": True}, "without a stream"),
]


def test_what_can_not_be_is_refused_with_what_to_do() -> None:
    for model, request, remedy in REFUSED:
        with pytest.raises(CapabilityError, match=f"nothing was sent; .*{remedy}") as caught:
            build(model, **request)
        assert model in caught.value.message


# The form that a typed answer is asked for in, where the strictest is not taken.
FORMS: list[tuple[str, dict[str, Any], str]] = [
    ("gemini/gemini-2.5-flash", {"tools": [FIND]}, "tool call"),
    ("gemini/gemini-2.5-flash", {"tools": [SEARCH]}, "prompt alone"),
    ("groq/openai/gpt-oss-20b", {"stream": True}, "as JSON, with its schema"),
    ("groq/openai/gpt-oss-20b", {"tools": [FIND]}, "tool call"),
    ("groq/qwen/qwen3-32b", {}, "as JSON, with its schema"),
    ("cerebras/gpt-oss-120b", {"tools": [FIND]}, "tool call"),
    ("cohere/command-a-03-2025", {"tools": [FIND]}, "tool call"),
    ("openai/gpt-3.5-turbo", {}, "as JSON, with its schema"),
    ("qwen/qwen3.8-max", {"extra": {"enable_thinking": True}}, "tool call"),
]


def test_a_typed_answer_takes_the_next_form() -> None:
    for model, request, words in FORMS:
        built = build(model, response_format=TYPED, **request)
        assert any(words in note for note in built.adaptations), (model, built.adaptations)


# A model, what is asked, and the API family that takes it; None where none of both does.
FAMILIES: list[tuple[str, str | None, str | None]] = [
    ("gpt-4o", "high", "chat/completions"),
    ("gpt-5.2", "high", "chat/completions"),
    ("gpt-5.4", None, "chat/completions"),
    ("gpt-5.4", "low", "responses"),
    ("gpt-5.5-2026-04-23", "high", "responses"),
    ("gpt-5.6-sol", None, "responses"),
    ("gpt-5.6-sol", "none", "chat/completions"),
    ("gpt-6.2-astra", None, "responses"),
    ("gpt-6-luna-2026-09-22", "medium", "responses"),
]


def test_tools_while_reasoning_choose_the_family_that_takes_them() -> None:
    for model, effort, path in FAMILIES:
        parameters = {} if effort is None else {"reasoning_effort": effort}
        built = build(f"openai/{model}", tools=[FIND], parameters=parameters)
        assert built.wire.url.endswith(f"/{path}"), (model, effort)
        is_switched = any("API family responses" in note for note in built.adaptations)
        assert is_switched == (path == "responses")
        assert ("input" in built.body) == (path == "responses")
    for model in ("o3-pro", "gpt-5.2-codex", "gpt-6.2-sol-pro"):
        assert build(f"openai/{model}").wire.url.endswith("/responses")


def test_a_family_that_was_asked_for_by_name_is_kept() -> None:
    with pytest.raises(CapabilityError, match="reasoning_effort to none"):
        build("openai/gpt-5.6-sol", "chat_completions", tools=[FIND])
    built = build("openai/gpt-5.6-sol", "responses", tools=[FIND])
    assert built.adaptations == ()


def test_a_reply_is_read_by_the_family_that_was_asked() -> None:
    def tide(port: str) -> str:
        """Tell the tide."""
        return f"low at {port}"

    replies = [
        Reply(tool_calls=[("tide", {"port": "Ems"})]),
        Reply(text="Low.", thinking="Ebb."),
    ]
    with (
        MockProvider(replies * 2) as mock,
        mock.client("openai/gpt-6-luna") as client,
    ):
        run = client.chat().user("?").run_tools([tide])
        assert run.content == "Low."
        assert run.response.thinking == "Ebb."
        stream = client.chat().user("?").tools([ToolDefinition.from_function(tide)]).stream()
        _ = [event for event in stream]
        assert [call.arguments for call in stream.response().tool_calls] == [{"port": "Ems"}]
    assert {request.path.rpartition("/")[2] for request in mock.requests} == {"responses"}
    assert "function_call_output" in str(mock.requests[1].body)


def test_a_plain_request_has_no_constraint_to_read() -> None:
    for provider in list_bundled_names("manifests"):
        compiled = bundled(provider)
        if allows_capability(compiled.manifest, "text", ModelEntry()):
            own_values = dict.fromkeys(compiled.manifest.variables, "us-east-1")
            compiled, _ = fill_address(compiled, own_values, "http://127.0.0.1/v1", is_sent=False)
            constraints = compiled.find_model("m").constraints
            body = build_chat(
                ChatRequest(messages=(Message.user("?"),)),
                compiled,
                model="m",
                credential=None,
                base_url="http://127.0.0.1/v1",
            ).body
            if constraints is not None:
                assert not constraints.is_always_read
                assert constraints.members.isdisjoint(body), provider


def own(constraints: Any, *, of_model: Any = None) -> Any:
    """Compile a manifest with these constraints."""
    document: dict[str, Any] = {
        "id": "toy",
        "protocol_version": "2.0",
        "dialect": "openai_chat",
        "endpoint": {"base_url": "https://toy.test/v1", "auth": {"type": "bearer"}},
        "error_classification": {},
        "capabilities": {"required": ["text", "streaming", "tools"], "optional": []},
        "wire": {"request": {"constraints": constraints}},
        "metadata": {"models": {"small": {"constraints": of_model or {}}}},
    }
    return build_manifest(ManifestDocument(document=document, source="toy", origin="given"))


def test_a_manifest_and_a_model_say_their_own() -> None:
    stops = {"when": "exists($.stop)", "drop": ["stop"], "why": "it never stops"}
    loose = {"choice_without_tools": None, "stops": stops}
    compiled = own(loose, of_model={"stops": {**stops, "drop": [], "set": {"stop": "END"}}})
    request = ChatRequest(
        messages=(Message.user("?"),),
        parameters={"stop_sequences": ["a"]},
        tool_choice=ToolChoice.of("auto"),
    )
    large = build_chat(request, compiled, model="large", credential=None)
    assert (large.body.get("stop"), large.body["tool_choice"]) == (None, "auto")
    assert "stop left out: it never stops" in large.adaptations
    small = build_chat(request, compiled, model="small", credential=None)
    assert small.body["stop"] == "END"
    assert "stop set to END: it never stops" in small.adaptations


def test_a_misshapen_constraint_says_where_it_is() -> None:
    for broken in ({"when": "exists($.stop"}, {"drops": ["stop"]}, {"drop": "stop"}):
        rule = {"why": "x", **broken}
        with pytest.raises(ProtocolError, match="toy"):
            own({"stops": rule})
        with pytest.raises(ProtocolError, match="toy"):
            own({}, of_model={"stops": rule})
