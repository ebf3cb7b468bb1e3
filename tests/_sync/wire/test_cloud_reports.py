# Generated from tests/wire/test_cloud_reports.py by codegen; do not edit.
"""Situations that people reported of clients of clouds, rebuilt with made-up values."""

import base64
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ai_lib.errors.exceptions import RemoteError, RequestError
from ai_lib.resilience.retry import RetryConfig
from ai_lib.testing.event_stream import write_event
from ai_lib.transport.credentials.aws import AwsKeySource
from ai_lib.transport.credentials.aws_sigv4 import SigningScope
from ai_lib.types.content import DocumentBlock, TextBlock, ToolResultBlock, ToolUseBlock
from ai_lib.types.tool import ToolChoice
from ai_lib_sync import AiClient, Message, ToolDefinition
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.transport import CredentialCache
from tests.servers.fixtures import Serve
from tests.servers.scripted import Exchange

CLAUDE = "bedrock/us.anthropic.claude-sonnet-4-6"
WEATHER = ToolDefinition(name="weather", parameters={"type": "object", "properties": {}})
PDF = base64.b64encode(b"%PDF-1.4").decode()


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take every variable of a cloud out of the environment, and any files of a user."""
    import os

    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "GCLOUD_", "CLOUDSDK_", "ANTHROPIC_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


def body_of(model: str, *messages: Message, **more: Any) -> Any:
    """Send one chat to the mock provider, and give the body that it got."""
    with MockProvider() as mock:
        with mock.builder(model).build() as client:
            chat = client.chat().messages(list(messages))
            if tools := more.get("tools"):
                chat.tools(tools)
            if choice := more.get("choice"):
                chat.tool_choice(choice)
            chat.execute()
        return mock.requests[0].body


def called(result: str = "4 degrees") -> list[Message]:
    """Give a conversation in which a tool was called."""
    return [
        Message.user("Weather?"),
        Message.assistant([ToolUseBlock(id="t1", name="weather", input={})]),
        Message.user([ToolResultBlock(tool_use_id="t1", content=result)]),
    ]


# https://github.com/vercel/ai/issues/20365
# https://github.com/aws-samples/generative-ai-use-cases/issues/1671
def test_names_of_documents_are_such_as_the_service_takes() -> None:
    names = [
        "John's  report #1.pdf",
        "分期\u3000報告.pdf",
        "報告.pdf",
        "a/b&c.pdf",
        "x" * 300,
        None,
    ]
    blocks = [DocumentBlock(data=PDF, media_type="application/pdf", filename=n) for n in names]
    body = body_of(CLAUDE, Message.user([TextBlock(text="Read."), *blocks]))
    sent = [part["document"]["name"] for part in body["messages"][0]["content"][1:]]
    assert all(0 < len(name) <= 200 for name in sent)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz 0123456789-()[]J") for name in sent)
    assert not any("  " in name for name in sent)
    assert len(set(sent)) == len(names)
    assert sent[0] == "John s report 1 pdf"


# https://github.com/NousResearch/hermes-agent/pull/63983
@pytest.mark.parametrize("model", [CLAUDE, "bedrock/us.amazon.nova-lite-v1:0"])
def test_texts_of_blanks_alone_are_left_out(model: str) -> None:
    body = body_of(
        model,
        Message.system(" "),
        Message.user([TextBlock(text=" "), TextBlock(text="Hi")]),
        Message.assistant("\n"),
        Message.user("\t"),
        Message.user("there?"),
    )
    assert body["messages"] == [{"role": "user", "content": [{"text": "Hi"}, {"text": "there?"}]}]
    assert "system" not in body


# https://github.com/anomalyco/opencode/pull/48582
def test_a_blank_description_of_a_tool_is_left_out() -> None:
    blank = ToolDefinition(name="weather", description=" ", parameters=WEATHER.parameters)
    body = body_of(CLAUDE, Message.user("Hi"), tools=[blank])
    [tool] = body["toolConfig"]["tools"]
    assert set(tool["toolSpec"]) == {"name", "inputSchema"}


# https://github.com/patriceckhart/zot/pull/18
def test_a_conversation_with_calls_keeps_its_tools() -> None:
    with pytest.raises(RequestError, match="a conversation with calls without the tools"):
        body_of(CLAUDE, *called())
    body = body_of(CLAUDE, *called(), tools=[WEATHER], choice=ToolChoice.of("none"))
    assert [tool["toolSpec"]["name"] for tool in body["toolConfig"]["tools"]] == ["weather"]
    assert "toolChoice" not in body["toolConfig"]


# https://github.com/aws-amplify/amplify-js/issues/7913
# https://github.com/aws/aws-sdk-js-v3/issues/7605
@pytest.mark.parametrize(
    "message",
    [
        "Signature expired: 20261201T100000Z is now earlier than 20261201T105500Z "
        "(20261201T110000Z - 5 min.)",
        "Signature not yet current: 20261201T100000Z is still later than 20261201T110500Z "
        "(20261201T110000Z + 5 min.)",
    ],
)
def test_a_clock_that_is_wrong_is_set_right_by_what_the_service_says(
    message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-nobody")
    wrong = datetime(2026, 12, 1, 10, 0, 0, tzinfo=timezone.utc)
    source = AwsKeySource("AWS_ACCESS_KEY_ID", SigningScope("eu-west-1", "bedrock"), lambda: wrong)
    refusal = Reply(status=403, code="InvalidSignatureException", error=message)
    with MockProvider([refusal, Reply(text="Hi"), Reply(text="Again")]) as mock:
        builder = mock.builder(CLAUDE).api_key(CredentialCache(source))
        with builder.with_retry(RetryConfig(max_retries=0)).build() as client:
            assert (client.chat().user("?").execute()).content == "Hi"
            assert (client.chat().user("?").execute()).content == "Again"
        dates = [request.headers["x-amz-date"] for request in mock.requests]
    assert dates == ["20261201T100000Z", "20261201T110000Z", "20261201T110000Z"]


def test_a_signature_that_does_not_match_is_not_signed_again() -> None:
    source = AwsKeySource("AWS_ACCESS_KEY_ID", SigningScope("eu-west-1", "bedrock"))
    error = RemoteError(
        "The request signature we calculated does not match",
        status_code=403,
        type="InvalidSignatureException",
    )
    assert not source.is_refusal(error)


# https://github.com/anthropics/claude-code/issues/28032
def test_expired_keys_are_not_tried_for_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    expired = Reply(status=403, code="ExpiredTokenException", error="It has expired")
    with MockProvider([expired] * 12) as mock:
        builder = AiClient.builder().model(CLAUDE).base_url(mock.base_url("bedrock"))
        builder.with_retry(RetryConfig(max_retries=10, min_delay_ms=1, max_delay_ms=1))
        with builder.build() as client:
            with pytest.raises(RemoteError, match="It has expired"):
                client.chat().user("Hi").execute()
        assert len(mock.requests) == 2


def url_of(model: str, **variables: str) -> str:
    """Give the address that a client with these variables calls."""
    builder = AiClient.builder().model(model).api_key("key-of-nobody").variable(**variables)
    with builder.build() as client:
        return client.explain().curl.split()[1].strip("'")


# https://github.com/BerriAI/litellm/pull/38747, https://github.com/vercel/ai/issues/11197
@pytest.mark.parametrize(
    ("region", "runtime", "mantle"),
    [
        ("eu-west-1", "amazonaws.com", "api.aws"),
        ("us-gov-west-1", "amazonaws.com", "api.aws"),
        ("cn-north-1", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        ("eusc-de-east-1", "amazonaws.eu", "api.amazonwebservices.eu"),
        ("us-iso-east-1", "c2s.ic.gov", "api.aws.ic.gov"),
        ("us-isob-east-1", "sc2s.sgov.gov", "api.aws.scloud"),
        ("eu-isoe-west-1", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        ("us-isof-south-1", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ],
)
def test_each_partition_has_its_own_domain(region: str, runtime: str, mantle: str) -> None:
    url = url_of("bedrock/amazon.nova-lite-v1:0", region=region)
    assert url.startswith(f"https://bedrock-runtime.{region}.{runtime}/model/")
    url = url_of("bedrock_mantle/openai.gpt-oss-120b", region=region)
    assert url.startswith(f"https://bedrock-mantle.{region}.{mantle}/v1/")


# https://github.com/vercel/ai/issues/6644, https://github.com/wso2/apim-apps/pull/1409
@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
    ],
)
@pytest.mark.parametrize("model", ["gemini-3.7-flash", "claude-opus-5", "meta/llama-5"])
def test_each_location_has_its_host(location: str, host: str, model: str) -> None:
    url = url_of(f"vertex/{model}", project="my-project", location=location)
    assert url.startswith(f"https://{host}/v1beta1/projects/my-project/locations/{location}/")


# https://github.com/anthropics/anthropic-sdk-python/issues/740
# https://github.com/anthropics/anthropic-sdk-go/pull/185
def test_an_arn_is_one_segment_and_may_say_which_model_it_is() -> None:
    arn = "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:application-inference-profile/abc"
    with MockProvider() as mock:
        builder = mock.builder(CLAUDE).model(f"bedrock/{arn}", listed_as=CLAUDE)
        with builder.build() as client:
            chat = client.chat().user("Hi").reasoning("low")
            chat.execute()
        [request] = mock.requests
    assert request.model == arn
    assert request.body["additionalModelRequestFields"]["output_config"] == {"effort": "low"}


# https://github.com/earendil-works/pi/issues/3359, https://github.com/can1357/oh-my-pi/pull/7645
@pytest.mark.parametrize(
    "geography", ["", "us.", "eu.", "apac.", "jp.", "au.", "ca.", "us-gov.", "global."]
)
def test_a_model_is_known_with_each_geography(geography: str) -> None:
    with MockProvider() as mock:
        model = f"bedrock/{geography}anthropic.claude-haiku-4-5-20251001-v1:0"
        with mock.builder(model).build() as client:
            info = client.explain().model_info
    assert info is not None
    assert info.context_window == 200_000


# https://github.com/microsoft/semantic-kernel/issues/10012
def test_claude_on_vertex_has_its_version_in_the_body_and_no_model() -> None:
    with MockProvider() as mock:
        with mock.builder("vertex/claude-opus-5").build() as client:
            client.chat().user("Hi").execute()
            for _ in client.chat().user("Hi").stream():
                pass
        plain, streamed = mock.requests
    for request in (plain, streamed):
        assert request.body["anthropic_version"] == "vertex-2023-10-16"
        assert "model" not in request.body
        assert "anthropic-version" not in request.headers
    assert plain.path.endswith("/claude-opus-5:rawPredict")
    assert streamed.path.endswith("/claude-opus-5:streamRawPredict")
    assert streamed.body["stream"] is True


# https://github.com/anomalyco/models.dev/issues/676
@pytest.mark.parametrize("name", ["claude-haiku-4-5", "claude-haiku-4-5@20251001"])
def test_claude_on_vertex_is_known_with_and_without_its_date(name: str) -> None:
    with MockProvider() as mock:
        with mock.builder(f"vertex/{name}").build() as client:
            explanation = client.explain()
    assert explanation.model_info is not None
    assert f"/models/{name}:" in explanation.curl


# https://github.com/BerriAI/litellm/issues/9266, https://github.com/sourcegit-scm/sourcegit/issues/1618
@pytest.mark.parametrize("path", ["", "/", "/openai", "/openai/", "/openai/v1", "/openai/v1/"])
def test_a_resource_may_be_given_with_any_part_of_its_path(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"https://mine.openai.azure.com{path}")
    url = url_of("azure/my-deployment")
    assert url == "https://mine.openai.azure.com/openai/v1/chat/completions"


# https://github.com/pydantic/pydantic-ai/issues/164
def test_the_first_frame_of_azure_has_no_choice(serve: Serve) -> None:
    results = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}]
    choice = {"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}
    frames = [
        {"id": "", "object": "", "choices": [], "prompt_filter_results": results},
        {"id": "c1", "choices": [choice], "object": "chat.completion.chunk"},
        {"id": "c1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    text = "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames) + "data: [DONE]\n\n"

    def script(exchange: Exchange) -> None:
        exchange.reply(text.encode(), headers="content-type: text/event-stream\r\n")

    builder = AiClient.builder().model("azure/my-deployment").api_key("k")
    with builder.base_url(serve(script).url).build() as client:
        stream = client.chat().user("Hi").stream()
        for _ in stream:
            pass
    response = stream.response()
    assert (response.content, response.termination_reason) == ("Hi", "end_turn")


# https://github.com/BerriAI/litellm/issues/15307, https://github.com/vercel/ai/pull/3071
def test_calls_whose_pieces_are_mixed_stay_apart(serve: Serve) -> None:
    def piece(index: int, text: str) -> bytes:
        delta = {"toolUse": {"input": text}}
        return write_event({"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}})

    def begin(index: int) -> bytes:
        start = {"toolUse": {"toolUseId": f"t{index}", "name": f"tool_{index}"}}
        return write_event({"contentBlockStart": {"contentBlockIndex": index, "start": start}})

    frames = [
        write_event({"messageStart": {"role": "assistant"}}),
        *(begin(0), begin(1), piece(0, '{"a":'), piece(1, '{"b'), piece(0, "1}"), piece(1, '":2}')),
        *(write_event({"contentBlockStop": {"contentBlockIndex": index}}) for index in (0, 1)),
        write_event({"messageStop": {"stopReason": "tool_use"}}),
        write_event({"metadata": {"usage": {"inputTokens": 1, "outputTokens": 1}}}),
    ]

    def script(exchange: Exchange) -> None:
        kind = "content-type: application/vnd.amazon.eventstream\r\n"
        exchange.reply(b"".join(frames), headers=kind)

    builder = AiClient.builder().model(CLAUDE).api_key("k").base_url(serve(script).url)
    with builder.build() as client:
        stream = client.chat().user("Hi").stream()
        for _ in stream:
            pass
    calls = [(call.id, call.name, call.arguments) for call in stream.response().tool_calls]
    assert calls == [("t0", "tool_0", {"a": 1}), ("t1", "tool_1", {"b": 2})]


# https://github.com/agentjido/req_llm/pull/1033
@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "end_turn"),
        ("tool_use", "tool_use"),
        ("max_tokens", "max_tokens"),
        ("stop_sequence", "stop_sequence"),
        ("guardrail_intervened", "refusal"),
        ("content_filtered", "refusal"),
        ("model_context_window_exceeded", "context_window"),
        ("malformed_model_output", "error"),
        ("malformed_tool_use", "error"),
    ],
)
def test_each_reason_for_an_end_is_told_apart(word: str, reason: str) -> None:
    with MockProvider([Reply(text="Hi", finish=word)] * 2) as mock:
        with mock.builder(CLAUDE).build() as client:
            plain = client.chat().user("?").execute()
            stream = client.chat().user("?").stream()
            for _ in stream:
                pass
    for response in (plain, stream.response()):
        assert (response.finish_reason, response.termination_reason) == (word, reason)


# https://github.com/aaif-goose/goose/issues/10676, https://github.com/can1357/oh-my-pi/issues/1399
def test_a_key_counts_whatever_profile_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(
        "[default]\ncredential_process = /bin/false\nregion = ap-southeast-2\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "default")
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "key-of-nobody")
    with MockProvider() as mock:
        builder = AiClient.builder().model(CLAUDE).base_url(mock.base_url("bedrock"))
        with builder.build() as client:
            client.chat().user("Hi").execute()
        assert mock.requests[0].headers["authorization"] == "Bearer key-of-nobody"
    # https://github.com/anthropics/anthropic-bedrock-python/issues/130
    builder = AiClient.builder().model(CLAUDE)
    with builder.build() as client:
        assert "https://bedrock-runtime.ap-southeast-2.amazonaws.com/" in client.explain().curl


# https://github.com/langchain-ai/langchain-aws/issues/214
def test_a_guardrail_that_ends_a_stream_says_no_stop_sequence(serve: Serve) -> None:
    documents = [
        {
            "type": "message_start",
            "message": {
                "id": "m",
                "type": "message",
                "role": "assistant",
                "model": "claude",
                "content": [],
                "usage": {"input_tokens": 3, "output_tokens": 1},
            },
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": "I can't say that."},
        },
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "guardrail_intervened"},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    ]
    body = b"".join(write_event(document, "bytes") for document in documents)

    def script(exchange: Exchange) -> None:
        kind = "content-type: application/vnd.amazon.eventstream\r\n"
        exchange.reply(body, headers=kind)

    builder = AiClient.builder().model(CLAUDE).api_key("k").base_url(serve(script).url)
    with builder.api_family("messages").build() as client:
        stream = client.chat().user("Hi").stream()
        for _ in stream:
            pass
    response = stream.response()
    assert response.content == "I can't say that."
    assert response.termination_reason == "refusal"


# https://github.com/google-gemini/gemini-cli/issues/14811
def test_an_error_in_a_list_inside_a_stream_is_an_error(serve: Serve) -> None:
    error = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Exhausted."}}
    chunk = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}}]}
    text = f"data: {json.dumps(chunk)}\n\ndata: {json.dumps([error])}\n\n"

    def script(exchange: Exchange) -> None:
        exchange.reply(text.encode(), headers="content-type: text/event-stream\r\n")

    builder = AiClient.builder().model("vertex/gemini-3.7-flash").api_key("k")
    builder.variable(project="my-project", location="global").base_url(serve(script).url)
    with builder.build() as client:
        stream = client.chat().user("Hi").stream()
        with pytest.raises(RemoteError) as caught:
            for _ in stream:
                pass
    assert caught.value.standard_code.name == "rate_limited"
