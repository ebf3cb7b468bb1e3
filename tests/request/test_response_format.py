"""How a target is asked for a typed answer: what its manifest and dialect say."""

from typing import Any

import msgspec
import pytest

from ai_lib.protocol.bundle import list_bundled_names
from ai_lib.protocol.manifest.capabilities import allows_capability
from ai_lib.request.response_format import apply_response_format
from ai_lib.types import ChatRequest, Message, ResponseFormat, ToolChoice, ToolDefinition
from tests.pipeline.manifests import bundled

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": []}
CLOSED = {**SCHEMA, "required": ["a"], "additionalProperties": False}


def applied(request: ChatRequest, provider: str) -> tuple[ChatRequest, tuple[str, ...]]:
    """Return the request as a model of a bundled provider is asked it, and what is said of it."""
    compiled = bundled(provider)
    return apply_response_format(request, compiled, compiled.find_model("m"))


def asking(schema: dict[str, Any] | None = SCHEMA, **more: Any) -> ChatRequest:
    wanted = ResponseFormat(type="auto", schema=schema, name="answer")
    return ChatRequest(messages=(Message.user("?"),), response_format=wanted, **more)


@pytest.mark.parametrize("provider", list(list_bundled_names("manifests")))
def test_every_chat_provider_can_be_asked(provider: str) -> None:
    compiled = bundled(provider)
    if not allows_capability(compiled.manifest, "text", None):
        pytest.skip("has no chat")
    request, _ = apply_response_format(asking(), compiled, compiled.find_model("m"))
    formats = compiled.dialect.request.response_format
    wanted = request.response_format
    if allows_capability(compiled.manifest, "structured_output", None) and formats.get(
        "json_schema"
    ):
        assert wanted is not None
        assert (wanted.type, wanted.schema) == ("json_schema", CLOSED)
    elif wanted is not None:
        assert wanted.type == "json_object"
        assert formats["json_object"]
        assert '"properties"' in request.messages[0].text
    else:
        assert [tool.name for tool in request.tools] == ["answer"]


def test_what_is_not_automatic_stays_as_it_is() -> None:
    for kind in ("text", "json_object", "json_schema"):
        schema = None if kind == "json_object" else {"type": "object"}
        wanted = ResponseFormat(type=kind, schema=schema, strict=True)
        request = ChatRequest(messages=(Message.user("?"),), response_format=wanted)
        assert apply_response_format(
            request, bundled("openai"), bundled("openai").find_model("m")
        ) == (request, ())
    bare = ChatRequest(messages=(Message.user("?"),))
    assert applied(bare, "openai") == (
        bare,
        (),
    )


def test_a_schema_the_target_refuses_is_asked_for_less_strictly() -> None:
    schema = {**SCHEMA, "properties": {"a": {"not": {"type": "null"}}}}
    request, told = apply_response_format(
        asking(schema), bundled("openai"), bundled("openai").find_model("m")
    )
    assert request.response_format is not None
    assert (request.response_format.type, request.response_format.strict) == ("json_schema", False)
    assert request.response_format.schema == schema

    request, told = apply_response_format(
        asking(schema), bundled("anthropic"), bundled("anthropic").find_model("m")
    )
    assert request.response_format is None
    assert request.tool_choice == ToolChoice(mode="tool", name="answer")
    assert told == ("the response is asked for as the arguments of a tool call",)


def test_beside_tools_of_the_callers_any_of_them_may_be_called() -> None:
    wanted = ResponseFormat(type="tool", schema=SCHEMA, name="answer")
    tool = ToolDefinition.from_function(name="find")
    request = msgspec.structs.replace(asking(tools=(tool,)), response_format=wanted)
    asked, _ = applied(request, "openai")
    assert asked.tool_choice == ToolChoice(mode="required")
    assert [each.name for each in asked.tools] == ["find", "answer"]


def test_instructions_stand_after_those_of_the_caller() -> None:
    wanted = ResponseFormat(type="prompt", schema=SCHEMA)
    messages = (Message.system("Be brief."), Message.user("?"))
    request = ChatRequest(messages=messages, response_format=wanted)
    asked, _ = applied(request, "openai")
    assert [message.role.value for message in asked.messages] == ["system", "system", "user"]
    assert asked.response_format is None
