"""Parameters, tools, formats, addresses and keys, as each vendor's reference has them."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.request.chat import build_chat
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest, ResponseFormat
from ai_lib.types.tool import ToolChoice, ToolDefinition
from tests.request.asking import DIALECTS, body, built

ALL = {
    "temperature": 0.5,
    "max_tokens": 9,
    "top_p": 0.9,
    "top_k": 3,
    "stop_sequences": ["."],
    "seed": 7,
    "n": 2,
    "frequency_penalty": 0.1,
    "presence_penalty": 0.2,
    "reasoning_effort": "low",
    "parallel_tool_calls": False,
}

PLACED: dict[str, dict[str, Any]] = {
    "chat": {
        "temperature": 0.5,
        "max_completion_tokens": 9,
        "top_p": 0.9,
        "stop": ["."],
        "seed": 7,
        "n": 2,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "reasoning_effort": "low",
    },
    "responses": {
        "temperature": 0.5,
        "max_output_tokens": 9,
        "top_p": 0.9,
        "reasoning": {"effort": "low"},
        "parallel_tool_calls": False,
    },
    "messages": {
        "temperature": 0.5,
        "max_tokens": 9,
        "top_p": 0.9,
        "top_k": 3,
        "stop_sequences": ["."],
        "output_config": {"effort": "low"},
    },
    "generate": {
        "generationConfig": {
            "temperature": 0.5,
            "maxOutputTokens": 9,
            "topP": 0.9,
            "topK": 3,
            "stopSequences": ["."],
            "seed": 7,
            "candidateCount": 2,
            "frequencyPenalty": 0.1,
            "presencePenalty": 0.2,
            "thinkingConfig": {"thinkingLevel": "low"},
        }
    },
    "chat v2": {
        "temperature": 0.5,
        "max_tokens": 9,
        "p": 0.9,
        "k": 3,
        "stop_sequences": ["."],
        "seed": 7,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
    },
}
LEFT_OUT = {
    "chat": {"top_k", "parallel_tool_calls"},
    "responses": {
        "top_k",
        "stop_sequences",
        "seed",
        "n",
        "frequency_penalty",
        "presence_penalty",
    },
    "messages": {"seed", "n", "frequency_penalty", "presence_penalty", "tool_choice"},
    "generate": {"parallel_tool_calls"},
    "chat v2": {"n", "reasoning_effort", "parallel_tool_calls"},
}


def asked(written: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a body what every request has."""
    usual = ("model", "messages", "input", "contents")
    return {name: value for name, value in written.items() if name not in usual}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_parameters_have_their_places(dialect: str) -> None:
    assert asked(body(dialect, parameters=ALL)) == PLACED[dialect]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_left_out_or_renamed_is_listed(dialect: str) -> None:
    notes = built(dialect, parameters=ALL).adaptations
    left = {note.partition(" left out")[0] for note in notes if " left out" in note}
    assert left == LEFT_OUT[dialect]
    renamed = {note.partition(" sent as ")[0] for note in notes if " sent as " in note}
    assert ("stop_sequences" in renamed) == (dialect in ("chat", "generate"))


@pytest.mark.parametrize(
    ("dialect", "fields"),
    [
        ("chat", {"stream": True, "stream_options": {"include_usage": True}}),
        ("responses", {"stream": True}),
        ("messages", {"stream": True, "max_tokens": 4096}),
        ("generate", {}),
        ("chat v2", {"stream": True}),
    ],
)
def test_a_stream_is_asked_for(dialect: str, fields: dict[str, Any]) -> None:
    assert asked(body(dialect, stream=True)) == fields


ADDRESSES = {
    "chat": ("/chat/completions", "/chat/completions"),
    "responses": ("/responses", "/responses"),
    "messages": ("/messages", "/messages"),
    "generate": ("/models/m:generateContent", "/models/m:streamGenerateContent?alt=sse"),
    "chat v2": ("/v2/chat", "/v2/chat"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_requests_go_to_the_right_address(dialect: str) -> None:
    plain, streamed = (built(dialect, stream=stream).wire.url for stream in (False, True))
    assert (plain, streamed) == tuple("http://127.0.0.1/v1" + path for path in ADDRESSES[dialect])


SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = ToolDefinition(name="weather", description="Looks out.", parameters=SCHEMA)
SEARCH = ToolDefinition.of_provider({"type": "web_search"})
FUNCTION = {"name": "weather", "description": "Looks out.", "parameters": SCHEMA}

TOOLS: dict[str, Any] = {
    "chat": [{"type": "function", "function": FUNCTION}, {"type": "web_search"}],
    "responses": [{"type": "function", **FUNCTION, "strict": False}, {"type": "web_search"}],
    "messages": [
        {"name": "weather", "description": "Looks out.", "input_schema": SCHEMA},
        {"type": "web_search"},
    ],
    "generate": [
        {
            "functionDeclarations": [
                {
                    "name": "weather",
                    "description": "Looks out.",
                    "parametersJsonSchema": SCHEMA,
                }
            ]
        },
        {"type": "web_search"},
    ],
    "chat v2": [{"type": "function", "function": FUNCTION}, {"type": "web_search"}],
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_tools_are_offered(dialect: str) -> None:
    assert body(dialect, tools=[WEATHER, SEARCH])["tools"] == TOOLS[dialect]


def test_tools_may_be_strict_cached_and_have_fields_of_their_own() -> None:
    tool = ToolDefinition(name="t", strict=True, cache="auto", extra={"defer_loading": True})
    nothing = {
        "type": "object", "properties": {}, "required": [], "additionalProperties": False,
    }  # fmt: skip
    assert body("messages", tools=[tool])["tools"] == [
        {
            "name": "t",
            "input_schema": nothing,
            "strict": True,
            "cache_control": {"type": "ephemeral"},
            "defer_loading": True,
        }
    ]
    function = {"name": "t", "parameters": nothing, "strict": True}
    assert body("chat", tools=[tool])["tools"] == [
        {"type": "function", "function": function, "defer_loading": True}
    ]


CHOICES: dict[str, dict[str, Any]] = {
    "chat": {
        "auto": "auto",
        "none": "none",
        "required": "required",
        "go": {"type": "function", "function": {"name": "go"}},
    },
    "responses": {
        "auto": "auto",
        "none": "none",
        "required": "required",
        "go": {"type": "function", "name": "go"},
    },
    "messages": {
        "auto": {"type": "auto"},
        "none": {"type": "none"},
        "required": {"type": "any"},
        "go": {"type": "tool", "name": "go"},
    },
    "chat v2": {"auto": None, "none": "NONE", "required": "REQUIRED"},
}


@pytest.mark.parametrize("dialect", CHOICES)
def test_choices_of_tools_are_written(dialect: str) -> None:
    for choice, written in CHOICES[dialect].items():
        asked = body(dialect, tools=[WEATHER], tool_choice=ToolChoice.of(choice))
        assert asked.get("tool_choice") == written


def test_choices_of_tools_are_written_for_the_dialect_that_nests_them() -> None:
    modes = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
    for choice, mode in modes.items():
        asked = body("generate", tools=[WEATHER], tool_choice=ToolChoice.of(choice))
        assert asked["toolConfig"] == {"functionCallingConfig": {"mode": mode}}
    asked = body("generate", tools=[WEATHER], tool_choice=ToolChoice.of("go"))
    config = {"mode": "ANY", "allowedFunctionNames": ["go"]}
    assert asked["toolConfig"] == {"functionCallingConfig": config}


def test_a_choice_the_dialect_does_not_have_is_refused() -> None:
    with pytest.raises(CapabilityError, match="tool choice 'tool'"):
        built("chat v2", tools=[WEATHER], tool_choice=ToolChoice.of("go"))


CLOSED = {**SCHEMA, "additionalProperties": False}
WANTED = ResponseFormat(type="json_schema", schema=SCHEMA, name="place", strict=True)
FORMATS: dict[str, dict[str, Any]] = {
    "chat": {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "place", "schema": CLOSED, "strict": True},
        }
    },
    "responses": {
        "text": {
            "format": {"type": "json_schema", "name": "place", "schema": CLOSED, "strict": True}
        }
    },
    "messages": {
        "max_tokens": 4096,
        "output_config": {"format": {"type": "json_schema", "schema": CLOSED}},
    },
    "generate": {
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseJsonSchema": SCHEMA,
        }
    },
    "chat v2": {"response_format": {"type": "json_object", "json_schema": SCHEMA}},
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_schema_for_the_answer_is_sent(dialect: str) -> None:
    assert asked(body(dialect, response_format=WANTED)) == FORMATS[dialect]


def test_a_format_the_dialect_does_not_have_is_refused() -> None:
    with pytest.raises(CapabilityError, match="no response format 'json_object'"):
        built("messages", response_format=ResponseFormat(type="json_object"))


def test_fields_of_the_callers_own_are_merged_in_last() -> None:
    extra = {"metadata": {"a": 1}, "output_config": {"b": 2}, "max_tokens": 5}
    written = body("messages", parameters={"reasoning_effort": "low"}, extra=extra)
    assert written["metadata"] == {"a": 1}
    assert written["output_config"] == {"effort": "low", "b": 2}
    assert written["max_tokens"] == 5


def small(**more: Any) -> CompiledManifest:
    document = {
        "id": "toy",
        "protocol_version": "2.0",
        "dialect": "openai_chat",
        "endpoint": {"base_url": "https://toy.test/v1", "auth": {"type": "bearer"}},
        **more,
    }
    return compile_manifest(read_manifest(document, "toy"))


def ask(compiled: CompiledManifest, **request: Any) -> Any:
    chat = ChatRequest(messages=[Message.user("Hi")], **request)
    return build_chat(chat, compiled, model="m/n:1", credential="key")


@pytest.mark.parametrize("value", [-1, 2.5])
def test_a_value_out_of_range_is_refused_before_sending(value: float) -> None:
    compiled = small(parameters={"temperature": {"range": [0, 2]}})
    with pytest.raises(RequestError, match="0 to 2"):
        ask(compiled, parameters={"temperature": value})
    assert ask(compiled, parameters={"temperature": 2}).body["temperature"] == 2


def test_what_a_manifest_has_a_value_for_is_sent_unless_the_caller_says_otherwise() -> None:
    declared = {"temperature": {"default": 0.7}, "seed": {"default": 3}, "made_up": {"default": 1}}
    compiled = small(parameters=declared)
    assert asked(dict(ask(compiled).body)) == {"temperature": 0.7, "seed": 3}
    said = {"temperature": 0.2, "seed": 5}
    assert asked(dict(ask(compiled, parameters=said).body)) == said


def test_who_sets_top_p_gets_no_temperature_beside_it() -> None:
    compiled = small(parameters={"temperature": {"default": 0.7}})
    assert asked(dict(ask(compiled, parameters={"top_p": 0.5}).body)) == {"top_p": 0.5}
    both = {"top_p": 0.5, "temperature": 1}
    assert asked(dict(ask(compiled, parameters=both).body)) == both


def test_a_model_may_take_a_parameter_by_another_name_or_not_at_all() -> None:
    models = {"m/n:1": {"parameters": {"max_tokens": "budget", "temperature": None}}}
    request = ask(
        small(metadata={"models": models}), parameters={"max_tokens": 5, "temperature": 1}
    )
    assert request.body["budget"] == 5
    assert "temperature" not in request.body
    assert request.adaptations == (
        "max_tokens sent as budget",
        "temperature left out: toy does not take it",
    )


AUTHS: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "bearer": ({"type": "bearer"}, {"Authorization": "Bearer key"}, ""),
    "header": ({"type": "custom_header", "header": "x-key"}, {"x-key": "key"}, ""),
    "query": ({"type": "query_param", "param_name": "k"}, {}, "?k=key"),
    "none": ({"type": "none"}, {}, ""),
    "extra headers": (
        {"type": "bearer", "extra_headers": [{"name": "x-v", "value": "1"}]},
        {"x-v": "1", "Authorization": "Bearer key"},
        "",
    ),
}


@pytest.mark.parametrize(("auth", "headers", "query"), AUTHS.values(), ids=list(AUTHS))
def test_the_key_is_attached_and_named_as_secret(
    auth: dict[str, Any], headers: dict[str, str], query: str
) -> None:
    endpoint = {"base_url": "https://toy.test/v1/", "auth": auth}
    wire = ask(small(endpoint=endpoint)).wire
    assert wire.url == f"https://toy.test/v1/chat/completions{query}"
    sent = dict(wire.headers)
    assert sent.pop("Content-Type") == "application/json"
    assert sent.pop("Accept") == "application/json"
    assert sent == headers
    named = [*headers.items(), *parse_qsl(query.removeprefix("?"))]
    assert {name.lower() for name, value in named if "key" in value} == wire.secrets


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(RequestError, match="JSON"):
        ask(small(), extra={"x": object()})
    with pytest.raises(RequestError, match="already holds a value"):
        ask(
            small(wire={"request": {"parameters": {"top_k": "model.top_k"}}}),
            parameters={"top_k": 1},
        )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_bodies_are_utf_8_and_have_no_nulls(dialect: str) -> None:
    written = built(dialect, Message.user("Zürich \u2028"), tools=[WEATHER], stream=True).wire.body
    assert "Zürich \u2028".encode() in written
    assert b"null" not in written
    assert json.loads(written)


def test_what_one_request_adds_stays_out_of_the_next() -> None:
    unasked = {"thinking": {"budget": {"least": 1}}}
    wire = {"request": {"parameters": {"thinking": "thinking"}, "required": unasked}}
    compiled = small(wire=wire)
    more = {"thinking": {"budget": {"most": 2}}}
    first, second = ask(compiled, extra=more), ask(compiled)
    assert json.loads(first.wire.body)["thinking"] == {"budget": {"least": 1, "most": 2}}
    assert json.loads(second.wire.body)["thinking"] == {"budget": {"least": 1}}
    assert more == {"thinking": {"budget": {"most": 2}}}
