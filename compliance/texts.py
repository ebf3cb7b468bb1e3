"""Cases about tool calls in a text: parsed, preferred, and asked for in the prompt."""

from typing import Any

import msgspec

from ai_lib.pipeline import TextToolCalls, parse_hybrid_tool_calls, parse_text_tool_calls
from ai_lib.types.tool import ToolCall, ToolDefinition
from compliance.chats import CHAT_RESPONSE
from compliance.checks import Mismatch, check, check_contains
from compliance.manifests import open_client
from compliance.runtime_client import Runtime
from compliance.server import Provider, build_response
from compliance.suite import Case, Json

_TOOL = ToolDefinition(name="shell", parameters={"type": "object", "properties": {}})


def _build_manifest(level: str = "L2", *, replaces_native: bool = True) -> Json:
    return {
        "id": "texter",
        "protocol_version": "2.0",
        "endpoint": {"base_url": "https://example.com", "chat": "/chat/completions"},
        "capabilities": {
            "required": ["text", "streaming"],
            "optional": [] if replaces_native else ["tools"],
            "tool_calling": {
                "native": {"supported": not replaces_native},
                "text_fallback": {"format": "xml_json", "prompt_level": level},
            },
        },
    }


def run_text_tool_parse(case: Case, runtime: Runtime) -> None:
    """The calls of a text are found, by the parser and by a client whose model writes them."""
    text = case.input["response_text"]
    lenient = case.input["config"]["lenient_parsing"]
    _check_calls(parse_text_tool_calls(text, lenient=lenient), case.expected)
    _check_response(case, runtime, text, _build_manifest(), None)


def run_text_tool_hybrid(case: Case, runtime: Runtime) -> None:
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
    _check_response(case, runtime, text, _build_manifest(replaces_native=False), sent)


def _check_calls(text_tool_calls: TextToolCalls, expected: Json) -> None:
    check("remaining_text", text_tool_calls.text, expected["remaining_text"])
    calls = [{"name": call.name, "arguments": call.arguments} for call in text_tool_calls.calls]
    check("tool_calls", calls, expected["tool_calls"])


def _check_response(
    case: Case, runtime: Runtime, text: str, manifest: Json, native: list[Json] | None
) -> None:
    message: Json = {"role": "assistant", "content": text}
    if native:
        message["tool_calls"] = native
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    with (
        Provider(build_response(body)) as server,
        open_client(manifest, runtime, server.url) as client,
    ):
        response = client.execute(lambda chat: chat.user("Go").tools([_TOOL]))
    _check_calls(TextToolCalls(text=response.content, calls=response.tool_calls), case.expected)


def run_text_tool_prompt(case: Case, runtime: Runtime) -> None:
    """Tools of a model without native calls are described in the prompt that is sent."""
    tools = [ToolDefinition(**tool) for tool in case.input["tools"]]
    manifest = _build_manifest(case.input["config"]["prompt_level"])

    def ask(chat: Any) -> Any:
        return chat.user("Go").tools(tools)

    with Provider(build_response(CHAT_RESPONSE)) as server:
        with open_client(manifest, runtime, server.url) as client:
            client.execute(ask)
        sent = server.body
    check_contains("the wire", {"tools": sent.get("tools")}, {"tools": None})
    prompt = "".join(turn["content"] for turn in sent["messages"] if turn["role"] == "system")
    for part in case.expected["prompt_contains"]:
        if part not in prompt:
            raise Mismatch(f"the prompt has no {part!r}: {prompt!r}")
