"""Cases about requests, replies and errors: each is one chat with a provider on the loopback."""

from typing import Any

import msgspec

from ai_lib.errors.exceptions import AiLibError, RequestError
from ai_lib.types.content import Block, ContentBlock, DocumentBlock
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.response import ChatResponse
from compliance.checks import Mismatch, check, check_contains
from compliance.manifests import load_case_manifest, open_client
from compliance.runtime_client import Runtime, RuntimeClient, StreamOutcome
from compliance.server import Provider, build_response, build_stream_response
from compliance.suite import Case, Json

CHAT_RESPONSE: Json = {
    "id": "reply-1",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}
    ],
    "type": "message",
    "content": [{"type": "text", "text": "ok"}],
    "stop_reason": "end_turn",
    "candidates": [{"content": {"parts": [{"text": "ok"}]}, "finishReason": "STOP"}],
}
"""A plain response that every API family can read."""


def run_error_classification(case: Case, runtime: Runtime) -> None:
    """An error response has the standard code, name and flags."""
    server_response = build_response(case.input["response_body"], case.input["http_status"])
    manifest = load_case_manifest(case)
    manifest.pop("retry_policy", None)  # the first response is classified
    with Provider(server_response) as server, open_client(manifest, runtime, server.url) as client:
        try:
            client.execute(lambda chat: chat.user("Hello"))
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


def run_message_building(case: Case, runtime: Runtime) -> None:
    """Messages reach the wire as given; metadata stays with the message and is not sent."""
    messages = [_build_message(message) for message in case.input["messages"]]
    parameters = case.input.get("parameters") or {}

    def ask(chat: Any) -> Any:
        for name, value in parameters.items():
            chat.param(name, value)
        return chat.messages(messages)

    with Provider(build_response(CHAT_RESPONSE)) as server:
        with open_client(load_case_manifest(case), runtime, server.url) as client:
            client.execute(ask)
            built_messages = client.describe(lambda client: ask(client.chat()).build().messages)
        sent = server.body
    normal = msgspec.to_builtins(list(built_messages))
    check_contains("the request", {"messages": normal}, case.expected["normalized_body"])
    check("message_count", len(sent["messages"]), case.expected["message_count"])
    for sent_message, message in zip(sent["messages"], case.input["messages"], strict=True):
        check_contains("the wire", sent_message, {key: message[key] for key in ("role", "content")})


def _build_message(message: Json) -> Message:
    metadata = message.get("metadata")
    return Message(MessageRole(message["role"]), message["content"], metadata=metadata)


def run_parameter_mapping(case: Case, runtime: Runtime) -> None:
    """Standard parameters reach the wire under the provider's names."""

    def ask(chat: Any) -> Any:
        for name, value in case.input["standard_params"].items():
            chat.param(name, value)
        return chat.user("Hello")

    with Provider(build_response(CHAT_RESPONSE)) as server:
        with open_client(load_case_manifest(case), runtime, server.url) as client:
            client.execute(ask)
        check_contains("the wire", server.body, case.expected["provider_params"])


def run_request_building(case: Case, runtime: Runtime) -> None:
    """A request with its options is built and accepted."""
    parameters = dict(case.input.get("parameters") or {})
    response_format = parameters.pop("response_format", None)

    def ask(chat: Any) -> Any:
        chat.messages([_build_message(message) for message in case.input["messages"]])
        for name, value in parameters.items():
            chat.param(name, value)
        return chat.response_format(response_format["type"]) if response_format else chat

    with Provider(build_response(CHAT_RESPONSE)) as server:
        with open_client(load_case_manifest(case), runtime, server.url) as client:
            client.execute(ask)
        check_contains("the wire", server.body, case.expected["request_contains"])


def run_response_parsing(case: Case, runtime: Runtime) -> None:
    """A plain response and its usage are read."""
    server_response = build_response(case.input["response_body"])
    with (
        Provider(server_response) as server,
        open_client(load_case_manifest(case), runtime, server.url) as client,
    ):
        response = client.execute(lambda chat: chat.user("Hello"))
    check_usage(response, case.expected)


def check_usage(response: ChatResponse, expected: Json) -> None:
    """Check the usage a case expects, when it expects one."""
    usage = msgspec.structs.asdict(response.usage)
    check_contains("usage", usage, expected.get("usage") or {})


def run_content_block_encode(case: Case, runtime: Runtime) -> None:
    """Content blocks reach the wire in the form of the API style, or are refused."""
    blocks = [_build_block(block) for block in case.input["blocks"]]
    manifest: Json = {
        "id": "encoder",
        "protocol_version": "2.0",
        "endpoint": {"base_url": "https://example.com"},
        "provider_contract": {"api_style": case.input["api_style"]},
    }
    with (
        Provider(build_response(CHAT_RESPONSE)) as server,
        open_client(manifest, runtime, server.url) as client,
    ):
        try:
            client.execute(lambda chat: chat.user(blocks))
        except RequestError as error:
            if case.input.get("expect_error") and not server.requests:
                return
            raise Mismatch(f"it was refused: {error}") from error
        if case.input.get("expect_error"):
            raise Mismatch(f"it was sent: {server.body}")
        turn = (server.body.get("messages") or server.body.get("contents"))[0]
    check_contains("the turn", turn.get("content") or turn.get("parts"), case.expected["encoded"])


def _build_block(block: Json) -> Block:
    if block["block_type"] == "text":
        return ContentBlock.text(block["text"])
    if block["source_type"] == "base64":
        return DocumentBlock(data=block["data"], media_type=block["mime_type"])
    return DocumentBlock(url=block["data"], media_type=block["mime_type"])


def stream_chunks(case: Case, runtime: Runtime, manifest: Json, chunks: list[str]) -> StreamOutcome:
    """Return what a client makes of a stream of these chunks."""
    with (
        Provider(build_stream_response(chunks)) as server,
        open_client(manifest, runtime, server.url) as client,
    ):
        return _stream(client)


def _stream(client: RuntimeClient) -> StreamOutcome:
    return client.stream(lambda chat: chat.user("Hello"))
