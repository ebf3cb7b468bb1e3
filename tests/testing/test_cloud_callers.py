"""The vendor's own client calls the mock provider of Amazon Bedrock (`nox -s clouds`)."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest

from ai_lib.testing import Reply
from ai_lib.types.usage import Usage
from ai_lib_sync.testing import MockProvider

botocore_session = pytest.importorskip("botocore.session", reason="botocore is not installed")

# The package leaves a socket of a streamed body to the collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

NOVA = "us.amazon.nova-lite-v1:0"
HI = [{"role": "user", "content": [{"text": "Hi"}]}]
TOOLS = {
    "tools": [
        {"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}},
    ]
}


CLIENTS: list[Any] = []


@pytest.fixture
def mock() -> Iterator[MockProvider]:
    with MockProvider() as started:
        yield started
        while CLIENTS:
            CLIENTS.pop().close()
    gc.collect()


def client_of(mock: MockProvider, service: str = "bedrock-runtime") -> Any:
    """Give the vendor's client, which does not try again."""
    from botocore.config import Config

    client = botocore_session.get_session().create_client(
        service,
        region_name="eu-west-1",
        endpoint_url=mock.base_url("bedrock"),
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret-of-nobody",
        config=Config(retries={"total_max_attempts": 1}),
    )
    CLIENTS.append(client)
    return client


def test_a_plain_reply_is_read(mock: MockProvider) -> None:
    usage = Usage(prompt_tokens=10, completion_tokens=5, total_tokens=15, cache_read_tokens=3)
    mock.enqueue(
        Reply(
            text="It is cold.",
            thinking="Hm.",
            tool_calls=[("weather", {"city": "Oslo"})],
            usage=usage,
        )
    )
    reply = client_of(mock).converse(
        modelId=NOVA,
        messages=HI,
        system=[{"text": "Be brief."}],
        toolConfig=TOOLS,
        inferenceConfig={"maxTokens": 9},
    )
    thinking, text, call = reply["output"]["message"]["content"]
    assert thinking["reasoningContent"]["reasoningText"]["text"] == "Hm."
    assert text == {"text": "It is cold."}
    assert (call["toolUse"]["name"], call["toolUse"]["input"]) == ("weather", {"city": "Oslo"})
    assert reply["stopReason"] == "tool_use"
    assert (reply["usage"]["inputTokens"], reply["usage"]["cacheReadInputTokens"]) == (7, 3)
    [request] = mock.requests
    assert (request.model, request.messages[-1].text) == (NOVA, "Hi")


def test_a_stream_is_read_frame_by_frame(mock: MockProvider) -> None:
    calls = [("weather", {"city": "Oslo"}), ("weather", {"city": "Bergen"})]
    mock.enqueue(Reply(text=["Let me ", "see. ", "ü"], thinking="Hm.", tool_calls=calls))
    reply = client_of(mock).converse_stream(modelId=NOVA, messages=HI, toolConfig=TOOLS)
    texts, thoughts, inputs, names = "", "", {}, []
    for event in reply["stream"]:
        [(name, payload)] = event.items()
        names.append(name)
        delta = payload.get("delta", {})
        texts += delta.get("text", "")
        thoughts += delta.get("reasoningContent", {}).get("text", "")
        if "toolUse" in delta:
            index = payload["contentBlockIndex"]
            inputs[index] = inputs.get(index, "") + delta["toolUse"]["input"]
    assert (texts, thoughts) == ("Let me see. ü", "Hm.")
    assert [json.loads(text) for text in inputs.values()] == [arguments for _, arguments in calls]
    assert (names[0], names[-2:]) == ("messageStart", ["messageStop", "metadata"])


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "ThrottlingException"),
        (403, "AccessDeniedException"),
        (400, "ValidationException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_an_error_has_its_name(mock: MockProvider, status: int, code: str) -> None:
    from botocore.exceptions import ClientError

    mock.enqueue(Reply(status=status, code=code, error="Not now."))
    with pytest.raises(ClientError) as caught:
        client_of(mock).converse(modelId=NOVA, messages=HI)
    assert caught.value.response["Error"] == {"Code": code, "Message": "Not now."}


def test_an_exception_inside_a_stream_is_one(mock: MockProvider) -> None:
    from botocore.exceptions import EventStreamError

    mock.enqueue(Reply(text="Hi", error="Not now.", code="throttlingException"))
    reply = client_of(mock).converse_stream(modelId=NOVA, messages=HI)
    with pytest.raises(EventStreamError, match=r"throttlingException.*Not now"):
        list(reply["stream"])


def test_claude_is_invoked_plain_and_streamed(mock: MockProvider) -> None:
    mock.enqueue(Reply(text="Hello"), Reply(text=["Hel", "lo"]))
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": HI_OF_CLAUDE}
    call = {"modelId": "us.anthropic.claude-opus-5", "body": json.dumps(body)}
    client = client_of(mock)
    reply = client.invoke_model(**call)["body"]
    document = json.loads(reply.read())
    reply.close()
    assert document["content"] == [{"type": "text", "text": "Hello"}]
    stream = client.invoke_model_with_response_stream(**call)["body"]
    documents = [json.loads(event["chunk"]["bytes"]) for event in stream]
    stream.close()
    texts = [part["delta"].get("text", "") for part in documents if "delta" in part]
    assert "".join(texts) == "Hello"
    assert documents[-1]["type"] == "message_stop"


HI_OF_CLAUDE = [{"role": "user", "content": "Hi"}]


def test_tokens_are_counted_and_models_are_listed(mock: MockProvider) -> None:
    counted = client_of(mock).count_tokens(modelId=NOVA, input={"converse": {"messages": HI}})
    assert counted["inputTokens"] > 0
    listed = client_of(mock, "bedrock").list_foundation_models()
    assert all(model["modelId"] for model in listed["modelSummaries"])
