"""A recorded request body, said again in our own terms: what a user would have had to write.

Each dialect is read by hand here, not by the templates that write it. What has no standard name
goes into `extra`, as a user would put it; what can't be said at all raises `CannotSay`.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from ai_lib.request.chat import build_chat
from ai_lib.types.content import (
    AudioBlock,
    Block,
    DocumentBlock,
    ImageBlock,
    OpaqueBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.request import ChatRequest, ResponseFormat
from ai_lib.types.tool import ToolChoice, ToolDefinition
from tests.pipeline.manifests import bundled
from tests.wire.corpus import FAMILIES, speaker
from tests.wire.recordings import Recording

Json = dict[str, Any]


class CannotSay(Exception):
    """Our terms have no word for this."""


def said_again(recording: Recording) -> ChatRequest:
    """Give the request that a user would write to send the recorded body."""
    return _READERS[recording.family](dict(recording.row["request"]["body"]))


def asked_again(recording: Recording) -> bytes:
    """Give the body that our request compiles to."""
    built = build_chat(
        said_again(recording),
        bundled(speaker(recording), FAMILIES.get(recording.family)),
        model=recording.model,
        credential="nobody's",
        base_url="http://127.0.0.1",
    )
    return built.wire.body


class _Parts:
    """Collects a request while its body is taken apart."""

    def __init__(self, body: Json) -> None:
        self.body = {name: value for name, value in body.items() if value is not None}
        self.body.pop("model", None)
        self.stream = bool(self.body.pop("stream", False))
        self.messages: list[Message] = []
        self.parameters: Json = {}
        self.tools: list[ToolDefinition] = []
        self.choice: ToolChoice | None = None
        self.format: ResponseFormat | None = None
        self.extra: Json = {}

    def take(self, names: dict[str, str], place: Json | None = None) -> None:
        """Take parameters from their places to their standard names."""
        node = self.body if place is None else place
        for wire, standard in names.items():
            if wire in node:
                self.parameters[standard] = node.pop(wire)

    def request(self) -> ChatRequest:
        return ChatRequest(
            messages=self.messages,
            parameters=self.parameters,
            tools=self.tools,
            tool_choice=self.choice,
            response_format=self.format,
            extra={**self.extra, **self.body},
            stream=self.stream,
        )


def _rest(known: Json, *names: str) -> Json:
    return {name: value for name, value in known.items() if name not in names and value is not None}


# --- chat completions, and the second chat API of another vendor ----------------------------------

_CHAT = {
    "temperature": "temperature",
    "top_p": "top_p",
    "n": "n",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "stop": "stop_sequences",
    "reasoning_effort": "reasoning_effort",
}


def _chat(body: Json) -> ChatRequest:
    parts = _Parts(body)
    parts.body.pop("stream_options", None)
    parts.take(_CHAT)
    reasoning = dict(parts.body.pop("reasoning", {}))  # where one vendor has it
    parts.take({"effort": "reasoning_effort"}, reasoning)
    if reasoning:
        parts.extra["reasoning"] = reasoning
    parts.messages = [_chat_message(message) for message in parts.body.pop("messages")]
    parts.tools = [_function_tool(tool) for tool in parts.body.pop("tools", [])]
    choice = parts.body.pop("tool_choice", None)
    if isinstance(choice, dict):
        parts.choice = ToolChoice(mode="tool", name=choice["function"]["name"])
    elif choice in ("auto", "none", "required", "NONE", "REQUIRED"):
        parts.choice = ToolChoice.of(choice.lower())
    elif choice == "any":
        parts.choice = ToolChoice.of("required")
    if wanted := parts.body.pop("response_format", None):
        schema = _rest(wanted.get("json_schema", {}))
        parts.format = ResponseFormat(type=wanted["type"], **schema)
    return parts.request()


def _function_tool(tool: Json) -> ToolDefinition:
    if "function" not in tool:
        return ToolDefinition.of_provider(tool)
    cache = tool.get("cache_control")
    return ToolDefinition(**_rest(tool["function"]), cache=_cache(cache))


def _cache(control: Json | None) -> str | None:
    return None if control is None else control.get("ttl", "auto")


def _chat_message(message: Json) -> Message:
    role = MessageRole(message["role"])
    content = message.get("content")
    if role is MessageRole.TOOL:
        return Message.tool(message["tool_call_id"], content)
    blocks: list[Block] = []
    if message.get("reasoning_content"):
        blocks.append(ThinkingBlock(thinking=message["reasoning_content"]))
    for call in message.get("tool_calls") or []:
        function = call["function"]
        given = json.loads(function["arguments"] or "{}")
        blocks.append(ToolUseBlock(id=call["id"], name=function["name"], input=given))
    if isinstance(content, str) and not blocks:
        return Message(role, content, name=message.get("name"))
    said = [TextBlock(text=content)] if isinstance(content, str) else _chat_blocks(content or [])
    return Message(role, [*said, *blocks], name=message.get("name"))


def _chat_blocks(content: list[Json]) -> list[Block]:
    return [_chat_block(block) for block in content]


def _chat_block(block: Json) -> Block:
    match block["type"]:
        case "text":
            return TextBlock(text=block["text"], cache=_cache(block.get("cache_control")))
        case "thinking" if isinstance(block["thinking"], str):
            return ThinkingBlock(thinking=block["thinking"])
        case "image_url":
            image = block["image_url"]
            media_type, data = _data_url(image["url"])
            url = None if data else image["url"]
            detail = image.get("detail")
            return ImageBlock(url=url, data=data, media_type=media_type, detail=detail)
        case "file":
            media_type, data = _data_url(block["file"].get("file_data", ""))
            if data is None:
                raise CannotSay("a file by its id")
            name = block["file"].get("filename")
            return DocumentBlock(data=data, media_type=media_type, filename=name)
        case kind:
            raise CannotSay(f"a {kind} block")


def _data_url(url: str) -> tuple[str | None, str | None]:
    head, comma, data = url.partition(";base64,")
    return (head.removeprefix("data:"), data) if comma else (None, None)


# --- messages -------------------------------------------------------------------------------------


def _messages(body: Json) -> ChatRequest:
    parts = _Parts(body)
    names = ("temperature", "top_k", "top_p", "max_tokens", "stop_sequences")
    parts.take({name: name for name in names})
    system = parts.body.pop("system", None)
    if system is not None:
        text = system if isinstance(system, str) else [_message_block(b) for b in system]
        parts.messages.append(Message.system(text))
    for message in parts.body.pop("messages"):
        if message["role"] == "system":
            raise CannotSay("instructions amid the conversation")
        content = message["content"]
        blocks = content if isinstance(content, str) else [_message_block(b) for b in content]
        parts.messages.append(Message(MessageRole(message["role"]), blocks))
    parts.tools = [_schema_tool(tool) for tool in parts.body.pop("tools", [])]
    if choice := parts.body.pop("tool_choice", None):
        modes = {"auto": "auto", "any": "required", "none": "none", "tool": choice.get("name")}
        parts.choice = ToolChoice.of(modes[choice["type"]])
        if choice.get("disable_parallel_tool_use") is not None:
            parts.parameters["parallel_tool_calls"] = not choice["disable_parallel_tool_use"]
    config = dict(parts.body.pop("output_config", {}))
    if "effort" in config:
        parts.parameters["reasoning_effort"] = config.pop("effort")
    if "format" in config:
        wanted = config.pop("format")
        parts.format = ResponseFormat(type=wanted["type"], schema=wanted["schema"])
    if config:
        parts.extra["output_config"] = config
    return parts.request()


def _schema_tool(tool: Json) -> ToolDefinition:
    if "input_schema" not in tool:
        return ToolDefinition.of_provider(tool)
    known = ("name", "description", "input_schema", "strict", "cache_control")
    return ToolDefinition(
        name=tool["name"],
        description=tool.get("description"),
        parameters=tool["input_schema"],
        strict=tool.get("strict"),
        cache=_cache(tool.get("cache_control")),
        extra=_rest(tool, *known),
    )


def _message_block(block: Json) -> Block:
    cache = _cache(block.get("cache_control"))
    match block["type"]:
        case "text":
            return TextBlock(text=block["text"], cache=cache)
        case "thinking":
            return ThinkingBlock(thinking=block["thinking"], signature=block["signature"])
        case "redacted_thinking":
            return ThinkingBlock(redacted=block["data"])
        case "tool_use":
            return ToolUseBlock(id=block["id"], name=block["name"], input=block["input"])
        case "tool_result":
            return ToolResultBlock(
                tool_use_id=block["tool_use_id"],
                content=_result(block["content"]),
                is_error=bool(block.get("is_error")),
            )
        case "image" if block["source"]["type"] in ("url", "base64"):
            return ImageBlock(**_rest(block["source"], "type"))
        case "document" if block["source"]["type"] in ("url", "base64"):
            return DocumentBlock(**_rest(block["source"], "type"), filename=block.get("title"))
        case _:
            return OpaqueBlock(raw=[block])  # in the provider's own form


def _result(content: object) -> Any:
    if isinstance(content, str):
        return content
    assert isinstance(content, list)
    return [_message_block(block) for block in content]


# --- generate content -----------------------------------------------------------------------------

_GENERATION = {
    "temperature": "temperature",
    "maxOutputTokens": "max_tokens",
    "topP": "top_p",
    "topK": "top_k",
    "stopSequences": "stop_sequences",
    "seed": "seed",
}


def _generate(body: Json) -> ChatRequest:
    parts = _Parts(body)
    config = dict(parts.body.pop("generationConfig", {}))
    parts.take(_GENERATION, config)
    if config.get("responseMimeType") == "application/json" and "responseJsonSchema" in config:
        config.pop("responseMimeType")
        schema = config.pop("responseJsonSchema")
        parts.format = ResponseFormat(type="json_schema", schema=schema)
    if config:
        parts.extra["generationConfig"] = config
    if system := parts.body.pop("systemInstruction", None):
        parts.messages.append(Message.system("\n\n".join(p["text"] for p in system["parts"])))
    for content in parts.body.pop("contents"):
        role = MessageRole.USER if content["role"] == "user" else MessageRole.ASSISTANT
        parts.messages.append(Message(role, [_part(part) for part in content["parts"]]))
    for group in parts.body.pop("tools", []):
        parts.tools.extend(_declared(group))
    calling = parts.body.get("toolConfig", {}).get("functionCallingConfig", {})
    names = calling.get("allowedFunctionNames", [])
    if calling.get("mode") in ("AUTO", "NONE", "ANY") and len(names) < 2:
        mode = {"AUTO": "auto", "NONE": "none", "ANY": "required"}[calling["mode"]]
        parts.choice = ToolChoice.of(names[0] if names else mode)
        config = _rest(parts.body.pop("toolConfig"), "functionCallingConfig")
        if config:
            parts.extra["toolConfig"] = config
    return parts.request()


def _declared(group: Json) -> Iterator[ToolDefinition]:
    for tool in group.get("functionDeclarations", []):
        known = ("name", "description", "parametersJsonSchema", "parameters_json_schema")
        yield ToolDefinition(
            name=tool["name"],
            description=tool.get("description"),
            parameters=tool.get(known[2]) or tool.get(known[3]) or {},
            extra=_rest(tool, *known),
        )
    if native := _rest(group, "functionDeclarations"):
        yield ToolDefinition.of_provider(native)


def _part(part: Json) -> Block:
    signature = part.get("thoughtSignature")
    if part.get("thought"):
        return ThinkingBlock(thinking=part["text"], signature=signature)
    if "text" in part:
        return TextBlock(text=part["text"], signature=signature)
    if call := part.get("functionCall"):
        return ToolUseBlock(
            id=call.get("id", ""), name=call["name"], input=call["args"], signature=signature
        )
    if result := part.get("functionResponse"):
        answer = result["response"]
        failed = list(answer) == ["error"]
        text = answer["error"] if failed else json.dumps(answer)
        files = [_part(_camel(part)) for part in result.get("parts", [])]
        said: Any = [*([TextBlock(text=text)] if answer else []), *files] if files else text
        return ToolResultBlock(
            tool_use_id=result.get("id", ""), name=result["name"], content=said, is_error=failed
        )
    if data := part.get("inlineData"):
        return _file(data["mimeType"], data=data["data"])
    if data := part.get("fileData"):
        return _file(data["mimeType"], url=data["fileUri"])
    return OpaqueBlock(raw=[part])


def _camel(part: Json) -> Json:
    """Give a part whose names are in snake case, which this vendor takes as well."""
    data = part.get("inline_data")
    if data is None:
        return part
    return {"inlineData": {"mimeType": data["mime_type"], "data": data["data"]}}


def _file(media_type: str, url: str | None = None, data: str | None = None) -> Block:
    kinds = {"image": ImageBlock, "audio": AudioBlock}
    kind = kinds.get(media_type.partition("/")[0], DocumentBlock)
    return kind(url=url, data=data, media_type=media_type)


# --- responses ------------------------------------------------------------------------------------


def _responses(body: Json) -> ChatRequest:
    parts = _Parts(body)
    names = ("temperature", "top_p", "parallel_tool_calls")
    parts.take({name: name for name in names} | {"max_output_tokens": "max_tokens"})
    if system := parts.body.pop("instructions", None):
        parts.messages.append(Message.system(system))
    given = parts.body.pop("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    parts.messages += [_item(item) for item in items]
    parts.tools = [_flat_tool(tool) for tool in parts.body.pop("tools", [])]
    choice = parts.body.pop("tool_choice", None)
    if isinstance(choice, dict):
        parts.choice = ToolChoice(mode="tool", name=choice["name"])
    elif choice is not None:
        parts.choice = ToolChoice.of(choice)
    reasoning = dict(parts.body.pop("reasoning", {}))
    parts.take({"effort": "reasoning_effort", "summary": "reasoning_summary"}, reasoning)
    text = dict(parts.body.pop("text", {}))
    if wanted := text.pop("format", None):
        parts.format = ResponseFormat(**wanted)
    parts.extra.update({k: v for k, v in (("reasoning", reasoning), ("text", text)) if v})
    return parts.request()


def _flat_tool(tool: Json) -> ToolDefinition:
    if tool["type"] != "function":
        return ToolDefinition.of_provider(tool)
    known = ("type", "name", "description", "parameters", "strict")
    fields = _rest({name: tool.get(name) for name in known}, "type")
    return ToolDefinition(**fields, extra=_rest(tool, *known))


def _item(item: Json) -> Message:
    kind = item.get("type", "message")
    if kind == "function_call_output":
        output = item["output"]
        blocks = output if isinstance(output, str) else [_input(block) for block in output]
        return Message.tool(item["call_id"], blocks)
    if kind == "function_call":
        given = json.loads(item["arguments"] or "{}")
        extra = set(item) - {"type", "call_id", "name", "arguments"}
        raw = [item] if extra else []
        call = ToolUseBlock(id=item["call_id"], name=item["name"], input=given, raw=raw)
        return Message.assistant([call])
    if kind != "message" or set(item) - {"type", "role", "content"}:
        return Message.assistant([OpaqueBlock(raw=[item])])  # as an answer brought it
    content = item["content"]
    blocks = content if isinstance(content, str) else [_input(block) for block in content]
    return Message(MessageRole(item["role"]), blocks)


def _input(block: Json) -> Any:
    match block["type"]:
        case "input_text":
            return TextBlock(
                text=block["text"], cache="auto" if "prompt_cache_breakpoint" in block else None
            )
        case "input_image" if "image_url" in block:
            media_type, data = _data_url(block["image_url"])
            url = None if data else block["image_url"]
            detail = block.get("detail")
            return ImageBlock(url=url, data=data, media_type=media_type, detail=detail)
        case "input_file" if "file_data" in block:
            media_type, data = _data_url(block["file_data"])
            return DocumentBlock(data=data, media_type=media_type, filename=block.get("filename"))
        case "input_file" if "file_url" in block:
            return DocumentBlock(url=block["file_url"])
        case _:
            return OpaqueBlock(raw=[block])


_READERS: dict[str, Callable[[Json], ChatRequest]] = {
    "openai_chat": _chat,
    "cohere_chat": _chat,
    "anthropic_messages": _messages,
    "gemini_generate": _generate,
    "openai_responses": _responses,
}
