# Generated from tests/operations/test_recorded.py by codegen; do not edit.
"""Every recorded exchange of a typed operation, both ways: what is sent, and what is read of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ai_lib.request.operations.media import MediaFile
from ai_lib_sync.errors import RemoteError
from ai_lib_sync.operations import (
    ImageClient,
    ModerationClient,
    OcrClient,
    OperationClient,
    OperationClientBuilder,
    RerankClient,
    SpeechClient,
    TranscriptionClient,
)
from ai_lib_sync.resilience import RetryConfig
from tests._sync.operations.conftest import Serve
from tests.operations.recorded import (
    answer,
    body_of,
    check_usage,
    digest,
    file_of,
    needs_recordings,
    recorded,
    reply_json,
    rows,
    sent,
)
from tests.servers.scripted import Exchange, ScriptedServer

# Vendors, or forms of a request, that are not bundled: there is no manifest of theirs.
UNBUNDLED = {"huggingface", "stability", "bfl", "assemblyai", "fireworks", "qwen"}
BY_JOBS = {"fal"}
ROOTS = {
    "cohere": "",
    "deepgram": "/v1",
    "elevenlabs": "/v1",
    "gemini": "/v1beta",
    "groq": "/openai/v1",
}
ROOTS |= {"openrouter": "/api/v1", "zhipu": "/api/paas/v4", "azure": "", "anthropic": "/v1"}
SILENT = RetryConfig(max_retries=0)


def bundled(*families: str) -> list[Any]:
    def is_bundled(row: Any) -> bool:
        if row is None:
            return True
        return row["provider"] not in UNBUNDLED | BY_JOBS and row["operation"] != "score"

    return [entry for entry in rows(*families) if is_bundled(entry.values[0])]


def builder(
    make: OperationClientBuilder[Any], row: dict[str, Any], server: ScriptedServer, model: str
) -> OperationClientBuilder[Any]:
    root = ROOTS.get(row["provider"], "/v1")
    made = make.model(f"{row['provider']}/{model}").api_key("k").base_url(server.url + root)
    return made.with_retry(SILENT)


def expects_error(row: dict[str, Any]) -> Any:
    return row["expect"].get("error")


@pytest.mark.parametrize("row", bundled("rerank"))
def test_documents_are_ranked_as_recorded(row: Any, serve: Serve) -> None:
    body, server = body_of(row), serve(answer(row))
    known = {"model", "query", "documents", "top_n", "top_k", "max_tokens_per_doc"}
    extra = {name: value for name, value in body.items() if name not in known and value is not None}
    made = builder(RerankClient.builder(), row, server, body["model"])
    with made.build() as client:
        top_n = body.get("top_n") or body.get("top_k")
        response = client.rerank(body["query"], body["documents"], top_n, extra=extra)

    assert sent(server.received[0]) == recorded(row)
    assert [[item.index, item.score] for item in response.results] == row["expect"]["results"]
    assert response.documents == [body["documents"][item.index] for item in response.results]
    if row["expect"]["model"]:
        assert response.model == row["expect"]["model"]
    check_usage(response.usage, row["expect"]["usage"])


def speech_arguments(row: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """The model, the text and the other arguments of a recorded speech."""
    body, query = body_of(row), row["request"].get("query") or {}
    provider = row["provider"]
    if provider == "gemini":
        config = body["generationConfig"]["speechConfig"]["voiceConfig"]
        voice = config["prebuiltVoiceConfig"]["voiceName"]
        return body["model"], body["contents"][0]["parts"][0]["text"], {"voice": voice}
    if provider == "deepgram":
        return query["model"], body["text"], {"format": query["encoding"]}
    if provider == "elevenlabs":
        voice = row["request"]["path"].rpartition("/")[2]
        settings = {"stability": body["voice_settings"]["stability"]}
        arguments = {"voice": voice, "format": "mp3", "speed": body["voice_settings"]["speed"]}
        return body["model_id"], body["text"], {**arguments, "extra": {"voice_settings": settings}}
    if provider in ("xai", "minimax"):
        return body.get("model", "grok-tts"), body["text"], {}
    arguments = {"voice": body["voice"], "format": body.get("response_format")}
    return body["model"], body["input"], arguments


@pytest.mark.parametrize("row", bundled("speech"))
def test_a_text_is_spoken_as_recorded(row: Any, serve: Serve) -> None:
    model, text, arguments = speech_arguments(row)
    server, expected = serve(answer(row)), row["expect"]
    with builder(SpeechClient.builder(), row, server, model).build() as client:
        if expects_error(row):
            with pytest.raises(RemoteError) as caught:
                client.speak(text, **arguments)
            assert caught.value.code == str(expected["error"]["code"])
            assert expected["error"]["message"] in str(caught.value)
        elif row["stream"]:
            with client.stream(text, **arguments) as stream:
                data = b"".join([piece for piece in stream])
            assert len(data) == expected["bytes"]
            check_usage(stream.response().usage, expected["usage"])
        else:
            speech = client.speak(text, **arguments)
            assert (len(speech.data), digest(speech.data)) == (
                expected["bytes"],
                expected["sha256"],
            )
            assert speech.media_type == expected["media_type"]
            check_usage(speech.usage, expected.get("usage", {}))
            if "characters" in expected:
                assert speech.usage.units == {"characters": expected["characters"]}

    assert sent(server.received[0]) == recorded(row)


def transcription_arguments(row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The model and the arguments of a recorded transcription."""
    body, query = body_of(row), row["request"].get("query") or {}
    provider = row["provider"]
    if provider == "deepgram":
        return query["model"], {"audio": body["url"] if "url" in body else file_of(row)}
    name = next(part["filename"] for part in row["request"]["form"] if "filename" in part)
    arguments: dict[str, Any] = {"audio": MediaFile(content=file_of(row), filename=name)}
    arguments["language"] = body.get("language")
    if body.get("response_format") == "diarized_json" or body.get("diarize"):
        arguments["speakers"] = True
    elif "timestamp_granularities[]" in body:
        arguments["timestamps"] = body["timestamp_granularities[]"]
    elif "response_format" in body:
        arguments["format"] = body["response_format"]
    return body.get("model") or body.get("model_id") or "stt", arguments


@pytest.mark.parametrize("row", bundled("transcribe"))
def test_a_sound_is_written_down_as_recorded(row: Any, serve: Serve) -> None:
    model, arguments = transcription_arguments(row)
    server, expected = serve(answer(row)), row["expect"]
    with builder(TranscriptionClient.builder(), row, server, model).build() as client:
        if row["stream"]:
            arguments.pop("timestamps", None)
            with client.stream(**arguments) as stream:
                pieces = [piece for piece in stream]
            assert pieces
            response = stream.response()
        else:
            response = client.transcribe(**arguments)

    assert sent(server.received[0]) == recorded(row)
    assert response.text == expected["text"].strip()
    for name in ("language", "duration", "speakers"):
        if name in expected:
            actual = getattr(response, name)
            assert (
                list(actual) == expected[name] if name == "speakers" else actual == expected[name]
            )
    for name in ("words", "segments"):
        if name in expected:
            assert len(getattr(response, name)) == expected[name], name
    check_usage(response.usage, expected.get("usage", {}))


@needs_recordings
def test_a_sound_is_written_down_by_a_job_as_recorded(serve: Serve) -> None:
    every = [entry.values[0] for entry in rows("transcribe")]
    begun, done = (row for row in every if row["provider"] in BY_JOBS)

    def reply(exchange: Exchange) -> None:
        row = begun if exchange.received.method == "POST" else done
        host = f"https://{row['request']['host']}"
        answer(json.loads(json.dumps(row).replace(host, server.url)))(exchange)

    server = serve(reply)
    made = TranscriptionClient.builder().model("fal/fal-ai/wizper").api_key("k")
    sound = base64.b64decode(begun["request"]["body"]["audio_url"].partition(",")[2])
    with made.base_url(server.url).with_retry(SILENT).build() as client:
        response = client.transcribe(sound)

    # The address of the job's state, which has the result in the recording, and that of the result.
    assert [sent(one) for one in server.received] == [recorded(row) for row in (begun, done, done)]
    assert {one.headers["authorization"] for one in server.received} == {"Key k"}
    expected = done["expect"]
    assert (response.text, response.language) == (expected["text"], expected["language"])
    assert [segment.end for segment in response.segments] == [2.508]


def test_a_job_that_fails_is_cancelled_when_it_is_left(serve: Serve) -> None:
    """https://fal.ai/docs/model-endpoints/queue"""

    def reply(exchange: Exchange) -> None:
        if exchange.received.method == "POST":
            reply_json(exchange, {"request_id": "r", "status": "IN_QUEUE"})
        elif exchange.received.method == "PUT":
            reply_json(exchange, {"status": "CANCELLATION_REQUESTED"})
        else:
            reply_json(exchange, {"detail": "no such request"}, 404)

    server = serve(reply)
    made = TranscriptionClient.builder().model("fal/fal-ai/wizper").api_key("k")
    with made.base_url(server.url).with_retry(SILENT).build() as client:
        with pytest.raises(RemoteError, match="no such request"):
            client.transcribe(b"RIFF0000WAVE")

    assert [(one.method, one.target) for one in server.received] == [
        ("POST", "/fal-ai/wizper"),
        ("GET", "/fal-ai/wizper/requests/r/status"),
        ("PUT", "/fal-ai/wizper/requests/r/cancel"),
    ]


def image_arguments(row: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """The method, the model and the arguments of a recorded image."""
    body = body_of(row)
    provider = row["provider"]
    model = body.get("model") or row["request"]["path"].split("/")[3].partition(":")[0]
    if provider == "gemini":
        parameters = body["parameters"]
        prompt = body["instances"][0]["prompt"]
        count, ratio = parameters["sampleCount"], parameters["aspectRatio"]
        return "generate", model, {"prompt": prompt, "count": count, "aspect_ratio": ratio}
    arguments = {"prompt": body.get("prompt"), "count": body.get("n") and int(body["n"])}
    arguments |= {name: body[name] for name in ("size", "quality", "aspect_ratio") if name in body}
    if row["operation"] == "images.vary":
        del arguments["prompt"]
        return "vary", "dall-e-2", {**arguments, "image": file_of(row)}
    if "form" in row["request"]:
        files = [part for part in row["request"]["form"] if "filename" in part]
        images = [file_of(row, number) for number in range(len(files))]
        return "edit", model, {**arguments, "images": images}
    if "images" in body:
        return "edit", model, {**arguments, "images": [one["image_url"] for one in body["images"]]}
    if "input_references" in body:
        images = [one["image_url"]["url"] for one in body["input_references"]]
        return "edit", model, {**arguments, "images": images}
    if "response_format" in body and provider == "openai":
        arguments["extra"] = {"response_format": body["response_format"]}
    return "generate", model, arguments


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in bundled("images")
        if row.values[0] and row.values[0]["operation"] != "media.content"
    ],
)
def test_images_are_made_as_recorded(row: Any, serve: Serve) -> None:
    method, model, arguments = image_arguments(row)
    server, expected = serve(answer(row)), row["expect"]
    with builder(ImageClient.builder(), row, server, model).build() as client:
        if expects_error(row):
            with pytest.raises(RemoteError) as caught:
                getattr(client, method)(**arguments)
            error = expected["error"]
            assert (caught.value.status_code, caught.value.code) == (error["status"], error["code"])
            assert caught.value.type == error["type"]
        elif row["stream"]:
            del arguments["count"]
            with client.stream(previews=1, **arguments) as stream:
                images = [image for image in stream]
            assert [image.is_preview for image in images] == [True, False]
            check_images(stream.response(), expected)
        else:
            check_images(getattr(client, method)(**arguments), expected)

    check_image_request(sent(server.received[0]), recorded(row))


@needs_recordings
def test_content_at_an_address_is_fetched_as_recorded(serve: Serve) -> None:
    every = [entry.values[0] for entry in bundled("images")]
    content = next(row for row in every if row["operation"] == "media.content")
    path = content["request"]["path"]
    made = next(row for row in every if path in row["response"].get("body", ""))
    host = content["request"]["host"]

    def reply(exchange: Exchange) -> None:
        if exchange.received.method == "GET":
            answer(content)(exchange)
        else:
            text = made["response"]["body"].replace(f"https://{host}", server.url)
            reply_json(exchange, json.loads(text))

    server = serve(reply)
    method, model, arguments = image_arguments(made)
    with builder(ImageClient.builder(), made, server, model).build() as client:
        response = getattr(client, method)(**arguments)
        data = response.first.read()

    assert sent(server.received[1]) == recorded(content)
    assert "authorization" not in server.received[1].headers
    expected = content["expect"]
    assert (len(data), digest(data)) == (expected["bytes"], expected["sha256"])
    assert response.first.media_type == expected["media_type"]


def check_images(response: Any, expected: dict[str, Any]) -> None:
    assert len(response.images) == len(expected["images"])
    for image, wanted in zip(response.images, expected["images"], strict=True):
        if "url" in wanted:
            assert image.url == wanted["url"]
        else:
            assert (len(image.data), digest(image.data)) == (wanted["bytes"], wanted["sha256"])
        if "media_type" in wanted:
            assert image.media_type == wanted["media_type"]
    prompts = expected.get("revised_prompts", [None] * len(response.images))
    assert [image.revised_prompt for image in response.images] == prompts
    assert response.refused == expected.get("refused", 0)
    check_usage(response.usage, expected.get("usage", {}))


def check_image_request(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    """The recorded form numbers its images, ours has the name that the vendor documents."""
    if "files" in expected:
        expected["files"] = [
            ("image[]" if name.startswith("image[") else name, data)
            for name, data in expected["files"]
        ]
        if "variations" in expected["path"]:
            expected["fields"]["model"] = "dall-e-2"  # the recorded one leaves out the only model
    assert actual == expected


@pytest.mark.parametrize("row", bundled("moderate"))
def test_content_is_moderated_as_recorded(row: Any, serve: Serve) -> None:
    body, server, expected = body_of(row), serve(answer(row)), row["expect"]
    made = builder(ModerationClient.builder(), row, server, body.get("model", "text-moderation"))
    with made.build() as client:
        response = client.moderate(body["input"])

    wanted = recorded(row)
    wanted["body"].setdefault("model", "text-moderation")  # the vendor's default, left out
    assert sent(server.received[0]) == wanted
    assert response.model == expected["model"]
    for result, wanted_result in zip(response.results, expected["results"], strict=True):
        assert result.flagged is wanted_result["flagged"]
        assert result.flagged_categories == wanted_result["categories"]
        name, score = wanted_result["top_score"]
        assert result.scores[name] == score == max(result.scores.values())


@pytest.mark.parametrize("row", bundled("ocr"))
def test_documents_are_read_as_recorded(row: Any, serve: Serve) -> None:
    body, server, expected = body_of(row), serve(answer(row)), row["expect"]
    with builder(OcrClient.builder(), row, server, body["model"]).build() as client:
        response = client.read(body["document"]["document_url"], body["pages"])

    assert sent(server.received[0]) == recorded(row)
    assert [
        {"index": page.index, "characters": len(page.markdown), "images": len(page.images)}
        for page in response.pages
    ] == expected["pages"]
    check_usage(response.usage, expected["usage"])


def test_every_client_can_be_built_beside_another(serve: Serve) -> None:
    server = serve(lambda exchange: exchange.reply())
    made = SpeechClient.builder().model("openai/tts-1").api_key("k").base_url(server.url)
    with made.build() as client:
        kinds: list[type[OperationClient]] = [RerankClient, ImageClient, OcrClient]
        for kind in kinds:
            beside = kind.beside(client, "openai/another")
            assert (beside.model, beside.provider_id) == ("another", "openai")
            beside.close()
