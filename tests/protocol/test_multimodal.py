"""What manifests say of media, in the words of protocol 2 and of 1.x."""

from typing import Any

import pytest

from ai_lib.errors import CapabilityError, ProtocolError
from ai_lib.protocol.bundle import list_bundled_names
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.capabilities import require_capabilities
from ai_lib.protocol.manifest.media import MediaLimits, Multimodal
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.manifest.reader import read_manifest
from tests.protocol.shared import files, needs_shared

MB = 1024 * 1024


def house(multimodal: Any = None, **fields: Any) -> ProtocolManifest:
    document = {
        "id": "house",
        "protocol_version": "2.0",
        "endpoint": {"base_url": "https://h.example"},
        "capabilities": {"required": ["text"], "optional": ["vision", "audio"]},
        "multimodal": multimodal,
        **fields,
    }
    return read_manifest(document, "house.yaml")


def test_protocol_2_says_what_is_taken_under_input() -> None:
    vision = {
        "supported": True,
        "formats": ["jpeg", "png"],
        "max_file_size": "2.5 MB",
        "max_resolution": "1024x2048",
        "max_images_per_request": 4,
        "encoding_methods": ["base64_inline"],
        "document_understanding": False,
    }
    audio = {"supported": True, "formats": ["mp3", "wav"], "max_duration": "1h30m"}

    multimodal = house({"input": {"vision": vision, "audio": audio}}).multimodal

    assert multimodal.image == MediaLimits(
        supported=True,
        media_types=("image/jpeg", "image/png"),
        max_bytes=int(2.5 * MB),
        max_pixels=(2048, 1024),
        max_count=4,
        encodings=frozenset({"base64_inline"}),
    )
    assert multimodal.audio == MediaLimits(
        supported=True, media_types=("audio/mpeg", "audio/wav"), max_seconds=5400
    )
    assert multimodal.document == MediaLimits(supported=False)


def test_protocol_1_says_it_beside_and_in_any_shape() -> None:
    section = {
        "image": {"formats": ["png", "jpeg", "gif", "webp"], "max_size": "10MB"},
        "audio": False,
        "document": "on Tuesdays",
        "video": {"formats": 7},
    }

    multimodal = house(section, protocol_version="1.5").multimodal

    types = ("image/png", "image/jpeg", "image/gif", "image/webp")
    assert multimodal.image == MediaLimits(media_types=types, max_bytes=10 * MB)
    assert multimodal.audio == MediaLimits(supported=False)
    assert multimodal.document == MediaLimits()
    assert house({"image": {"max_size": "big"}}).multimodal.image == MediaLimits()


@pytest.mark.parametrize("section", [None, {}, {"output": {"text": True}}, {"input": {}}])
def test_a_manifest_may_say_nothing(section: Any) -> None:
    assert house(section).multimodal == Multimodal()


@pytest.mark.parametrize(
    ("vision", "words"),
    [
        ({"max_file_size": "plenty"}, "'plenty' is no size such as 20MB"),
        ({"max_resolution": "4k"}, "'4k' is no resolution such as 4096x4096"),
        ({"formats": "png"}, r"\$.multimodal.input.vision.formats is wrong"),
    ],
)
def test_a_limit_that_can_t_be_read_is_refused_with_its_place(
    vision: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProtocolError, match=rf"house\.yaml: .*{words}"):
        house({"input": {"vision": vision}})


@pytest.mark.parametrize(
    ("text", "seconds"), [("8h", 28800), ("30m", 1800), ("90s", 90), ("2.5h", 9000), ("soon", None)]
)
def test_durations_are_read_as_far_as_they_are_understood(text: str, seconds: float | None) -> None:
    assert (
        house({"input": {"audio": {"max_duration": text}}}).multimodal.audio.max_seconds == seconds
    )


def test_what_is_not_supported_is_not_declared() -> None:
    section = {
        "input": {"vision": {"document_understanding": False}, "audio": {"supported": False}}
    }
    models = {
        "ears": {"model_capabilities": {"audio": True}},
        "blind": {"modalities": {"input": ["text"]}},
    }
    manifest = house(section, metadata={"models": models})

    require_capabilities(manifest, "vision", model="m")
    require_capabilities(manifest, "audio", model="ears", entry=manifest.models["ears"])
    for model, capability in (("m", "audio"), ("m", "document"), ("blind", "vision")):
        with pytest.raises(CapabilityError) as caught:
            entry = manifest.models.get(model)
            require_capabilities(manifest, capability, model=model, entry=entry)
        assert caught.value.capability == capability
    require_capabilities(house(), "document", model="m")


# As the vendors published them; the sources are in the manifests.
PUBLISHED = {
    "openai": ("png jpeg webp gif", None, None, 1500),
    "anthropic": ("jpeg png gif webp", 7_864_320, (8000, 8000), 600),
    "gemini": ("png jpeg webp heic heif", 15 * MB, None, 3600),
    "mistral": ("png jpeg webp gif", 10 * MB, (10000, 10000), 8),
    "groq": ("jpeg png webp gif", 3 * MB, (7680, 4320), 5),
    "cohere": ("png jpeg webp gif", 20 * MB, None, 20),
    "xai": ("jpeg png", 20 * MB, None, None),
    "qwen": ("bmp jpeg png tiff webp heic", 7_864_320, None, None),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_bundled_manifests_have_their_vendors_limits(name: str) -> None:
    words, size, pixels, count = PUBLISHED[name]

    limits = ManifestCatalog().load(name).manifest.multimodal.image

    assert limits.media_types == tuple(f"image/{word}" for word in words.split())
    assert (limits.max_bytes, limits.max_pixels, limits.max_count) == (size, pixels, count)
    assert limits.encodings >= {"base64_inline", "url"}


def test_bundled_manifests_say_of_what_they_declare_what_it_may_be() -> None:
    for name in list_bundled_names("manifests"):
        manifest = ManifestCatalog().load(name).manifest
        declared = manifest.capabilities or ()
        for capability in ("vision", "audio"):
            assert not (capability in declared and manifest.multimodal.refuses(capability)), name


@needs_shared
def test_the_protocols_own_manifests_are_read() -> None:
    from ai_lib.protocol.sources.document import read_text

    read = {}
    for path in files("v2/providers/*.yaml"):
        document = read_text(path.read_text("utf-8"), str(path))
        read[path.stem] = read_manifest(document, str(path)).multimodal
    assert read["anthropic"].image.max_bytes == 20 * MB
    assert read["google"].image.max_pixels == (4096, 4096)
    assert read["google"].audio.max_seconds == 8 * 3600
    assert read["groq"].refuses("vision")
    assert read["openai"].document.supported is True
