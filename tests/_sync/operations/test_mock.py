# Generated from tests/operations/test_mock.py by codegen; do not edit.
"""Every operation of the bundled providers, against the mock provider's side of the same shapes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ai_lib_sync.errors import BudgetExceeded, CapabilityError, RemoteError
from ai_lib_sync.operations import (
    ImageClient,
    JobStatus,
    ModerationClient,
    OcrClient,
    RerankClient,
    SpeechClient,
    TranscriptionClient,
    VideoClient,
)
from ai_lib_sync.testing import MockProvider, Reply

KEY = "mock-key"


def base_url(mock: MockProvider, model: str) -> str:
    return mock.base_url(model.partition("/")[0])


DOCUMENTS = ["a cat sleeps", "a dog and a cat run", "nothing"]


@pytest.mark.parametrize(
    "provider", ["cohere", "jina", "voyage", "together", "siliconflow", "vllm"]
)
def test_documents_are_ranked_by_shared_words(provider: str) -> None:
    with MockProvider() as mock:
        url = mock.base_url(provider)
        with RerankClient.create(f"{provider}/ranker", KEY, url) as client:
            response = client.rerank("dog run", DOCUMENTS, 2)

    assert [(item.index, item.score) for item in response.results] == [(1, 1.0), (0, 0.0)]
    assert response.documents == [DOCUMENTS[1], DOCUMENTS[0]]


@pytest.mark.parametrize(
    "provider",
    ["openai", "groq", "openrouter", "xai", "gemini", "minimax", "elevenlabs", "deepgram"],
)
def test_a_text_is_spoken_whole_and_as_it_comes(provider: str, tmp_path: Path) -> None:
    text = "A text of some length, so that the tone lasts."
    with MockProvider() as mock:
        url = mock.base_url(provider)
        with SpeechClient.create(f"{provider}/voice-model", KEY, url) as client:
            speech = client.speak(text, voice="a")
            assert len(speech.data) > 100 * len(text)
            saved = speech.save(tmp_path / "speech")
            assert saved.read_bytes() == speech.data
            with client.stream(text, voice="a") as stream:
                streamed = stream.save(tmp_path / "streamed")
            assert streamed.read_bytes() == speech.data
            assert streamed.suffix == saved.suffix


@pytest.mark.parametrize(
    "provider", ["openai", "groq", "mistral", "openrouter", "xai", "elevenlabs", "deepgram", "fal"]
)
def test_a_sound_is_written_down(provider: str) -> None:
    with MockProvider([Reply(text="What was said.")]) as mock:
        url = mock.base_url(provider)
        with TranscriptionClient.create(f"{provider}/ear", KEY, url) as client:
            response = client.transcribe(b"RIFF0000WAVE", "en")

    assert response.text == "What was said."


def test_a_transcription_comes_in_pieces() -> None:
    with MockProvider([Reply(text="What was said.")]) as mock:
        url = mock.base_url("openai")
        with TranscriptionClient.create("openai/ear", KEY, url) as client:
            with client.stream(b"RIFF0000WAVE") as stream:
                pieces = [piece.text for piece in stream]

    assert pieces == ["What", " was", " said."]
    assert stream.response().text == "What was said."


@pytest.mark.parametrize(
    "model",
    ["openai/gpt-image-1", "xai/m", "gemini/imagen-4", "gemini/gemini-3-image", "minimax/m"],
)
def test_images_have_the_size_asked_for(model: str, tmp_path: Path) -> None:
    with MockProvider() as mock:
        with ImageClient.create(model, KEY, base_url(mock, model)) as client:
            response = client.generate("an otter", size="32x16")
            path = response.first.save(tmp_path / "otter")

    assert path.suffix == ".png"
    assert response.first.to_block().media_type == "image/png"
    assert (response.first.read()).startswith(b"\x89PNG")


def test_images_are_changed_and_previewed() -> None:
    with MockProvider() as mock:
        url = mock.base_url("openai")
        with ImageClient.create("openai/gpt-image-2", KEY, url) as client:
            first = (client.generate("an otter", 2)).images
            edited = client.edit("a hat", [image.to_block() for image in first])
            with client.stream("an otter", previews=1) as stream:
                kinds = [image.is_preview for image in stream]

    assert len(first) == 2
    assert len(edited) == 1
    assert kinds == [True, False]


@pytest.mark.parametrize("provider", ["openai", "mistral"])
def test_content_is_moderated(provider: str) -> None:
    with MockProvider() as mock:
        url = mock.base_url(provider)
        with ModerationClient.create(f"{provider}/judge", KEY, url) as client:
            response = client.moderate(["I will hurt you", "a fine day"])

    assert [result.flagged for result in response.results] == [True, False]
    assert response.results[0].flagged_categories == ["violence"]


def test_documents_are_read() -> None:
    with MockProvider() as mock:
        url = mock.base_url("mistral")
        with OcrClient.create("mistral/mistral-ocr-latest", KEY, url) as client:
            response = client.read(b"%PDF-1.4 ...", [0, 2])

    assert [page.index for page in response.pages] == [0, 2]
    assert response.usage.units == {"pages": 2}


@pytest.mark.parametrize("provider", ["openai", "xai", "gemini", "minimax"])
def test_a_video_is_done_at_the_second_poll(provider: str, tmp_path: Path) -> None:
    states: list[str] = []

    def note(status: JobStatus) -> None:
        states.append(status.state)

    with MockProvider() as mock:
        url = mock.base_url(provider)
        with VideoClient.create(f"{provider}/director", KEY, url) as client:
            job = client.generate("a wave", seconds=4)
            response = client.job(job.id).wait(progress=note, poll_seconds=0)
            path = response.first.save(tmp_path / "wave")

    assert states == ["running", "succeeded"]
    assert path.read_bytes()[4:8] == b"ftyp"
    assert path.suffix == ".mp4"


BATCHING = ["openai", "anthropic", "gemini", "mistral", "xai", "groq", "together"]


@pytest.mark.parametrize("provider", BATCHING)
def test_a_batch_is_done_at_the_second_poll(provider: str) -> None:
    replies = [Reply(text="four"), Reply(text="Jupiter")]
    with MockProvider() as mock:
        with mock.client(f"{provider}/m") as client:
            batch = client.batches.submit(["2 + 2?", "the largest planet?"])
            assert not (batch.status()).is_over
            mock.enqueue(*replies)
            status = client.batches.get(batch.id).wait(poll_seconds=0)
            listed = [one.id for one in client.batches.list()]
            result = batch.results()

    assert (status.state, listed) == ("completed", [batch.id])
    assert [response.text for response in result.get_successful_results()] == ["four", "Jupiter"]


def test_a_batch_of_stored_lines_gives_lines() -> None:
    line = {"custom_id": "a", "body": {"input": ["one"]}}
    with MockProvider() as mock:
        with mock.client("voyage/voyage-3.5") as client:
            file = client.files.upload(msgspec.json.encode(line), "batch")
            batch = client.batches.create(file.id, "/v1/embeddings")
            batch.wait(poll_seconds=0)
            lines = [one for one in batch.iterate_lines()]

    assert [one["custom_id"] for one in lines] == ["a"]  # type: ignore[index, call-overload]


@pytest.mark.parametrize("model", ["anthropic/claude-opus-5-5", "cerebras/m"])
def test_what_a_provider_does_not_declare_is_not_sent(model: str) -> None:
    with MockProvider() as mock:
        with SpeechClient.create(model, KEY, base_url(mock, model)) as client:
            with pytest.raises(CapabilityError, match="tts"):
                client.speak("hello", voice="a")
        with OcrClient.create(model, KEY, base_url(mock, model)) as reader:
            with pytest.raises(CapabilityError, match="ocr"):
                reader.read(b"%PDF")

    assert not mock.requests


def test_the_mock_provider_refuses_as_scripted() -> None:
    with MockProvider([Reply(status=429, error="slow down")]) as mock:
        url = mock.base_url("elevenlabs")
        builder = SpeechClient.builder().model("elevenlabs/m").api_key(KEY).base_url(url)
        with builder.timeout(5).build() as client:
            speech = client.speak("again", voice="v")
            assert [attempt.ended for attempt in speech.attempts] == ["rate_limited", "answered"]
            mock.enqueue(Reply(status=422, error="no such voice", code="voice_not_found"))
            with pytest.raises(RemoteError, match="no such voice"):
                client.speak("again", voice="v")


def test_a_transcription_by_a_job_without_a_price_is_refused_by_a_budget() -> None:
    with MockProvider() as mock:
        builder = TranscriptionClient.builder().model("fal/fal-ai/wizper").api_key(KEY)
        made = builder.base_url(mock.base_url("fal")).budget(limit=1.0)
        with made.build() as client:
            with pytest.raises(BudgetExceeded, match="price of fal/fal-ai/wizper is unknown"):
                client.transcribe(b"RIFF0000WAVE")
    assert mock.requests == []
