# Generated from tests/operations/test_recorded_services.py by codegen; do not edit.
"""Recorded exchanges of what belongs to a provider: files, models, counts, batches and videos."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ai_lib_sync import AiClient
from ai_lib_sync.errors import AiLibError, JobFailed, RemoteError
from ai_lib_sync.operations import VideoClient
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.types import ChatRequest, Message, ToolDefinition
from tests._sync.operations.conftest import Serve
from tests.operations.recorded import (
    FOLDER,
    answer,
    body_of,
    digest,
    needs_recordings,
    recorded,
    reply_json,
    sent,
)
from tests.servers.scripted import Exchange, ScriptedServer

ROOTS = {"gemini": "/v1beta", "cohere": "", "vertexai": "/v1beta1", "vllm": "/v1"}
SILENT = RetryConfig(max_retries=0)
Check = Callable[[AiClient, dict[str, Any]], None]


class Recorded:
    """A server that gives the responses of recordings, one row at a time."""

    def __init__(self, serve: Serve) -> None:
        self.row: dict[str, Any] = {}
        self.server: ScriptedServer = serve(self.reply)

    def reply(self, exchange: Exchange) -> None:
        """Give the recorded response; addresses of the vendor become those of this server."""
        row = json.loads(
            json.dumps(self.row).replace("https://generativelanguage.googleapis.com", self.url)
        )
        answer(row)(exchange)

    @property
    def url(self) -> str:
        return self.server.url

    def request(self) -> dict[str, Any]:
        """The only request that came for this row; a `beta` of the vendor's client says nothing."""
        seen = [sent(one) for one in self.server.received]
        self.server.received.clear()
        assert len(seen) == 1, seen
        return seen[0]


def list_rows(family: str, *operations: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate((FOLDER / f"{family}.jsonl").read_text().splitlines()):
        row = json.loads(line)
        row["request"].get("query", {}).pop("beta", None)
        if not operations or row["operation"] in operations:
            yield number, row


def check_rows(
    recordings: Recorded,
    rows: Iterator[tuple[int, dict[str, Any]]],
    model_of: Callable[[dict[str, Any]], str],
    check: Callable[[AiClient, dict[str, Any]], dict[str, Any] | None],
) -> None:
    """Check each row both ways; `check` returns the request that was recorded, to be compared."""
    offenders: list[str] = []
    for number, row in rows:
        recordings.row = row
        root = ROOTS.get(row["provider"], "/v1")
        builder = AiClient.builder().model(model_of(row)).api_key("k").with_retry(SILENT)
        try:
            with builder.base_url(recordings.url + root).build() as client:
                expected = check(client, row)
            actual = recordings.request()
            assert actual == (expected or recorded(row))
        except (AssertionError, AiLibError, KeyError, TypeError) as error:
            recordings.server.received.clear()
            offenders.append(f"{number} {row['provider']} {row['operation']}: {error!r:.600}")
    assert not offenders, "\n".join(offenders)


@pytest.fixture
def recordings(serve: Serve) -> Recorded:
    return Recorded(serve)


@needs_recordings
def test_files_are_found_as_recorded(recordings: Recorded) -> None:
    def check(client: AiClient, row: dict[str, Any]) -> None:
        expected, path = row["expect"], row["request"]["path"]
        if row["operation"] == "files.list":
            purpose = (row["request"].get("query") or {}).get("purpose")
            listed = [file.id for file in client.files.list(purpose)]
            assert listed == expected["ids"]
        elif row["operation"] == "files.get":
            stored = client.files.get(path.rpartition("/")[2])
            assert (stored.id, stored.filename) == (expected["id"], expected["filename"])
            assert (stored.bytes, stored.state) == (expected["bytes"], expected["state"])

    rows = list_rows("files", "files.list", "files.get")
    check_rows(recordings, rows, lambda row: f"{row['provider']}/m", check)


@needs_recordings
def test_a_download_is_followed_as_recorded(recordings: Recorded) -> None:
    first, second = [row for _, row in list_rows("files") if row["provider"] == "gemini"]
    rows = [first, second]

    def reply(exchange: Exchange) -> None:
        recordings.row = rows.pop(0)
        recordings.reply(exchange)

    recordings.server.script = reply
    url = f"{recordings.url}/v1beta"
    with AiClient.create("gemini/m", api_key="k", base_url=url) as client:
        data = client.files.content("files/zqw12cp8qc38")

    assert [sent(one) for one in recordings.server.received] == [
        recorded(first),
        recorded(second),
    ]
    assert (len(data), digest(data)) == (second["expect"]["bytes"], second["expect"]["sha256"])


def test_a_file_goes_up_in_two_steps(serve: Serve) -> None:
    """https://ai.google.dev/api/files#method:-media.upload"""

    def reply(exchange: Exchange) -> None:
        if exchange.received.headers["x-goog-upload-command"] == "start":
            address = f"{server.url}/upload/v1beta/files?upload_id=1"
            exchange.reply(b"", headers=f"x-goog-upload-url: {address}\r\n")
        else:
            uri = "https://generativelanguage.googleapis.com/v1beta/files/a"
            file = {"name": "files/a", "uri": uri, "sizeBytes": "11", "state": "ACTIVE"}
            body = json.dumps({"file": file}).encode()
            exchange.reply(body, headers="content-type: application/json\r\n")

    server = serve(reply)
    url = f"{server.url}/v1beta"
    with AiClient.create("gemini/m", api_key="k", base_url=url) as client:
        stored = client.files.upload(b"%PDF-1.4 ..")

    first, second = server.received
    assert (first.method, first.target) == ("POST", "/upload/v1beta/files")
    assert first.headers["x-goog-upload-protocol"] == "resumable"
    assert first.headers["x-goog-upload-header-content-length"] == "11"
    assert first.headers["x-goog-upload-header-content-type"] == "application/pdf"
    assert json.loads(first.body) == {"file": {"display_name": "upload.pdf"}}
    assert (second.method, second.target) == ("POST", "/upload/v1beta/files?upload_id=1")
    assert second.headers["x-goog-upload-command"] == "upload, finalize"
    assert second.headers["x-goog-upload-offset"] == "0"
    assert second.body == b"%PDF-1.4 .."
    assert (stored.id, stored.bytes, stored.state) == ("files/a", 11, "ACTIVE")
    assert stored.url == "https://generativelanguage.googleapis.com/v1beta/files/a"


def test_a_file_does_not_go_to_another_host(serve: Serve) -> None:
    other = serve(lambda exchange: exchange.reply())
    address = f"x-goog-upload-url: {other.url}/upload\r\n"
    server = serve(lambda exchange: exchange.reply(b"", headers=address))
    url = f"{server.url}/v1beta"
    with AiClient.create("gemini/m", api_key="k", base_url=url) as client:
        with pytest.raises(AiLibError, match="another host"):
            client.files.upload(b"%PDF-1.4 ..")

    assert not other.received


@needs_recordings
def test_models_are_described_as_recorded(recordings: Recorded) -> None:
    def check(client: AiClient, row: dict[str, Any]) -> dict[str, Any] | None:
        expected, wanted = row["expect"], recorded(row)
        if row["operation"] == "models.list":
            models = client.models.list()
            assert [model.id for model in models] == list(dict.fromkeys(expected["ids"]))
        elif "error" in expected:
            with pytest.raises(RemoteError) as caught:
                client.models.get(wanted["path"].rpartition("/")[2])
            assert (caught.value.status_code, caught.value.code) == (400, "test")
            assert "Test error" in str(caught.value)
        else:
            model = client.models.get(wanted["path"].rpartition("/")[2])
            assert model.id == expected["id"]
        return None

    rows = ((n, row) for n, row in list_rows("models") if not row.get("synthetic"))
    check_rows(recordings, rows, lambda row: f"{row['provider']}/m", check)


_AS_THEY_ARE = {"thinking", "cache_control", "tool_choice"}


def read_request(row: dict[str, Any]) -> ChatRequest:
    """The chat whose tokens were counted."""
    body = body_of(row)
    body = body.get("generateContentRequest", body)
    if "text" in body:
        return ChatRequest(messages=(Message.user(body["text"]),))
    parts = body.get("messages") or body["contents"]
    texts = [_find_text(part) for part in parts]
    system = body.get("system") or (body.get("systemInstruction") or {}).get("parts") or ()
    extra = {name: body[name] for name in _AS_THEY_ARE & body.keys()}
    if any("input_schema" not in tool for tool in body.get("tools", ()) if "name" in tool):
        extra["tools"] = body["tools"]
    entries = () if "tools" in extra else body.get("tools", ())
    if any("googleSearch" in tool for tool in entries):
        extra["tools"], entries = entries, ()
    settings = body.get("generationConfig") or {}
    parameters = {"max_tokens": settings["max_output_tokens"]} if settings else {}
    tools = [tool for entry in entries for tool in _list_functions(entry)]
    return ChatRequest(
        messages=(
            *(Message.system(part["text"]) for part in _list_parts(system)),
            *(Message.user(text) for text in texts),
        ),
        tools=tuple(tools),
        parameters=parameters,
        extra=extra,
    )


def _list_parts(content: Any) -> list[dict[str, Any]]:
    return [{"text": content}] if isinstance(content, str) else list(content)


def _find_text(message: dict[str, Any]) -> str:
    content = message.get("content") or message.get("parts")
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _list_functions(entry: dict[str, Any]) -> Iterator[ToolDefinition]:
    for function in entry.get("functionDeclarations", [entry]):
        schema = function.get("parameters") or function["input_schema"]
        yield ToolDefinition(
            name=function["name"], description=function["description"], parameters=schema
        )


@needs_recordings
def test_tokens_are_counted_as_recorded(
    recordings: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(client: AiClient, row: dict[str, Any]) -> dict[str, Any] | None:
        expected, wanted, request = row["expect"], recorded(row), read_request(row)
        if "error" in expected:
            with pytest.raises(RemoteError, match="is not found") as caught:
                client.models.count_tokens(request)
            assert caught.value.status_code == expected["error"]["status"]
        else:
            assert client.models.count_tokens(request) == expected["tokens"]
        if isinstance(wanted["body"].get("system"), list):
            # A system prompt is a text here, there a list of one.
            wanted["body"]["system"] = wanted["body"]["system"][0]["text"]
        for message in wanted["body"].get("messages", ()):
            if isinstance(message["content"], str):
                message["content"] = [{"type": "text", "text": message["content"]}]
        if row["provider"] == "gemini":
            # The vendor has two names for the schema of a function.
            wanted = json.loads(
                json.dumps(wanted).replace('"parameters"', '"parametersJsonSchema"')
            )
        if row["provider"] == "gemini" and "contents" in wanted["body"]:
            # The whole request is what this client has counted; contents alone are the same.
            model = f"models/{wanted['path'].split('/')[3].partition(':')[0]}"
            wanted["body"] = {"generateContentRequest": {"model": model, **wanted["body"]}}
        return fit_vertex(wanted) if row["provider"] == "vertexai" else wanted

    def model_of(row: dict[str, Any]) -> str:
        path = row["request"]["path"].rpartition("/")[2].partition(":")[0]
        return f"{row['provider']}/{body_of(row).get('model') or path}"

    for name in ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"):
        monkeypatch.setenv(name, name.rpartition("_")[2].lower())
    rows = ((number, row) for number, row in list_rows("count_tokens") if not row.get("synthetic"))
    check_rows(recordings, rows, model_of, check)


def fit_vertex(wanted: dict[str, Any]) -> dict[str, Any]:
    """The recorded request with the environment's place, and without what says nothing."""
    publisher = wanted["path"].partition("/publishers/")[2]
    path = f"/v1beta1/projects/project/locations/location/publishers/{publisher}"
    body = wanted["body"]
    settings = body.pop("generationConfig", {})
    if settings:
        body["generationConfig"] = {"maxOutputTokens": settings["max_output_tokens"]}
    body.get("systemInstruction", {}).pop("role", None)
    for tool in body.get("tools", ()):
        for function in tool.get("functionDeclarations", ()):
            function["parametersJsonSchema"] = function.pop("parameters")
            if not function["description"]:
                del function["description"]
    return {**wanted, "path": path}


def test_tokens_of_a_partner_are_counted_at_one_address(
    recordings: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/count-tokens"""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "project")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "us-east5")
    recordings.server.script = lambda exchange: reply_json(exchange, {"input_tokens": 14})
    url = recordings.url + "/v1beta1"
    with AiClient.create("vertex/claude-opus-4-1", api_key="k", base_url=url) as client:
        count = client.models.count_tokens(client.chat().user("how many tokens?").build())

    assert count == 14
    text = {"type": "text", "text": "how many tokens?"}
    assert recordings.request() == {
        "method": "POST",
        "path": "/v1beta1/projects/project/locations/us-east5/publishers/anthropic/models/"
        "count-tokens:rawPredict",
        "query": {},
        "body": {
            "model": "claude-opus-4-1",
            "messages": [{"role": "user", "content": [text]}],
        },
    }


STATES = {"pending": "running", "running": "running", "completed": "succeeded"}


@needs_recordings
def test_batches_are_told_as_recorded(recordings: Recorded) -> None:
    def check(client: AiClient, row: dict[str, Any]) -> dict[str, Any] | None:
        expected, wanted = row["expect"], recorded(row)
        batch_id = row["request"]["path"].removeprefix("/v1beta/").rpartition("batches/")
        name = "".join(batch_id[1:]) if row["provider"] == "gemini" else batch_id[2]
        status = client.batches.get(name.rpartition("jobs/")[2]).status()
        assert status.id == expected["id"]
        assert (STATES[status.state], list(status.files)) == (expected["state"], expected["files"])
        wanted["query"] = {}  # one asked for results as well, which come by themselves
        return wanted

    rows = list_rows("batches", "batches.status")
    check_rows(recordings, rows, lambda row: f"{row['provider']}/m", check)


@needs_recordings
def test_batches_of_stored_files_are_created_as_recorded(recordings: Recorded) -> None:
    def check(client: AiClient, row: dict[str, Any]) -> None:
        body = body_of(row)
        batch = client.batches.create(body["input_file_id"], body["endpoint"])
        assert batch.id == row["expect"]["id"]

    rows = (
        (number, row)
        for number, row in list_rows("batches", "batches.create")
        if row["provider"] == "openai"
    )
    check_rows(recordings, rows, lambda row: f"{row['provider']}/m", check)


PROMPTS = (
    "What is 2 + 2? Just the number.",
    "Name the largest planet in our solar system. One word.",
)
CREATED = {
    "gemini": ("gemini/gemini-2.5-flash", {"generationConfig": {}}),
    "mistral": ("mistral/mistral-small-latest", {}),
    "xai": ("xai/grok-4.3", {"store": False, "include": ["reasoning.encrypted_content"]}),
}


@needs_recordings
@pytest.mark.parametrize("provider", list(CREATED))
def test_batches_are_created_as_recorded(provider: str, recordings: Recorded) -> None:
    model, extra = CREATED[provider]
    rows = [
        row
        for _, row in list_rows("batches", "batches.create", "batches.add")
        if row["provider"] == provider
    ]
    left = list(rows)

    def reply(exchange: Exchange) -> None:
        answer(left.pop(0))(exchange)

    recordings.server.script = reply
    builder = AiClient.builder().model(model).api_key("k").with_retry(SILENT)
    if provider == "xai":
        builder = builder.api_family("responses")
    requests = [ChatRequest(messages=(Message.user(prompt),), extra=extra) for prompt in PROMPTS]
    url = recordings.url + ROOTS.get(provider, "/v1")
    with builder.base_url(url).build() as client:
        batch = client.batches.submit(requests, name=_find_name(rows[0]))

    assert batch.id == rows[0]["expect"]["id"]
    text = json.dumps([sent(one) for one in recordings.server.received]).replace("item-", "")
    assert json.loads(text) == [recorded(row) for row in rows]


def _find_name(row: dict[str, Any]) -> str | None:
    body = body_of(row)
    return body.get("name") or (body.get("batch") or {}).get("displayName")


@needs_recordings
def test_results_of_batches_are_read_as_recorded(recordings: Recorded) -> None:
    """Inline, from a page of JSON, and of which each is read as a chat."""
    rows = [row for _, row in list_rows("batches", "batches.status", "batches.results")]
    for provider, (model, _) in CREATED.items():
        mine = [row for row in rows if row["provider"] == provider]
        status = next(row for row in mine if row["expect"].get("state") == "succeeded")
        results = [row for row in mine if row["operation"] == "batches.results"]
        left = [status, *results]

        def reply(exchange: Exchange, left: list[Any] = left) -> None:
            answer(left.pop(0))(exchange)

        recordings.server.script = reply
        url = recordings.url + ROOTS.get(provider, "/v1")
        with AiClient.create(model, api_key="k", base_url=url) as client:
            result = client.batches.get(status["expect"]["id"]).results()
        assert [one.text for one in result.get_successful_results()] == ["4", "Jupiter"], provider
        assert result.all_successful
        assert not left
    last = recordings.server.received[-1]
    assert sent(last) == recorded(results[-1])


@needs_recordings
def test_videos_are_made_as_recorded(serve: Serve) -> None:
    rows = [row for _, row in list_rows("videos") if row["provider"] == "gemini"]
    left = list(rows)
    server = serve(lambda exchange: answer(left.pop(0))(exchange))
    body = rows[0]["request"]["body"]
    model = rows[0]["request"]["path"].split("/")[3].partition(":")[0]
    builder = VideoClient.builder().model(f"gemini/{model}").api_key("k")
    with builder.base_url(f"{server.url}/v1beta").build() as client:
        seconds = body["parameters"]["durationSeconds"]
        job = client.generate(body["instances"][0]["prompt"], seconds=seconds)
        assert job.id == rows[0]["expect"]["job"]
        states: list[str] = []
        response = job.wait(progress=lambda it: states.append(it.state), poll_seconds=0)

    assert states == [row["expect"]["state"] for row in rows[1:]]
    assert [video.url for video in response.videos] == rows[-1]["expect"]["urls"]
    assert [sent(one) for one in server.received] == [recorded(row) for row in rows]


@needs_recordings
def test_a_video_that_was_refused_is_an_error(serve: Serve) -> None:
    row = next(
        row for _, row in list_rows("videos", "videos.status") if row["provider"] == "openai"
    )
    server = serve(answer(row))
    url = f"{server.url}/v1"
    with VideoClient.create("openai/sora-2", "k", url) as client:
        with pytest.raises(JobFailed, match="blocked by our moderation") as caught:
            client.job("video_1").wait()

    assert (caught.value.job_id, caught.value.state) == ("video_1", "failed")
    assert sent(server.received[0]) == recorded(row)
