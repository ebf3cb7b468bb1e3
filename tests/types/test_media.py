"""Files, bytes and data URLs become blocks of what they are."""

import base64
import struct
from pathlib import Path

import pytest

from ai_lib.errors import MediaError, RequestError
from ai_lib.types import ContentBlock, Message
from ai_lib.types.media_type import detect_media_type, to_format_name, to_media_type

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + struct.pack(">II", 3, 2)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
PDF = b"%PDF-1.7\n"


def bytes_of(data: str | None) -> bytes:
    return base64.b64decode(data or "", validate=True)


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"BM" + bytes(30), "image/bmp"),
        (b"II*\x00....", "image/tiff"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"\x00\x00\x00\x1cftypavif", "image/avif"),
        (WAV, "audio/wav"),
        (b"fLaC", "audio/flac"),
        (b"OggS", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xe3\x48\xc4", "audio/mpeg"),  # MPEG 2.5
        (b"\xff\xfeH\x00i\x00", None),  # text in UTF-16
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"FORM\x00\x00\x00\x00AIFF", "audio/aiff"),
        (PDF, "application/pdf"),
        (b"\n\n%PDF-1.4", "application/pdf"),
        (b"BMW sells cars, and this is no bitmap.", None),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"", None),
    ],
)
def test_a_media_type_is_told_by_how_content_begins(head: bytes, media_type: str | None) -> None:
    assert detect_media_type(head) == media_type


def test_words_of_manifests_and_wires_stand_for_media_types() -> None:
    assert [to_media_type(word, "audio") for word in ("mp3", "M4A", "wav", "opus")] == [
        "audio/mpeg",
        "audio/mp4",
        "audio/wav",
        "audio/ogg",
    ]
    assert [to_media_type(word, "image") for word in ("jpg", "jpeg", "image/PNG")] == [
        "image/jpeg",
        "image/jpeg",
        "image/png",
    ]
    assert [to_format_name(kind) for kind in ("audio/mpeg", "audio/x-wav", "image/jpg")] == [
        "mp3",
        "wav",
        "jpeg",
    ]


def test_a_file_is_what_it_holds_and_not_what_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(JPEG)

    block = ContentBlock.image_file(path, detail="low")

    assert (block.media_type, block.detail) == ("image/jpeg", "low")
    assert bytes_of(block.data) == JPEG
    assert ContentBlock.image_file(str(path)) == ContentBlock.image_bytes(JPEG)
    assert ContentBlock.image_file(path, media_type="image/x-mine").media_type == "image/x-mine"


def test_sounds_and_documents_are_read_too(tmp_path: Path) -> None:
    wav, pdf, notes = tmp_path / "a", tmp_path / "b.pdf", tmp_path / "notes.md"
    wav.write_bytes(WAV)
    pdf.write_bytes(PDF)
    notes.write_text("# Größe", "utf-8")

    assert ContentBlock.audio_file(wav) == ContentBlock.audio_bytes(WAV)
    assert ContentBlock.audio_file(wav).media_type == "audio/wav"
    document = ContentBlock.document_file(pdf)
    assert (document.media_type, document.filename) == ("application/pdf", "b.pdf")
    assert ContentBlock.document_file(notes, filename="n").media_type == "text/markdown"
    assert ContentBlock.document_bytes("Größe".encode()).media_type == "text/plain"
    assert ContentBlock.document_bytes(b"a,b", filename="t.csv").media_type == "text/csv"


def test_what_has_no_signature_is_what_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "drawing.svg"
    path.write_text("<svg/>")
    assert ContentBlock.image_file(path).media_type == "image/svg+xml"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.png", b"Dear diary, today", "holds no image of a known type: it begins b'Dear"),
        ("page.png", PDF, "holds no image of a known type: it is application/pdf"),
        ("unheard", b"\x01\x02\x03", "pass media_type="),
        ("empty.png", b"", "is empty"),
    ],
)
def test_a_file_that_is_no_image_is_refused(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(MediaError) as caught:
        ContentBlock.image_file(path)

    assert words in str(caught.value)
    assert repr(str(path)) in str(caught.value)
    assert caught.value.path == str(path)
    assert isinstance(caught.value, RequestError)


def test_empty_sounds_and_binary_documents_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    path.write_bytes(b"")
    with pytest.raises(MediaError, match=r"silence\.wav' is empty"):
        ContentBlock.audio_file(path)
    with pytest.raises(MediaError, match="the document holds no document of a known type"):
        ContentBlock.document_bytes(b"\x00\x01\xfe")
    with pytest.raises(MediaError, match=r"holds no audio .* it begins b'not a sound'"):
        path.write_bytes(b"not a sound")
        ContentBlock.audio_file(path)


def test_a_file_that_can_t_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "gone.png"
    with pytest.raises(MediaError, match=r"gone\.png' can't be read: No such file") as caught:
        ContentBlock.image_file(missing)
    assert caught.value.path == str(missing)
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    with pytest.raises(MediaError, match="can't be read: Is a directory"):
        ContentBlock.document_file(tmp_path)
    with pytest.raises(MediaError, match=r"can't be read: .*null"):
        ContentBlock.audio_file("a\0b")


def test_a_data_url_is_content() -> None:
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()

    block = ContentBlock.image_url(url, detail="high")

    assert (block.url, block.media_type, block.detail) == (None, "image/png", "high")
    assert bytes_of(block.data) == PNG
    assert ContentBlock.image_base64(url).media_type == "image/png"
    assert ContentBlock.audio_url("data:audio/wav,%00a").data == "AGE="
    text = ContentBlock.document_url("data:,Hello%2C%20World", filename="h.txt")
    assert (text.media_type, bytes_of(text.data)) == ("text/plain", b"Hello, World")
    with pytest.raises(MediaError, match="no data URL"):
        ContentBlock.image_url("data:image/png;base64")


def test_line_breaks_in_base64_are_dropped() -> None:
    assert ContentBlock.image_base64("QUJD\nREVG\r\n", "image/png").data == "QUJDREVG"


def test_a_question_about_an_image_takes_it_in_any_form(tmp_path: Path) -> None:
    path = tmp_path / "i.png"
    path.write_bytes(PNG)
    text = base64.b64encode(PNG).decode()
    expected = [ContentBlock.text("What?"), ContentBlock.image_base64(text, "image/png")]

    assert list(Message.user_with_image("What?", image_path=path).blocks) == expected
    assert list(Message.user_with_image("What?", image_bytes=PNG).blocks) == expected
    url = f"data:image/png;base64,{text}"
    assert list(Message.user_with_image("What?", image_url=url).blocks) == expected
    asked = Message.user_with_image("What?", image_base64=text, media_type="image/png")
    assert list(asked.blocks) == expected
    with pytest.raises(ValueError, match="one of image_url"):
        Message.user_with_image("What?", image_path=path, image_bytes=PNG)
