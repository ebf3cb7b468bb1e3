"""Shapes of the protocol's public manifests that no bundled one has."""

import json
from pathlib import Path
from typing import Any

import pytest

from ai_lib.client import AiClient
from ai_lib.errors.exceptions import HostNotAllowed, ProtocolError, RequestError
from ai_lib.pipeline.errors import remote_error
from ai_lib.pipeline.plain_response import read_response
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.lint.linter import lint_document
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.protocol.sources.document import read_text
from ai_lib.request.chat import build_chat
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import ChatRequest, Message
from ai_lib.types.tool import ToolDefinition
from tests.servers.scripted import Exchange, ScriptedServer

LOOKUP = ToolDefinition.from_function(
    name="lookup", description="Looks up.", parameters={"type": "object", "properties": {}}
)
# A resource and a deployment stand in the address, no endpoint and no format is named.
DEPLOYMENT: dict[str, Any] = {
    "id": "cloud",
    "protocol_version": "1.5",
    "endpoint": {"base_url": "https://${CLOUD_RESOURCE}.cloud.example/deploy/${CLOUD_DEPLOYMENT}"},
    "availability": {
        "required": True,
        "regions": ["global"],
        "check": {"method": "GET", "path": "/models?version=1", "expected_status": [200]},
    },
    "auth": {"type": "api_key", "key_env": "CLOUD_KEY", "header_name": "api-key"},
    "capabilities": {"streaming": True, "tools": True},
    "tooling": {"source_model": "openai_tool_calls"},
    "streaming": {"decoder": {"format": "sse", "done_signal": "[DONE]"}},
}
DOTTED = {
    "id": "dotted",
    "protocol_version": "1.5",
    "endpoint": {"base_url": "https://dotted.example/v1"},
    "auth": {"type": "bearer", "payload_format": "openai_style"},
    "capabilities": {"streaming": True, "tools": True},
    "response_paths": {
        "content": "choices.0.message.content",
        "finish_reason": "choices.0.finish_reason",
    },
}
BY_REPLY = {
    "id": "likewise",
    "protocol_version": "1.5",
    "endpoint": {"base_url": "https://likewise.example"},
    "capabilities": {"streaming": True, "tools": True},
    "response_paths": {"content": "message.content[0].text"},
    "streaming": {"frame_selector": "exists($.type)"},
}
REPLIES_ONLY = {
    "id": "studio",
    "protocol_version": "1.5",
    "endpoint": {"base_url": "https://studio.example"},
    "payload_format": "studio_style",
    "capabilities": {"streaming": True, "tools": False},
    "response_paths": {"content": "output", "usage": "usage"},
    "termination": {"mapping": {"done": "end_turn"}},
    "streaming": {
        "frame_selector": "exists($.event)",
        "event_map": [
            {
                "match": "$.event == 'output'",
                "emit": "PartialContentDelta",
                "fields": {"content": "$.data"},
            }
        ],
    },
}


def compiled(document: dict[str, Any]) -> CompiledManifest:
    return compile_manifest(read_manifest(document, "public.yaml"))


def write(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / f"{document['id']}.json"
    path.write_text(json.dumps(document))
    return path


def address_of(compiled_manifest: CompiledManifest) -> str:
    request = ChatRequest(messages=[Message.user("Hello?")])
    return build_chat(request, compiled_manifest, model="m", credential="k").wire.url


@pytest.mark.parametrize("document", [DEPLOYMENT, DOTTED, BY_REPLY], ids=lambda d: str(d["id"]))
async def test_it_answers_plain_streamed_and_with_tools(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    path, provider = write(tmp_path, document), document["id"]
    replies = [Reply(text="Hi"), Reply(text="Hi"), *[Reply(tool_calls=[("lookup", {})])] * 2]
    async with MockProvider(replies, manifests=[path]) as mock:
        builder = AiClient.builder().protocol_dir(path).model(f"{provider}/m").api_key("k")
        async with await builder.base_url(mock.base_url(provider)).build() as client:
            plain = await client.chat().user("Hello?").execute()
            stream = client.chat().user("Hello?").stream()
            texts = [event.text async for event in stream if event.is_content_delta]
            called = await client.chat().user("Look").tools([LOOKUP]).execute()
            calling = client.chat().user("Look").tools([LOOKUP]).stream()
            async for _ in calling:
                pass

    assert (plain.content, "".join(texts)) == ("Hi", "Hi")
    assert plain.termination_reason == "end_turn"
    assert [call.name for call in (*called.tool_calls, *calling.response().tool_calls)] == [
        "lookup",
        "lookup",
    ]


def test_variables_of_the_environment_stand_in_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloud = compiled(DEPLOYMENT)
    monkeypatch.setenv("CLOUD_RESOURCE", "east-1")
    monkeypatch.delenv("CLOUD_DEPLOYMENT", raising=False)
    with pytest.raises(RequestError, match=r"CLOUD_DEPLOYMENT, which is not set.*base_url="):
        address_of(cloud)
    for value in ("../up", "a/b", "x?y", "evil.example#", ""):
        monkeypatch.setenv("CLOUD_DEPLOYMENT", value)
        with pytest.raises(RequestError, match="CLOUD_DEPLOYMENT"):
            address_of(cloud)
    monkeypatch.setenv("CLOUD_DEPLOYMENT", "gpt.2")
    assert address_of(cloud) == "https://east-1.cloud.example/deploy/gpt.2/chat/completions"


async def test_a_manifest_that_nobody_named_reads_no_variable_into_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ai-protocol").mkdir()
    write(
        tmp_path / "ai-protocol",
        {key: DEPLOYMENT[key] for key in DEPLOYMENT if key != "availability"},
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLOUD_RESOURCE", "secret")
    monkeypatch.setenv("CLOUD_DEPLOYMENT", "secret")
    host = "${CLOUD_RESOURCE}.cloud.example"
    builder = AiClient.builder().model("cloud/m").api_key("k").allow_host(host)
    async with await builder.build() as client:
        with pytest.raises(RequestError, match="would read CLOUD_RESOURCE") as caught:
            await client.chat().user("Hello?").execute()
    assert "secret" not in str(caught.value)


async def test_an_endpoint_with_an_address_of_its_own_is_refused_where_it_is_used(
    tmp_path: Path,
) -> None:
    def answer(exchange: Exchange) -> None:
        exchange.reply(b'{"data": [{"id": "far-1"}]}', 200, "content-type: application/json\r\n")

    far = ScriptedServer(answer)
    try:
        document = {**DOTTED, "services": {"list_models": {"path": f"{far.url}/models?all=1"}}}
        path = write(tmp_path, document)
        async with MockProvider([Reply(text="Hi")], manifests=[path]) as mock:
            builder = AiClient.builder().protocol_dir(path).model("dotted/m").api_key("k")
            builder = builder.base_url(mock.base_url("dotted"))
            async with await builder.build() as client:
                assert (await client.chat().user("Hello?").execute()).content == "Hi"
                with pytest.raises(HostNotAllowed) as caught:
                    await client.invoke("list_models")
                assert (caught.value.host, far.received) == (f"127.0.0.1:{far.port}", [])
            async with await builder.allow_host(f"127.0.0.1:{far.port}").build() as client:
                assert [model.id for model in await client.models.list()] == ["far-1"]
    finally:
        far.close()
    assert [request.target for request in far.received] == ["/models?all=1"]


def test_an_address_of_its_own_below_the_providers_host_is_used() -> None:
    chat = {"chat": {"path": "https://dotted.example/other/{model}"}}
    assert address_of(compiled({**DOTTED, "endpoints": chat})) == "https://dotted.example/other/m"
    for path in ("https://dotted.example.evil.example/x", "http://dotted.example/x"):
        with pytest.raises(HostNotAllowed):
            address_of(compiled({**DOTTED, "endpoints": {"chat": {"path": path}}}))
    with pytest.raises(RequestError, match=r"no http\(s\) address"):
        address_of(compiled({**DOTTED, "endpoints": {"chat": {"path": "ftp://dotted.example"}}}))


def test_a_manifest_of_replies_alone_reads_them_and_says_what_is_missing() -> None:
    studio = compiled(REPLIES_ONLY)
    assert read_response(studio, b'{"output": "Hello", "status": "done"}').content == "Hello"
    with pytest.raises(RequestError) as caught:
        address_of(studio)
    for part in ("studio_style", "response_paths", "streaming.event_map", "frame_selector"):
        assert part in str(caught.value)
    assert "nothing says how a request is written" in str(caught.value)
    likely = {**REPLIES_ONLY, "response_paths": {"content": "choices[0].message.content"}}
    with pytest.raises(RequestError, match=r"set `dialect: openai_chat` if its requests are"):
        address_of(compiled({key: likely[key] for key in likely if key != "streaming"}))


def test_a_status_that_the_manifest_maps_wins_over_a_vague_word_of_the_body() -> None:
    statuses = {"503": "overloaded", "504": "timeout", "529": "overloaded", "500": "server_error"}
    rules = {"by_http_status": statuses, "by_error_code": {"billing": "quota_exhausted"}}
    base = {**DOTTED, "dialect": "anthropic_messages", "response_paths": None}
    mapped = compiled({**base, "error_classification": rules})
    unmapped = compiled(base)
    cases = [
        (503, "api_error", "overloaded", "server_error"),
        (504, "api_error", "timeout", "server_error"),
        (529, "invalid_request_error", "overloaded", "invalid_request"),
        (503, "rate_limit_error", "rate_limited", "rate_limited"),
        (503, "billing", "quota_exhausted", "overloaded"),
        (500, "invalid_request_error", "invalid_request", "invalid_request"),
        (502, "api_error", "server_error", "server_error"),
    ]
    for status, word, by_manifest, by_dialect in cases:
        body = {"type": "error", "error": {"type": word, "message": "m"}}
        for provider, expected in ((mapped, by_manifest), (unmapped, by_dialect)):
            assert remote_error(provider, status, body).standard_code.name == expected, (
                status,
                word,
            )


def lint(document: dict[str, Any]) -> list[str]:
    text = json.dumps(document)
    problems = lint_document(read_text(text, "public.json"), "public.json", text)
    return [f"{problem.severity} {problem.path}: {problem.message}" for problem in problems]


def test_lint_says_how_they_are_understood() -> None:
    (variables,) = lint(DEPLOYMENT)
    assert variables.startswith("note $.endpoint.base_url: filled from CLOUD_RESOURCE, CLOUD_DEP")
    assert lint(DOTTED) == []
    far = {**DOTTED, "services": {"list_models": {"path": "https://far.example/models"}}}
    (address,) = lint(far)
    assert address.startswith("warning $.services.list_models.path: https://far.example/models is")
    studio = {key: value for key, value in REPLIES_ONLY.items() if key != "termination"}
    problems = [line for line in lint(studio) if "a request is written" in line]
    assert len(problems) == 1
    statuses = {"by_http_status": {"503": "overloaded", "500": "server_error"}}
    document = {**DOTTED, "dialect": "anthropic_messages", "error_classification": statuses}
    (note,) = [line for line in lint(document) if line.startswith("note")]
    assert note.startswith("note $.error_classification.by_http_status: 503 (overloaded): the sta")


def test_a_path_that_does_not_parse_is_still_an_error_with_its_place() -> None:
    with pytest.raises(ProtocolError, match="character"):
        compiled({**BY_REPLY, "response_paths": {"content": "message.content[0"}})
