"""A Gemini double reads members in both spellings, as JSON of protocol buffers is read.

https://protobuf.dev/programming-guides/json/#field-names
"""

import json
from typing import Any

import pytest

from ai_lib.types.content import ImageBlock, ToolUseBlock
from tests.testing.wire import CREDENTIALS, MockServer

CITY = {
    "type": "OBJECT",
    "properties": {"city_name": {"type": "STRING"}},
    "required": ["city_name"],
}


def ask(mock_server: MockServer, **body: Any) -> list[dict[str, Any]]:
    """Return the parts of the answer."""
    path = "/gemini/v1beta/models/gemini-2.5-flash:generateContent"
    response = mock_server.post(path, json.dumps(body).encode(), CREDENTIALS["gemini"])
    assert response.status == 200, response.body
    parts: list[dict[str, Any]] = response.json["candidates"][0]["content"]["parts"]
    return parts


def say(text: str) -> dict[str, Any]:
    return {"role": "user", "parts": [{"text": text}]}


def answer_tool(name: str, response: Any, role: str = "user") -> list[dict[str, Any]]:
    call = {"role": "model", "parts": [{"function_call": {"name": "get_it", "args": {}}}]}
    result = {"role": role, "parts": [{name: {"name": "get_it", "response": response}}]}
    return [say("Get it"), call, result]


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ({"result": "sunny"}, '{"result":"sunny"}'),
        ({"output": "sunny"}, "sunny"),
        ({"output": {"sky_is": "blue"}}, '{"sky_is":"blue"}'),
        ({"output": 3}, "3"),
        ({"error": "down"}, "down"),
        ({"sky_is": "blue", "wind": 2}, '{"sky_is":"blue","wind":2}'),
    ],
)
@pytest.mark.parametrize("name", ["functionResponse", "function_response"])
def test_results_of_tools_are_read_in_any_form(
    mock_server: MockServer, name: str, response: Any, text: str
) -> None:
    parts = ask(mock_server, contents=answer_tool(name, response))

    assert parts == [{"text": f"The tool answered: {text}"}]


@pytest.mark.parametrize("role", ["tool", "function"])
def test_results_of_tools_may_have_a_role_of_their_own(mock_server: MockServer, role: str) -> None:
    parts = ask(mock_server, contents=answer_tool("functionResponse", {"output": "sunny"}, role))

    assert parts == [{"text": "The tool answered: sunny"}]


@pytest.mark.parametrize("group", ["functionDeclarations", "function_declarations"])
@pytest.mark.parametrize("key", ["parameters", "parametersJsonSchema", "parameters_json_schema"])
def test_tools_are_called_in_both_spellings(mock_server: MockServer, group: str, key: str) -> None:
    tools = [{group: [{"name": "get_it", key: CITY}]}]

    parts = ask(mock_server, contents=[say("get_it in Rome")], tools=tools)

    assert [part["functionCall"]["args"] for part in parts] == [{"city_name": "Rome"}]


@pytest.mark.parametrize(
    "config",
    [
        {"responseMimeType": "application/json", "responseSchema": CITY},
        {"response_mime_type": "application/json", "response_schema": CITY},
        {"responseMimeType": "application/json", "responseJsonSchema": CITY},
        {"response_mime_type": "application/json", "response_json_schema": CITY},
    ],
)
@pytest.mark.parametrize("name", ["generationConfig", "generation_config"])
def test_schemas_are_heeded_in_both_spellings(
    mock_server: MockServer, name: str, config: dict[str, Any]
) -> None:
    parts = ask(mock_server, **{"contents": [say("What is in Rome")], name: config})

    assert json.loads(parts[-1]["text"]) == {"city_name": "Rome"}


def test_an_answer_is_a_list_or_a_word_where_the_schema_says_so(mock_server: MockServer) -> None:
    many = {
        "responseMimeType": "application/json",
        "responseSchema": {"type": "ARRAY", "items": CITY},
    }
    word = {"responseMimeType": "text/x.enum", "responseSchema": {"enum": ["alpha", "beta"]}}

    listed = ask(mock_server, contents=[say("What is in Rome")], generationConfig=many)
    chosen = ask(mock_server, contents=[say("Which?")], generationConfig=word)

    assert json.loads(listed[-1]["text"]) == [{"city_name": "Rome"}]
    assert chosen == [{"text": "alpha"}]


@pytest.mark.parametrize(
    ("thinking", "thinks"),
    [
        ({"includeThoughts": True}, True),
        ({"include_thoughts": True}, True),
        ({"include_thoughts": True, "thinking_budget": 1000}, True),
        ({"include_thoughts": True, "thinking_level": "LOW"}, True),
        ({"include_thoughts": True, "thinking_budget": 0}, False),
        ({"includeThoughts": False}, False),
        ({"thinkingBudget": 1000}, False),
        ({}, False),
    ],
)
def test_thoughts_are_shown_where_they_are_asked_for(
    mock_server: MockServer, thinking: dict[str, Any], thinks: bool
) -> None:
    parts = ask(mock_server, contents=[say("Hi")], generation_config={"thinking_config": thinking})

    assert [part.get("thought", False) for part in parts] == [True, False][not thinks :]


@pytest.mark.parametrize("key", ["inline_data", "inlineData"])
@pytest.mark.parametrize("kind", ["mime_type", "mimeType"])
def test_media_are_read_in_both_spellings(mock_server: MockServer, key: str, kind: str) -> None:
    part = {key: {kind: "image/png", "data": "YWJj"}}

    ask(mock_server, contents=[{"role": "user", "parts": [part]}])

    [message] = mock_server.service.requests[-1].messages
    assert message.blocks == (ImageBlock(data="YWJj", media_type="image/png"),)


def test_a_system_instruction_may_have_many_parts(mock_server: MockServer) -> None:
    ask(
        mock_server,
        contents=[say("Hi")],
        system_instruction={
            "role": "user",
            "parts": [{"text": "Be kind. "}, {"text": "Be short."}],
        },
    )

    messages = mock_server.service.requests[-1].messages
    assert [(m.role.value, m.text) for m in messages] == [
        ("system", "Be kind. Be short."),
        ("user", "Hi"),
    ]


def test_the_callers_own_names_stay_as_they_are(mock_server: MockServer) -> None:
    call = {"functionCall": {"name": "get_it", "args": {"city_name": {"sub_part": 1}}}}

    ask(mock_server, contents=[say("Hi"), {"role": "model", "parts": [call]}, say("And?")])

    [block] = mock_server.service.requests[-1].messages[1].blocks
    assert isinstance(block, ToolUseBlock)
    assert block.input == {"city_name": {"sub_part": 1}}
