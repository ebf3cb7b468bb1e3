"""What a provider takes of images, audio and documents, as its manifest says."""

import msgspec


class MediaLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken of one kind of media; what is None or empty the manifest does not say.

    `max_bytes` is for one file, before it is written in base64; `max_count` for one request.
    `max_pixels` are those of the longer and of the shorter edge, `max_seconds` is a duration.
    `encodings` are `base64_inline`, `url` and `file_uri` (a file the provider already has).
    """

    supported: bool | None = None
    media_types: tuple[str, ...] = ()
    max_bytes: int | None = None
    max_pixels: tuple[int, int] | None = None
    max_count: int | None = None
    max_seconds: float | None = None
    encodings: frozenset[str] = frozenset()


class Multimodal(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken of each kind of media; of documents only whether they are."""

    image: MediaLimits = MediaLimits()
    audio: MediaLimits = MediaLimits()
    document: MediaLimits = MediaLimits()

    def refuses(self, capability: str) -> bool:
        """Whether the manifest says that what needs this capability is not taken."""
        match capability:
            case "vision":
                return self.image.supported is False
            case "audio":
                return self.audio.supported is False
            case "document":
                return self.document.supported is False
        return False
