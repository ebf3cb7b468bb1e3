"""Cases about tool calls in a text: parsed, preferred, and asked for in the prompt."""

from typing import Any

import msgspec

from ai_lib.pipeline import TextToolCalls, parse_hybrid_tool_calls, parse_text_tool_calls
from ai_lib.types.tool import ToolCall, ToolDefinition
from compliance.chats import ANSWER
from compliance.checks import Mismatch, check, check_contains
from compliance.door import Runtime
from compliance.manifests import door_to
from compliance.server import Provider, says
from compliance.suite import Case, Json

_TOOL = ToolDefinition(name="shell", parameters={"type": "object", "properties": {}})


def _manifest(level: str = "L2", *, instead: bool = True) -> Json:
    return {
        "id": "texter",
        "protocol_version": "2.0",
        "endpoint": {"base_url": "https://example.com", "chat": "/chat/completions"},
        "capabilities": {
            "required": ["text", "streaming"],
            "optional": [] if instead else ["tools"],
            "tool_calling": {
                "native": {"supported": not instead},
                "text_fallback": {"format": "xml_json", "prompt_level": level},
            },
        },
    }


def text_tool_parse(case: Case, runtime: Runtime) -> None:
    """The calls of a text are found, by the parser and by a client whose model writes them."""
    text = case.input["response_text"]
    lenient = case.input["config"]["lenient_parsing"]
    _check_calls(parse_text_tool_calls(text, lenient=lenient), case.expected)
    _check_reply(case, runtime, text, _manifest(), None)


def text_tool_hybrid(case: Case, runtime: Runtime) -> None:
    """Native calls come before those in the text."""
    text = case.input["content"]
    native = case.input["native_tool_calls"]
    calls = [ToolCall(**call) for call in native]
    lenient = case.input["config"]["lenient_parsing"]
    _check_calls(parse_hybrid_tool_calls(text, calls, lenient=lenient), case.expected)
    sent = [
        {
            "id": call["id"],
            "type": "function",
            "function": {
                "name": call["name"],
                "arguments": msgspec.json.encode(call["arguments"]).decode(),
            },
        }
        for call in native
    ]
    _check_reply(case, runtime, text, _manifest(instead=False), sent)


def _check_calls(found: TextToolCalls, expected: Json) -> None:
    check("remaining_text", found.text, expected["remaining_text"])
    calls = [{"name": call.name, "arguments": call.arguments} for call in found.calls]
    check("tool_calls", calls, expected["tool_calls"])


def _check_reply(
    case: Case, runtime: Runtime, text: str, manifest: Json, native: list[Json] | None
) -> None:
    message: Json = {"role": "assistant", "content": text}
    if native:
        message["tool_calls"] = native
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    with Provider(says(body)) as server, door_to(manifest, runtime, server.url) as door:
        response = door.execute(lambda chat: chat.user("Go").tools([_TOOL]))
    _check_calls(TextToolCalls(text=response.content, calls=response.tool_calls), case.expected)


def text_tool_prompt(case: Case, runtime: Runtime) -> None:
    """Tools of a model without native calls are described in the prompt that is sent."""
    tools = [ToolDefinition(**tool) for tool in case.input["tools"]]
    manifest = _manifest(case.input["config"]["prompt_level"])

    def ask(chat: Any) -> Any:
        return chat.user("Go").tools(tools)

    with Provider(says(ANSWER)) as server:
        with door_to(manifest, runtime, server.url) as door:
            door.execute(ask)
        sent = server.body
    check_contains("the wire", {"tools": sent.get("tools")}, {"tools": None})
    prompt = "".join(turn["content"] for turn in sent["messages"] if turn["role"] == "system")
    for part in case.expected["prompt_contains"]:
        if part not in prompt:
            raise Mismatch(f"the prompt has no {part!r}: {prompt!r}")
