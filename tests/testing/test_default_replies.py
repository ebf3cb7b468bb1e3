"""Without a script, the request decides what is answered."""

import json
from typing import Any

import pytest

from tests.testing.wire import PROVIDERS, MockServer, parse_response

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}


def tools(provider: str, *names: str) -> list[dict[str, Any]]:
    """Offer tools in the provider's words."""
    if provider == "anthropic":
        return [{"name": name, "input_schema": CITY} for name in names]
    if provider == "gemini":
        return [
            {"functionDeclarations": [{"name": n, "parametersJsonSchema": CITY} for n in names]}
        ]
    return [{"type": "function", "function": {"name": n, "parameters": CITY}} for n in names]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_repeats_what_was_said(mock_server: MockServer, provider: str) -> None:
    answer = mock_server.ask(provider, text="Good morning")

    assert parse_response(provider, answer, stream=False).content == "You said: Good morning"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_calls_each_tool_that_is_named(mock_server: MockServer, provider: str) -> None:
    offered = tools(provider, "get_weather", "get_time", "other")
    text = "Please get weather and get_time in New York for 3 days"

    answer = mock_server.ask(provider, text=text, tools=offered, stream=True)

    calls = parse_response(provider, answer, stream=True).tool_calls
    given = {"city": "New York", "days": 3}
    assert [(c.name, c.arguments) for c in calls] == [("get_weather", given), ("get_time", given)]


@pytest.mark.parametrize("key", ["parameters", "parameters_json_schema"])
def test_tools_may_be_written_as_older_clients_do(mock_server: MockServer, key: str) -> None:
    older = [{"functionDeclarations": [{"name": "get_weather", key: CITY}]}]

    answer = mock_server.ask("gemini", text="get_weather in Rome", tools=older)

    calls = parse_response("gemini", answer, stream=False).tool_calls
    assert [call.arguments for call in calls] == [{"city": "Rome", "days": 1}]


@pytest.mark.parametrize(
    ("provider", "demand"),
    [
        ("openai", {"tool_choice": "required"}),
        ("anthropic", {"tool_choice": {"type": "any"}}),
        ("gemini", {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}),
    ],
)
def test_it_calls_a_tool_when_it_must(
    mock_server: MockServer, provider: str, demand: dict[str, Any]
) -> None:
    answer = mock_server.ask(
        provider, text="Hi", tools=tools(provider, "a_tool", "b_tool"), **demand
    )

    calls = parse_response(provider, answer, stream=False).tool_calls
    assert [call.name for call in calls] == ["a_tool"]


@pytest.mark.parametrize(
    ("provider", "demand"),
    [
        ("openai", {"tool_choice": {"type": "function", "function": {"name": "b_tool"}}}),
        ("anthropic", {"tool_choice": {"type": "tool", "name": "b_tool"}}),
        (
            "gemini",
            {
                "toolConfig": {
                    "functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["b_tool"]}
                }
            },
        ),
    ],
)
def test_it_calls_the_tool_it_must(
    mock_server: MockServer, provider: str, demand: dict[str, Any]
) -> None:
    answer = mock_server.ask(
        provider, text="a_tool", tools=tools(provider, "a_tool", "b_tool"), **demand
    )

    calls = parse_response(provider, answer, stream=False).tool_calls
    assert [call.name for call in calls] == ["b_tool"]


@pytest.mark.parametrize(
    ("provider", "demand", "count"),
    [
        ("openai", {"tool_choice": "none"}, 0),
        ("openai", {"parallel_tool_calls": False}, 1),
        ("anthropic", {"tool_choice": {"type": "none"}}, 0),
        ("anthropic", {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}, 1),
        ("gemini", {"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}}, 0),
    ],
)
def test_it_calls_no_more_than_it_may(
    mock_server: MockServer, provider: str, demand: dict[str, Any], count: int
) -> None:
    offered = tools(provider, "a_tool", "b_tool")
    answer = mock_server.ask(provider, text="a_tool b_tool", tools=offered, **demand)

    assert len(parse_response(provider, answer, stream=False).tool_calls) == count


def test_it_answers_in_the_schema_that_is_demanded(mock_server: MockServer) -> None:
    schema = {"name": "city", "schema": CITY}
    answer = mock_server.ask(
        "openai",
        text="It is about Rome",
        response_format={"type": "json_schema", "json_schema": schema},
    )

    content = answer.json["choices"][0]["message"]["content"]
    assert json.loads(content) == {"city": "Rome", "days": 1}


def test_it_thinks_when_asked_to(mock_server: MockServer) -> None:
    answer = mock_server.ask("openai", reasoning_effort="low", stream=True)

    assert "2 words" in parse_response("openai", answer, stream=True).thinking


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_directive_is_obeyed(mock_server: MockServer, provider: str) -> None:
    line = {"text": "As told.", "finish": "max_tokens", "usage": {"prompt_tokens": 5}}

    answer = mock_server.ask(provider, text=f"Now:\n/mock {json.dumps(line)}\nplease")

    response = parse_response(provider, answer, stream=False)
    assert (response.content, response.termination_reason) == ("As told.", "max_tokens")
    assert response.usage.prompt_tokens == 5


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_directive_is_refused_with_its_reason(
    mock_server: MockServer, provider: str
) -> None:
    answer = mock_server.ask(provider, text='/mock {"txt": "typo"}')

    assert answer.status == 400
    assert "txt" in answer.json["error"]["message"]
