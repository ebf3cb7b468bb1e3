"""Media is made to fit what the manifest allows, or refused with what would fit."""

import base64
import subprocess
import sys
import tempfile
from typing import Any

import pytest
from PIL import Image

from ai_lib.errors import CapabilityError, MediaError
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.request.chat import BuiltRequest, build_chat
from ai_lib.types.content import Block, ContentBlock, DocumentBlock, ImageBlock
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from tests.pipeline.manifests import bundled
from tests.request.samples import content, heard, noise, opened, picture, saved, sound

# Whoever has the alpha shows red on it; what is laid on white is pink.
SMALL = picture("PNG", (40, 30))
RED, PINK, WHITE = (200, 30, 30), (235, 176, 176), (255, 255, 255)


def house(audio: dict[str, Any] | None = None, **vision: Any) -> CompiledManifest:
    """Give a provider with these limits."""
    document = {
        "id": "house",
        "protocol_version": "2.0",
        "dialect": "openai_chat",
        "endpoint": {"base_url": "https://h.example"},
        "capabilities": {"required": ["text"], "optional": ["vision", "audio"]},
        "multimodal": {"input": {"vision": vision, "audio": audio or {}}},
    }
    return compile_manifest(read_manifest(document, "house.yaml"))


def built(target: CompiledManifest, *blocks: Block, **how: Any) -> BuiltRequest:
    request = ChatRequest(messages=(Message.user(blocks),))
    return build_chat(request, target, model="m", credential="nobody's", **how)


def sent(target: CompiledManifest, block: Block, **how: Any) -> tuple[Block, tuple[str, ...]]:
    """Give the block as it goes out, and what is said of it."""
    made = built(target, block, **how)
    (part,) = made.body["messages"][0]["content"]
    if part["type"] == "input_audio":
        wire = part["input_audio"]
        return ContentBlock.audio_base64(wire["data"], f"audio/{wire['format']}"), made.adaptations
    if part["type"] == "file":
        return ContentBlock.document_url(part["file"]["file_data"]), made.adaptations
    return ContentBlock.image_url(part["image_url"]["url"]), made.adaptations


@pytest.fixture
def no_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Pillow and soundfile be not installed."""
    for name in ("PIL", "PIL.Image", "soundfile"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("no_extras")
def test_what_fits_is_sent_as_it_is_and_needs_no_extra() -> None:
    target = house(
        formats=["png"], max_resolution="40x40", max_file_size="1KB", max_images_per_request=1
    )

    out, said = sent(target, ContentBlock.image_bytes(SMALL))

    assert content(out) == SMALL
    assert said == ()


def test_the_request_of_the_caller_stays_as_it_was() -> None:
    block = ContentBlock.image_bytes(picture("BMP"))
    request = ChatRequest(messages=(Message.user("Look"), Message.user([block])))
    before = repr(request)
    build_chat(request, house(formats=["png"]), model="m", credential=None)
    assert repr(request) == before


def test_an_image_of_another_type_is_converted_without_loss() -> None:
    out, said = sent(house(formats=["jpeg", "png"]), ContentBlock.image_bytes(picture("BMP")))

    image = opened(out)
    assert (image.format, image.size, image.getpixel((5, 5))) == ("PNG", (40, 30), RED)
    (line,) = said
    size = len(picture("BMP"))
    assert line.startswith(f"image 1: image/bmp, 40x30 pixels, {size:,} bytes -> image/png, 40x30")


@pytest.mark.parametrize(
    ("size", "expected"),
    [((400, 100), (80, 20)), ((100, 400), (20, 80)), ((100, 100), (60, 60)), ((80, 61), (78, 60))],
)
def test_an_image_with_too_many_pixels_is_scaled_and_keeps_its_aspect(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    out, _ = sent(house(max_resolution="80x60"), ContentBlock.image_bytes(picture("JPEG", size)))
    image = opened(out)
    assert (image.format, image.size) == ("JPEG", expected)


def test_a_file_that_is_too_large_is_re_encoded_and_then_scaled() -> None:
    file = noise("PNG", (300, 200))  # 180 kB, which can't be packed

    whole, _ = sent(house(formats=["png", "jpeg"], max_file_size="100KB"), _image(file))
    small, said = sent(house(formats=["png", "jpeg"], max_file_size="12KB"), _image(file))
    same_type, _ = sent(house(formats=["png"], max_file_size="12KB"), _image(file))

    assert (opened(whole).format, opened(whole).size) == ("JPEG", (300, 200))
    assert len(content(small)) <= 12 * 1024
    width, height = opened(small).size
    assert 50 < width < 300
    assert width / height == pytest.approx(1.5, abs=0.05)
    assert f"-> image/jpeg, {width}x{height} pixels" in said[0]
    assert opened(same_type).format == "PNG"
    assert len(content(same_type)) <= 12 * 1024


def _image(file: bytes) -> ImageBlock:
    return ContentBlock.image_bytes(file)


def test_what_is_transparent_stays_so_or_becomes_white() -> None:
    file = picture("WEBP", (40, 30), "RGBA", lossless=True)

    kept = opened(sent(house(formats=["jpeg", "png"]), _image(file))[0])
    flat = opened(sent(house(formats=["jpeg"]), _image(file))[0])

    assert (kept.format, kept.getpixel((5, 5))) == ("PNG", (*RED, 90))
    assert (flat.format, flat.mode) == ("JPEG", "RGB")
    found = flat.getpixel((5, 5))
    assert isinstance(found, tuple)
    assert all(abs(a - b) < 4 for a, b in zip(found, PINK, strict=True))


def test_an_alpha_channel_that_hides_nothing_is_no_reason_for_a_large_file() -> None:
    image = Image.open(_file(noise("PNG", (300, 200)))).convert("RGBA")
    target = house(formats=["png", "jpeg"], max_file_size="100KB")
    out = opened(sent(target, _image(saved(image, "PNG")))[0])
    assert (out.format, out.size) == ("JPEG", (300, 200))


def _file(content: bytes) -> Any:
    import io

    return io.BytesIO(content)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_every_mode_of_colour_can_be_converted(mode: str) -> None:
    image = Image.new("L", (40, 30), 128)
    colours = Image.new("I;16", (40, 30), 128 * 256) if mode == "I;16" else image.convert(mode)
    file = saved(colours, "TIFF" if mode in ("CMYK", "I;16") else "PNG")

    out = opened(sent(house(formats=["jpeg"]), ContentBlock.image_bytes(file))[0])

    grey = out.convert("L").getpixel((20, 15))
    assert isinstance(grey, int)
    assert mode == "1" or abs(grey - 128) < 4


def test_a_photo_is_turned_upright_and_loses_where_it_was_taken() -> None:
    photo = Image.new("RGB", (60, 40), WHITE)
    photo.paste(RED, (0, 0, 30, 40))  # the left half is red; turned by 90 degrees, the upper
    exif = Image.Exif()
    exif[0x0112] = 6  # it is shown turned clockwise
    exif.get_ifd(0x8825)[1] = "N"
    file = saved(photo, "JPEG", exif=exif, quality=95, comment=b"my garden")
    assert b"Exif" in file

    out = sent(house(max_resolution="30x30"), ContentBlock.image_bytes(file))[0]

    image = opened(out)
    assert image.size == (20, 30)
    upper, lower = image.getpixel((10, 4)), image.getpixel((10, 26))
    assert isinstance(upper, tuple)
    assert isinstance(lower, tuple)
    assert upper[1] < 80 < 200 < lower[1]
    assert not image.getexif()
    assert b"Exif" not in content(out)
    assert b"my garden" not in content(out)


def test_text_in_a_png_is_left_behind() -> None:
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Location", "52.5, 13.4")
    file = picture("PNG", (90, 90), pnginfo=notes)
    out = sent(house(max_resolution="30x30"), ContentBlock.image_bytes(file))[0]
    assert (b"52.5" in file, b"52.5" in content(out)) == (True, False)


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in (RED, WHITE, WHITE)]
    file = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])

    untouched, _ = sent(house(formats=["gif"]), ContentBlock.image_bytes(file))
    out, said = sent(house(formats=["png"]), ContentBlock.image_bytes(file))

    assert content(untouched) == file
    assert opened(out).convert("RGB").getpixel((5, 5)) == RED
    assert said[0].endswith("the first of 2 frames")


def test_an_image_goes_by_the_type_it_is_of() -> None:
    block = ContentBlock.image_base64(base64.b64encode(picture("PNG")).decode())  # says image/jpeg
    out, said = sent(bundled("openai"), block)
    assert opened(out).format == "PNG"
    assert said == ("image 1: sent as image/png, which it is, not image/jpeg",)

    wrong = ContentBlock.image_base64(base64.b64encode(b"%PDF-1.4").decode(), "image/png")
    with pytest.raises(MediaError, match="image 1 holds application/pdf, which is no image"):
        sent(bundled("openai"), wrong)


@pytest.mark.usefixtures("no_extras")
@pytest.mark.parametrize(
    ("limits", "file", "words"),
    [
        (
            {"formats": ["png", "jpeg"]},
            picture("BMP"),
            "image 1 (image/bmp, 40x30 pixels, 3,654 bytes) is not what house takes (png, jpeg): "
            "convert it, or install the vision extra (ai-lib[vision]) to have it converted",
        ),
        (
            {"max_resolution": "20x20", "max_file_size": "1MB"},
            picture("JPEG"),
            "takes (any type; at most 20x20 pixels, 1,048,576 bytes): convert it",
        ),
    ],
)
def test_without_pillow_what_does_not_fit_is_refused(
    limits: dict[str, Any], file: bytes, words: str
) -> None:
    with pytest.raises(MediaError) as caught:
        sent(house(**limits), ContentBlock.image_bytes(file))

    assert words in str(caught.value)
    assert (caught.value.extra, caught.value.size) == ("vision", len(file))
    assert (caught.value.pixels, caught.value.provider) == ((40, 30), "house")
    assert caught.value.standard_code.name == "request_too_large"


def _huge() -> bytes:
    """Give a PNG that says it has 10 gigapixels."""
    file = bytearray(picture("PNG"))
    file[16:24] = (100_000).to_bytes(4, "big") * 2
    return bytes(file)


def _late_pixels() -> bytes:
    """Give a JPEG whose size comes after 300 kB of metadata."""
    file = picture("JPEG")
    segment = b"\xff\xe5\xff\xff" + bytes(65533)
    return file[:2] + segment * 5 + file[2:]


def test_a_photo_with_a_long_head_has_its_pixels_read() -> None:
    block = ContentBlock.image_bytes(_late_pixels())
    fits, said = sent(house(max_resolution="40x40"), block)
    assert (fits, said) == (block, ())
    assert opened(sent(house(max_resolution="20x20"), block)[0]).size == (20, 15)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (noise("PNG", (80, 80))[:9000], "it can't be decoded"),
        (noise("JPEG", (80, 80))[:2000], "it can't be decoded: image file is truncated"),
        (picture("PNG", (80, 80))[:30], "it can't be decoded"),
        (b"GIF89a\x08\x00\x08\x00", "it can't be decoded"),
        (b"II*\x00" + b"\xff" * 60, "it can't be decoded"),
        (
            b"\x00\x00\x00\x18ftypheic" + bytes(40),
            "(image/heic, 52 bytes) is not what house takes (webp): "
            "it can't be decoded: it is broken, or of a type that Pillow does not read",
        ),
        (_huge(), "100000x100000 pixels are more than the 89,478,485 that are decoded"),
    ],
)
def test_an_image_that_is_broken_is_refused_when_it_would_have_to_be_changed(
    file: bytes, words: str
) -> None:
    with pytest.raises(MediaError) as caught:
        sent(house(formats=["webp"]), ContentBlock.image_bytes(file))
    assert words in str(caught.value)
    assert caught.value.allowed == ("image/webp",)


def test_what_can_t_be_made_to_fit_is_refused() -> None:
    with pytest.raises(MediaError, match="still too large when it is scaled down"):
        sent(house(max_file_size="0.1KB"), ContentBlock.image_bytes(noise("PNG", (90, 90))))
    with pytest.raises(MediaError, match="none of the types that are taken can be written"):
        sent(house(formats=["svg"]), ContentBlock.image_bytes(picture("PNG")))
    with pytest.raises(MediaError, match="is empty"):
        sent(house(), ImageBlock(data="", media_type="image/png"))


def test_too_many_images_are_refused() -> None:
    image = ContentBlock.image_bytes(picture("PNG"))
    target = house(max_images_per_request=2)
    built(target, image, image)
    with pytest.raises(MediaError, match="house takes at most 2 image inputs in one request"):
        built(target, image, ContentBlock.image_url("https://h/i.png"), image)


def test_an_address_is_left_to_the_provider_or_refused() -> None:
    block = ContentBlock.image_url("https://h.example/i.tiff")
    assert (
        sent(house(formats=["png"], encoding_methods=["base64_inline", "url"]), block)[0] == block
    )
    with pytest.raises(MediaError, match=r"fetch it yourself and give its bytes"):
        sent(house(formats=["png"], encoding_methods=["base64_inline"]), block)
    with pytest.raises(CapabilityError, match="takes no audio url block: fetch it and give its"):
        built(house(), ContentBlock.audio_url("https://h/a.wav"))


def test_a_data_url_is_content_wherever_it_stands() -> None:
    url = "data:image/bmp;base64," + base64.b64encode(picture("BMP")).decode()
    assert opened(sent(house(formats=["png"]), ImageBlock(url=url))[0]).format == "PNG"


def test_images_that_tools_return_are_fitted_and_counted_too() -> None:
    image = ContentBlock.image_bytes(picture("BMP"))
    result = Message.tool("call", [ContentBlock.text("Here:"), image])
    request = ChatRequest(messages=(Message.user([image]), result))

    made = build_chat(request, bundled("anthropic"), model="m", credential="nobody's")

    asked, answered = made.body["messages"][0]["content"]
    assert asked["source"]["media_type"] == "image/png"
    assert answered["content"][1]["source"]["media_type"] == "image/png"
    assert [line.split(":")[0] for line in made.adaptations] == ["image 1", "image 2"]


@pytest.mark.parametrize(
    ("container", "coding"),
    [("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("AIFF", "PCM_16"), ("AIFF", "FLOAT")],
)
def test_audio_of_another_type_is_converted(container: str, coding: str) -> None:
    file = sound(container, 0.5, 16000, 2, subtype=coding)

    out, said = sent(bundled("openai"), ContentBlock.audio_bytes(file))

    assert heard(out) == ("WAV", 0.5, 440, 0.5)
    assert said[0].endswith(f"-> audio/wav, 0.5 s, {len(content(out)):,} bytes")
    assert len(said) == 1


def test_audio_that_fits_is_sent_as_it_is_under_its_word() -> None:
    file = sound("MP3", 1)
    made = built(bundled("openai"), ContentBlock.audio_bytes(file))
    wire = made.body["messages"][0]["content"][0]["input_audio"]
    assert (base64.b64decode(wire["data"]), wire["format"]) == (file, "mp3")
    assert made.adaptations == ()


def test_audio_that_is_too_large_is_packed() -> None:
    file = sound("WAV", 4, 16000)  # 128 kB
    audio = {"formats": ["wav", "mp3"], "max_file_size": "40KB"}
    out, _ = sent(house(audio), ContentBlock.audio_bytes(file))
    assert len(content(out)) <= 40 * 1024
    assert heard(out)[0] == "MP3"
    with pytest.raises(MediaError, match="too large in every type that is taken; make it shorter"):
        sent(house({**audio, "max_file_size": "1KB"}), ContentBlock.audio_bytes(file))


def test_audio_that_lasts_too_long_is_refused() -> None:
    file = sound("WAV", 3)
    sent(house({"max_duration": "3s"}), ContentBlock.audio_bytes(file))
    with pytest.raises(MediaError, match=r"\(audio/wav, 3 s, .* it lasts longer than 2 s"):
        sent(house({"max_duration": "2s"}), ContentBlock.audio_bytes(file))


@pytest.mark.parametrize("file", [b"fLaC" + bytes(50), sound("FLAC")[:60], b"\xff\xf1" + bytes(90)])
def test_audio_that_can_t_be_read_is_refused(file: bytes) -> None:
    with pytest.raises(MediaError, match=r"it can't be decoded|it has"):
        sent(bundled("openai"), ContentBlock.audio_bytes(file))


@pytest.mark.usefixtures("no_extras")
def test_without_soundfile_audio_that_does_not_fit_is_refused() -> None:
    file = b"fLaC" + bytes(50)
    with pytest.raises(MediaError) as caught:
        sent(bundled("openai"), ContentBlock.audio_bytes(file))
    assert "audio 1 (audio/flac, 54 bytes) is not what openai takes (wav, mp3)" in str(caught.value)
    assert "install the audio extra (ai-lib[audio])" in str(caught.value)
    assert (caught.value.extra, caught.value.size) == ("audio", len(file))


def test_switched_off_nothing_is_checked_or_changed() -> None:
    file = picture("BMP")
    out, said = sent(house(formats=["png"]), ContentBlock.image_bytes(file), fit_media=False)
    assert (content(out), said) == (file, ())


def test_a_text_document_is_text_where_the_dialect_wants_it_so() -> None:
    block = ContentBlock.document_bytes("Größe".encode(), filename="notes.txt")
    made = built(bundled("anthropic"), block)
    assert made.body["messages"][0]["content"] == [
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "Größe"},
            "title": "notes.txt",
        }
    ]
    out, _ = sent(bundled("openai"), block)
    assert isinstance(out, DocumentBlock)
    assert content(out) == "Größe".encode()


def test_a_model_without_eyes_or_ears_is_not_asked_to_use_them() -> None:
    image, audio = ContentBlock.image_bytes(picture("PNG")), ContentBlock.audio_bytes(sound("WAV"))
    for block, capability, model in ((image, "vision", "o3-mini"), (audio, "audio", "gpt-4o")):
        request = ChatRequest(messages=(Message.user([block]),))
        with pytest.raises(CapabilityError, match=f"openai/{model} does not declare") as caught:
            build_chat(request, bundled("openai"), model=model, credential="k")
        assert caught.value.capability == capability


def test_who_sends_no_media_pays_nothing_for_it_and_who_sends_what_fits_no_extra() -> None:
    program = """
import subprocess
import sys
import tempfile
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.request.chat import build_chat
from ai_lib.types import ChatRequest, ContentBlock, Message

target = ManifestCatalog().load("openai")
def ask(*blocks):
    build_chat(ChatRequest(messages=(Message.user(blocks),)), target, model="m", credential="k")

ask(ContentBlock.text("Hi"))
print("ai_lib.request.media.fitter" in sys.modules, end=" ")
ask(ContentBlock.image_bytes(open(sys.argv[1], "rb").read()))
print(*(name in sys.modules for name in ("ai_lib.request.media.fitter", "PIL", "soundfile")))
"""
    with tempfile.NamedTemporaryFile() as file:
        file.write(SMALL)
        file.flush()
        ran = subprocess.run(
            [sys.executable, "-c", program, file.name], capture_output=True, text=True, check=True
        )
    assert ran.stdout.split() == ["False", "True", "False", "False"]
