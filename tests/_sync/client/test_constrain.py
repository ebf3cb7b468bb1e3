# Generated from tests/client/test_constrain.py by codegen; do not edit.
"""Constraints: sent in the server's own words, or refused, never left out."""

from typing import Any

import pytest

from ai_lib.types.request import ResponseFormat
from ai_lib.types.tool import ToolDefinition
from ai_lib_sync.errors import CapabilityError, InvalidArguments
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import ChatRequest

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
GRAMMAR = 'root ::= "yes" | "no"'
CHOICE = ["yes", "a.b", 'say "no"']
PATTERN = '(yes|a\\.b|say "no")'
RULES = 'root ::= "yes" | "a.b" | "say \\"no\\""'
# What each server's documentation says; None where it says nothing.
# https://docs.vllm.ai/en/latest/features/structured_outputs
# https://docs.sglang.io/docs/advanced_features/structured_outputs
# https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
# https://huggingface.co/docs/text-generation-inference/basic_tutorials/using_guidance
# https://docs.fireworks.ai/structured-responses/structured-output-grammar-based
EXPECTED: dict[str, dict[str, dict[str, Any] | None]] = {
    "vllm/m": {
        "regex": {"structured_outputs": {"regex": "[a-z]+"}},
        "choice": {"structured_outputs": {"choice": CHOICE}},
        "grammar": {"structured_outputs": {"grammar": GRAMMAR}},
    },
    "sglang/m": {
        "regex": {"regex": "[a-z]+"},
        "choice": {"regex": PATTERN},
        "grammar": {"ebnf": GRAMMAR},
    },
    "llamacpp/m": {"regex": None, "choice": {"grammar": RULES}, "grammar": {"grammar": GRAMMAR}},
    "tgi/m": {
        "regex": {"response_format": {"type": "regex", "value": "[a-z]+"}},
        "choice": {"response_format": {"type": "regex", "value": PATTERN}},
        "grammar": None,
        "schema": {"response_format": {"type": "json", "value": SCHEMA}},
    },
    "fireworks/m": {
        "regex": None,
        "choice": {"response_format": {"type": "grammar", "grammar": RULES}},
        "grammar": {"response_format": {"type": "grammar", "grammar": GRAMMAR}},
    },
    "ollama/m": {"regex": None, "choice": None, "grammar": None},
    "lmstudio/m": {"regex": None, "choice": None, "grammar": None},
    "openai/gpt-4o": {"regex": None, "choice": None, "grammar": None},
    "anthropic/claude-sonnet-4-5": {"regex": None, "choice": None, "grammar": None},
    "gemini/gemini-2.5-flash": {"regex": None, "choice": None, "grammar": None},
}
GIVEN: dict[str, Any] = {
    "regex": "[a-z]+", "choice": CHOICE, "grammar": GRAMMAR, "schema": SCHEMA,
}  # fmt: skip
OWN = {"model", "messages", "stream", "stream_options"}


@pytest.mark.parametrize("streamed", [False, True])
def test_a_constraint_is_sent_in_the_servers_words_or_refused(streamed: bool) -> None:
    failures = []
    with MockProvider([]) as mock:
        for model, kinds in EXPECTED.items():
            with mock.client(model) as client:
                for kind, expected in kinds.items():
                    count = len(mock.requests)
                    chat = client.chat().user("?").constrain(**{kind: GIVEN[kind]})
                    try:
                        if streamed:
                            _ = [event for event in chat.stream()]
                        else:
                            chat.execute()
                    except CapabilityError:
                        sent = None if len(mock.requests) == count else "sent and refused"
                    else:
                        body = mock.requests[-1].body
                        sent = {name: body[name] for name in body if name not in OWN}
                    if sent != expected:
                        failures.append((model, kind, sent))
    assert failures == []


def test_a_schema_is_enforced_or_refused_and_never_a_prompt() -> None:
    with MockProvider([Reply(text='{"n": 1}')] * 2) as mock:
        with mock.client("vllm/m") as client:
            client.chat().user("?").constrain(schema=SCHEMA).execute()
        sent = mock.requests[-1].body
        with mock.client("deepseek/deepseek-chat") as client:
            with pytest.raises(CapabilityError):
                client.chat().user("?").constrain(schema=SCHEMA).execute()
    assert sent["response_format"]["json_schema"]["schema"] == SCHEMA
    assert [message["role"] for message in sent["messages"]] == ["user"]


def test_a_format_beside_tools_is_refused_where_the_server_takes_one() -> None:
    tool = ToolDefinition(name="look_up")
    with MockProvider([]) as mock, mock.client("tgi/m") as client:
        chat = client.chat().user("?").tools([tool]).constrain(regex="[a-z]+")
        with pytest.raises(CapabilityError, match="not both"):
            chat.execute()
    assert mock.requests == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "none"),
        ({"regex": "a", "grammar": "b"}, "regex, grammar"),
        ({"regex": " "}, "no text"),
        ({"grammar": 3}, "no text"),
        ({"choice": []}, "no list of texts"),
        ({"choice": "yes"}, "no list of texts"),
        ({"choice": ["a", ""]}, "no list of texts"),
        ({"choice": ["a", "a"]}, "twice"),
    ],
)
def test_what_is_no_constraint_is_refused_at_once(given: Any, problem: str) -> None:
    with MockProvider([]) as mock, mock.client("vllm/m") as client:
        with pytest.raises(InvalidArguments, match=problem):
            client.chat().user("?").constrain(**given)


def test_a_constraint_is_saved_with_its_request() -> None:
    answer_format = ResponseFormat(type="choice", constraint=("yes", "no"))
    request = ChatRequest(messages=(), response_format=answer_format)
    assert ChatRequest.from_dict(request.to_dict()) == request
