"""Cases about requests, replies and errors: each is one chat with a provider on the loopback."""

from typing import Any

import msgspec

from ai_lib.errors.exceptions import AiLibError, RequestError
from ai_lib.types.content import Block, ContentBlock, DocumentBlock
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.response import ChatResponse
from compliance.checks import Mismatch, check, check_contains
from compliance.door import Door, Runtime, Streamed
from compliance.manifests import door_to, own_manifest
from compliance.server import Provider, says, streams
from compliance.suite import Case, Json

ANSWER: Json = {
    "id": "reply-1",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}
    ],
    "type": "message",
    "content": [{"type": "text", "text": "ok"}],
    "stop_reason": "end_turn",
    "candidates": [{"content": {"parts": [{"text": "ok"}]}, "finishReason": "STOP"}],
}
"""A plain answer that every family of APIs can read as its own."""


def error_classification(case: Case, runtime: Runtime) -> None:
    """An error answer has the standard code, name and flags."""
    answer = says(case.input["response_body"], case.input["http_status"])
    manifest = own_manifest(case)
    manifest.pop("retry_policy", None)  # the first answer is what is classified
    with Provider(answer) as server, door_to(manifest, runtime, server.url) as door:
        try:
            door.execute(lambda chat: chat.user("Hello"))
        except AiLibError as error:
            _check_error(error, case.expected)
            return
    raise Mismatch("no error was raised")


def _check_error(error: AiLibError, expected: Json) -> None:
    facts = {
        "valid": True,
        "error_code": error.standard_code.code,
        "error_name": error.error_class,
        "error_type": error.error_type,
        "retryable": error.retryable,
        "fallbackable": error.fallbackable,
    }
    check_contains("the error", facts, expected)


def message_building(case: Case, runtime: Runtime) -> None:
    """Messages reach the wire as given; metadata stays with the message and is not sent."""
    messages = [_message(written) for written in case.input["messages"]]
    parameters = case.input.get("parameters") or {}

    def ask(chat: Any) -> Any:
        for name, value in parameters.items():
            chat.param(name, value)
        return chat.messages(messages)

    with Provider(says(ANSWER)) as server:
        with door_to(own_manifest(case), runtime, server.url) as door:
            door.execute(ask)
            held = door.describe(lambda client: ask(client.chat()).build().messages)
        sent = server.body
    normal = msgspec.to_builtins(list(held))
    check_contains("the request", {"messages": normal}, case.expected["normalized_body"])
    check("message_count", len(sent["messages"]), case.expected["message_count"])
    for found, given in zip(sent["messages"], case.input["messages"], strict=True):
        check_contains("the wire", found, {key: given[key] for key in ("role", "content")})


def _message(written: Json) -> Message:
    metadata = written.get("metadata")
    return Message(MessageRole(written["role"]), written["content"], metadata=metadata)


def parameter_mapping(case: Case, runtime: Runtime) -> None:
    """Standard parameters reach the wire under the provider's names."""

    def ask(chat: Any) -> Any:
        for name, value in case.input["standard_params"].items():
            chat.param(name, value)
        return chat.user("Hello")

    with Provider(says(ANSWER)) as server:
        with door_to(own_manifest(case), runtime, server.url) as door:
            door.execute(ask)
        check_contains("the wire", server.body, case.expected["provider_params"])


def request_building(case: Case, runtime: Runtime) -> None:
    """A request with its options is built and accepted."""
    parameters = dict(case.input.get("parameters") or {})
    wanted = parameters.pop("response_format", None)

    def ask(chat: Any) -> Any:
        chat.messages([_message(one) for one in case.input["messages"]])
        for name, value in parameters.items():
            chat.param(name, value)
        return chat.response_format(wanted["type"]) if wanted else chat

    with Provider(says(ANSWER)) as server:
        with door_to(own_manifest(case), runtime, server.url) as door:
            door.execute(ask)
        check_contains("the wire", server.body, case.expected["request_contains"])


def response_parsing(case: Case, runtime: Runtime) -> None:
    """A plain reply is read, its usage too, whichever way it is received."""
    answer = says(case.input["response_body"])
    with Provider(answer) as server, door_to(own_manifest(case), runtime, server.url) as door:
        response = door.execute(lambda chat: chat.user("Hello"))
    check_usage(response, case.expected)


def check_usage(response: ChatResponse, expected: Json) -> None:
    """Check the usage a case expects, when it expects one."""
    usage = msgspec.structs.asdict(response.usage)
    check_contains("usage", usage, expected.get("usage") or {})


def content_block_encode(case: Case, runtime: Runtime) -> None:
    """Content blocks reach the wire in the form of the API style, or are refused."""
    blocks = [_block(written) for written in case.input["blocks"]]
    manifest: Json = {
        "id": "encoder",
        "protocol_version": "2.0",
        "endpoint": {"base_url": "https://example.com"},
        "provider_contract": {"api_style": case.input["api_style"]},
    }
    with Provider(says(ANSWER)) as server, door_to(manifest, runtime, server.url) as door:
        try:
            door.execute(lambda chat: chat.user(blocks))
        except RequestError as error:
            if case.input.get("expect_error") and not server.requests:
                return
            raise Mismatch(f"it was refused: {error}") from error
        if case.input.get("expect_error"):
            raise Mismatch(f"it was sent: {server.body}")
        turn = (server.body.get("messages") or server.body.get("contents"))[0]
    check_contains("the turn", turn.get("content") or turn.get("parts"), case.expected["encoded"])


def _block(written: Json) -> Block:
    if written["block_type"] == "text":
        return ContentBlock.text(written["text"])
    if written["source_type"] == "base64":
        return DocumentBlock(data=written["data"], media_type=written["mime_type"])
    return DocumentBlock(url=written["data"], media_type=written["mime_type"])


def stream_of(case: Case, runtime: Runtime, manifest: Json, chunks: list[str]) -> Streamed:
    """Return what a client makes of a stream of these chunks."""
    with Provider(streams(chunks)) as server, door_to(manifest, runtime, server.url) as door:
        return _ask(door)


def _ask(door: Door) -> Streamed:
    return door.stream(lambda chat: chat.user("Hello"))
