# Generated from tests/client/test_media.py by codegen; do not edit.
"""Media on its way to a provider: what arrives is what the manifest allows."""

import sys
from pathlib import Path

import pytest

from ai_lib_sync import AiClient, ContentBlock, Message
from ai_lib_sync.errors import CapabilityError, MediaError
from ai_lib_sync.testing import MockProvider, Reply
from tests.request.samples import content, heard, opened, picture, sound

HOUSE = """
id: house
protocol_version: "2.0"
dialect: openai_chat
endpoint: {{ base_url: "{url}" }}
capabilities: {{ required: [text, streaming, tools], optional: [vision, audio] }}
multimodal:
  input:
    vision:
      supported: true
      formats: [png, jpeg]
      max_resolution: 64x64
      encoding_methods: [base64_inline]
    audio: {{ supported: true, formats: [wav], max_file_size: 100KB }}
"""
WIDE = picture("JPEG", (640, 320))
FITS = picture("PNG", (64, 32))
FLAC = sound("FLAC")


def house(folder: Path, mock: MockProvider) -> Path:
    path = folder / "house.yaml"
    path.write_text(HOUSE.format(url=mock.base_url("openai")), "utf-8")
    return path


def test_the_provider_gets_the_image_scaled_and_the_caller_is_told(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(WIDE)
    with MockProvider() as mock:
        builder = AiClient.builder().model("house/eyes").api_key("k")
        with builder.protocol_dir(house(tmp_path, mock)).build() as client:
            asked = Message.user_with_image("What is it?", image_path=photo)
            response = client.chat().add_message(asked).execute()
            explained = client.explain(client.chat().add_message(asked).build())

    text, image = mock.requests[0].messages[0].blocks
    assert text == ContentBlock.text("What is it?")
    assert (opened(image).format, opened(image).size) == ("JPEG", (64, 32))
    (said,) = response.adaptations
    assert said.startswith(
        f"image 1: image/jpeg, 640x320 pixels, {len(WIDE):,} bytes -> image/jpeg"
    )
    assert explained.adaptations == response.adaptations


def test_a_stream_takes_media_as_well(tmp_path: Path) -> None:
    with MockProvider([Reply(text="A tone.")]) as mock:
        builder = AiClient.builder().model("house/ears").api_key("k")
        with builder.protocol_dir(house(tmp_path, mock)).build() as client:
            blocks = [ContentBlock.text("What is it?"), ContentBlock.audio_bytes(FLAC)]
            with client.chat().user(blocks).stream() as stream:
                for _ in stream:
                    pass
                response = stream.response()

    assert heard(mock.requests[0].messages[0].blocks[1]) == ("WAV", 0.5, 440, 0.5)
    assert response.content == "A tone."
    assert response.adaptations[0].startswith("audio 1: audio/flac")


def test_what_fits_arrives_byte_for_byte(tmp_path: Path) -> None:
    wav = sound("WAV")
    with MockProvider() as mock:
        builder = AiClient.builder().model("house/eyes").api_key("k")
        with builder.protocol_dir(house(tmp_path, mock)).build() as client:
            blocks = [ContentBlock.image_bytes(FITS), ContentBlock.audio_bytes(wav)]
            response = client.chat().user(blocks).execute()

    assert [content(block) for block in mock.requests[0].messages[0].blocks] == [FITS, wav]
    assert response.adaptations == ()


def test_fitting_can_be_switched_off(tmp_path: Path) -> None:
    with MockProvider() as mock:
        builder = AiClient.builder().model("house/eyes").api_key("k").fit_media(False)
        with builder.protocol_dir(house(tmp_path, mock)).build() as client:
            response = client.chat().user([ContentBlock.image_bytes(WIDE)]).execute()
            explained = client.explain(client.chat().user([ContentBlock.image_bytes(WIDE)]).build())

    assert content(mock.requests[0].messages[0].blocks[0]) == WIDE
    assert response.adaptations == explained.adaptations == ()


def test_nothing_is_sent_of_what_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = [
        ContentBlock.image_bytes(WIDE),
        ContentBlock.audio_bytes(FLAC),
        ContentBlock.image_url("https://h.example/photo.png"),
    ]
    with MockProvider() as mock:
        builder = AiClient.builder().model("house/eyes").api_key("k")
        with builder.protocol_dir(house(tmp_path, mock)).build() as client:
            for name in ("PIL", "PIL.Image", "soundfile"):
                monkeypatch.setitem(sys.modules, name, None)
            words = ["the vision extra", "the audio extra", "fetch it yourself"]
            for block, said in zip(refused, words, strict=True):
                with pytest.raises(MediaError, match=said) as caught:
                    client.chat().user([block]).execute()
                assert (caught.value.provider, caught.value.model) == ("house", "eyes")
            with pytest.raises(CapabilityError, match="takes no document url block"):
                document = ContentBlock.document_url("https://h.example/a.pdf")
                client.chat().user([document]).execute()
            client.chat().user([ContentBlock.image_bytes(FITS)]).execute()

    assert len(mock.requests) == 1


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini", "mistral", "cohere"])
def test_bundled_providers_get_what_they_take(provider: str) -> None:
    bitmap = ContentBlock.image_bytes(picture("BMP"))
    with MockProvider() as mock, mock.client(f"{provider}/some-model") as client:
        response = client.chat().user([ContentBlock.text("?"), bitmap]).execute()

    sent = mock.requests[0].messages[0].blocks[1]
    assert (opened(sent).format, opened(sent).size) == ("PNG", (40, 30))
    assert response.adaptations[0].startswith("image 1: image/bmp")


def test_each_target_gets_what_it_takes_itself() -> None:
    """The first one takes GIF and is down; the second one does not."""
    gif = ContentBlock.image_bytes(picture("GIF", mode="P"))
    with MockProvider([Reply(status=500, error="down")] * 3) as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k")
        builder.base_url(mock.base_url("openai")).with_fallbacks(["gemini/gemini-2.5-flash"])
        builder.api_key_for("gemini/gemini-2.5-flash", "k")
        builder.base_url_for("gemini/gemini-2.5-flash", mock.base_url("gemini"))
        with builder.build() as client:
            response = client.chat().user([gif]).execute()

    first, last = mock.requests[0], mock.requests[-1]
    assert (first.provider, last.provider) == ("openai", "gemini")
    assert "image/gif" in repr(first.messages[0].blocks[0])
    assert opened(last.messages[0].blocks[0]).format == "PNG"
    assert response.adaptations[0].startswith("image 1: image/gif")


@pytest.mark.parametrize("provider", ["anthropic", "gemini", "openai"])
def test_documents_arrive_as_they_are(provider: str, tmp_path: Path) -> None:
    pdf, notes = tmp_path / "report.pdf", tmp_path / "notes.txt"
    pdf.write_bytes(b"%PDF-1.7\n%%EOF")
    notes.write_text("Größe", "utf-8")
    blocks = [ContentBlock.document_file(pdf), ContentBlock.document_file(notes)]
    with MockProvider() as mock, mock.client(f"{provider}/some-model") as client:
        response = client.chat().user(blocks).execute()

    sent = mock.requests[0].messages[0].blocks
    assert [content(block) for block in sent] == [b"%PDF-1.7\n%%EOF", "Größe".encode()]
    assert response.adaptations == ()
