"""Fits images, audio and documents to the limits of a target, before a request is sent."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from ai_lib.errors import codes
from ai_lib.errors.exceptions import MediaError
from ai_lib.protocol.manifest.media import MediaLimits, Multimodal
from ai_lib.request.media.audio import convert_audio, has_soundfile, read_duration
from ai_lib.request.media.images import ConversionError, convert_image, has_pillow
from ai_lib.types.content import (
    AudioBlock,
    Block,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ToolResultBlock,
)
from ai_lib.types.media_source import (
    Family,
    decode_base64,
    find_family,
    from_bytes,
    from_data_url,
    is_data_url,
)
from ai_lib.types.media_type import (
    detect_media_type,
    normalize_media_type,
    read_pixel_size,
    to_format_name,
)
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest

Part = TextBlock | ImageBlock | AudioBlock | DocumentBlock
File = TypeVar("File", ImageBlock, AudioBlock, DocumentBlock)
Item = TypeVar("Item")

# Base64 letters, a multiple of four: enough for the type, and mostly for the pixels.
_HEAD_LETTERS: Final = 1368
_EXTRAS: Final = {"image": "vision", "audio": "audio"}


class MediaInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A file's media type and size in bytes, and its pixels and seconds as far as known."""

    media_type: str
    size: int
    pixels: tuple[int, int] | None = None
    seconds: float | None = None

    def __str__(self) -> str:
        parts = [self.media_type or "of unknown type"]
        if self.pixels is not None:
            parts.append("{}x{} pixels".format(*self.pixels))
        if self.seconds is not None:
            parts.append(f"{self.seconds:.3g} s")
        return ", ".join([*parts, f"{self.size:,} bytes"])


class MediaFitter:
    """Fits the media of one request to the limits of a target.

    Media that fit stay as they are, byte for byte. `adaptations` lists the changes to others.
    """

    def __init__(self, limits: Multimodal, target: str) -> None:
        self._limits = limits
        self._target = target
        self._counts: Counter[str] = Counter()
        self.adaptations: list[str] = []

    def fit(self, request: ChatRequest) -> ChatRequest:
        """Return the request with media that the target accepts.

        Raises:
            MediaError: a file does not fit and can't be converted, or the extra for it is not
                installed.
        """
        messages = _map_items(request.messages, self._fit_message)
        if messages is request.messages:
            return request
        return msgspec.structs.replace(request, messages=messages)

    def _fit_message(self, message: Message) -> Message:
        if isinstance(message.content, str):
            return message
        blocks = _map_items(message.content, self._fit_block)
        if blocks is message.content:
            return message
        return msgspec.structs.replace(message, content=blocks)

    def _fit_block(self, block: Block) -> Block:
        match block:
            case ImageBlock(origin=None) | AudioBlock(origin=None) | DocumentBlock():
                return self._fit_part(block)
            case ToolResultBlock(content=content) if not isinstance(content, str):
                parts = _map_items(content, self._fit_part)
                if parts is not content:
                    return msgspec.structs.replace(block, content=parts)
        return block

    def _fit_part(self, block: Part) -> Part:
        if isinstance(block, ImageBlock):
            return self._fit_file(block, "image", self._limits.image)
        if isinstance(block, DocumentBlock):
            return self._fit_file(block, "document", self._limits.document)
        if isinstance(block, AudioBlock):
            return self._fit_file(block, "audio", self._limits.audio)
        return block

    def _fit_file(self, block: File, family: Family, limits: MediaLimits) -> File:
        self._counts[family] += 1
        name = f"{family} {self._counts[family]}"
        self._check_count(family, limits)
        if not isinstance(block, AudioBlock) and block.file_id is not None:
            return block  # its content is at the provider
        if block.url is not None and is_data_url(block.url):
            media = from_data_url(block.url)
            kind = block.media_type or media.media_type
            block = msgspec.structs.replace(block, url=None, data=media.data, media_type=kind)
        if block.data is None:
            self._check_address(block.url, name, limits)
            return block
        return self._fit_data(block, block.data, name, family, limits)

    def _fit_data(
        self, block: File, data: str, name: str, family: Family, limits: MediaLimits
    ) -> File:
        info = self._inspect(data, block.media_type, name, family, limits)
        if limits.max_seconds is not None and (info.seconds or 0) > limits.max_seconds:
            reason = f"it lasts longer than {limits.max_seconds:g} s"
            raise self._media_error(name, info, limits, reason=reason)
        if self._fits(info, limits):
            if info.media_type == (block.media_type or ""):
                return block
            self._note(f"{name}: sent as {info.media_type}, which it is, not {block.media_type}")
            return msgspec.structs.replace(block, media_type=info.media_type)
        content, media_type, outcome = self._convert(data, info, name, family, limits)
        self._note(f"{name}: {info} -> {outcome}")
        media = from_bytes(content, family, media_type)
        return msgspec.structs.replace(block, data=media.data, media_type=media_type)

    def _note(self, adaptation: str) -> None:
        self.adaptations.append(adaptation)

    def _check_count(self, family: Family, limits: MediaLimits) -> None:
        if limits.max_count is not None and self._counts[family] > limits.max_count:
            error = MediaError(
                f"{self._target} takes at most {limits.max_count} {family} inputs in one request: "
                "leave some out, or ask in several requests",
                provider=self._target,
            )
            error.standard_code = codes.REQUEST_TOO_LARGE
            raise error

    def _check_address(self, url: str | None, name: str, limits: MediaLimits) -> None:
        """Refuse an address that is not fetched: neither by the provider nor by this library."""
        if url is None or limits.encodings != {"base64_inline"}:
            return
        raise MediaError(
            f"{name}: {self._target} fetches nothing from addresses such as {url[:100]!r}: "
            "fetch it yourself and give its bytes",
            provider=self._target,
        )

    def _inspect(
        self, data: str, declared: str | None, name: str, family: Family, limits: MediaLimits
    ) -> MediaInfo:
        if not data:
            raise MediaError(f"{name} is empty", provider=self._target, size=0)
        head = _decode_head(data, _HEAD_LETTERS)
        actual = detect_media_type(head)
        if actual is not None and find_family(actual) != family:
            raise MediaError(
                f"{name} holds {actual}, which is no {family}: give it as what it is",
                provider=self._target,
                media_type=actual,
                allowed=limits.media_types,
            )
        kind = declared or ""
        if actual is not None and (family == "image" or normalize_media_type(kind) != actual):
            kind = actual
        size = len(data) * 3 // 4 - data[-2:].count("=")
        pixels = _read_pixels(data, head, actual, limits) if family == "image" and actual else None
        seconds = _read_duration(data, name, limits) if family == "audio" else None
        return MediaInfo(media_type=kind, size=size, pixels=pixels, seconds=seconds)

    def _fits(self, info: MediaInfo, limits: MediaLimits) -> bool:
        types, max_pixels = limits.media_types, limits.max_pixels
        if types and normalize_media_type(info.media_type) not in types:
            return False
        if limits.max_bytes is not None and info.size > limits.max_bytes:
            return False
        if max_pixels is None or info.pixels is None:
            return True
        return max(info.pixels) <= max_pixels[0] and min(info.pixels) <= max_pixels[1]

    def _convert(
        self, data: str, info: MediaInfo, name: str, family: Family, limits: MediaLimits
    ) -> tuple[bytes, str, str]:
        """Return the converted content, its type, and a description of it."""
        has_extra = {"image": has_pillow, "audio": has_soundfile}.get(family, lambda: True)
        if not has_extra():
            raise self._media_error(name, info, limits, extra=_EXTRAS[family])
        content = decode_base64(data, name)
        try:
            if family == "image":
                image = convert_image(
                    content, normalize_media_type(info.media_type), info.pixels, limits
                )
                result = MediaInfo(
                    media_type=image.media_type, size=len(image.data), pixels=image.pixels
                )
                origin = f", the first of {image.frames} frames" if image.frames > 1 else ""
                return image.data, image.media_type, f"{result}{origin}"
            if family == "audio":
                audio = convert_audio(content, limits)
                result = MediaInfo(
                    media_type=audio.media_type, size=len(audio.data), seconds=audio.seconds
                )
                return audio.data, audio.media_type, str(result)
        except ConversionError as error:
            raise self._media_error(name, info, limits, reason=str(error)) from error
        raise self._media_error(name, info, limits)

    def _media_error(
        self,
        name: str,
        info: MediaInfo,
        limits: MediaLimits,
        *,
        extra: str | None = None,
        reason: str = "it can't be made to fit",
    ) -> MediaError:
        advice = reason
        if extra is not None:
            advice = (
                f"convert it, or install the {extra} extra (ai-lib[{extra}]) to have it converted"
            )
        error = MediaError(
            f"{name} ({info}) is not what {self._target} takes "
            f"({_describe_limits(limits)}): {advice}",
            provider=self._target,
            media_type=info.media_type,
            size=info.size,
            pixels=info.pixels,
            allowed=limits.media_types,
            extra=extra,
        )
        error.standard_code = codes.REQUEST_TOO_LARGE
        return error


def _map_items(items: Sequence[Item], change: Callable[[Item], Item]) -> Sequence[Item]:
    """Return the changed items, or the same sequence object when none has changed."""
    changed = tuple(change(item) for item in items)
    return changed if any(a is not b for a, b in zip(changed, items, strict=True)) else items


def _decode_head(data: str, letters: int) -> bytes:
    """Return the first bytes; none if it is not base64, which the provider may refuse."""
    try:
        return decode_base64(data[:letters])
    except MediaError:
        return b""


def _read_pixels(
    data: str, head: bytes, media_type: str, limits: MediaLimits
) -> tuple[int, int] | None:
    pixels = read_pixel_size(head, media_type)
    # A camera may put a preview and a lot more before the size of a JPEG.
    letters = _HEAD_LETTERS if media_type == "image/jpeg" and limits.max_pixels else len(data)
    while pixels is None and letters < len(data):
        letters *= 8
        pixels = read_pixel_size(_decode_head(data, letters), media_type)
    return pixels


def _read_duration(data: str, name: str, limits: MediaLimits) -> float | None:
    if limits.max_seconds is None or not has_soundfile():
        return None
    return read_duration(decode_base64(data, name))


def _describe_limits(limits: MediaLimits) -> str:
    bounds = []
    if limits.max_pixels is not None:
        bounds.append("{}x{} pixels".format(*limits.max_pixels))
    if limits.max_bytes is not None:
        bounds.append(f"{limits.max_bytes:,} bytes")
    types = ", ".join(to_format_name(kind) for kind in limits.media_types) or "any type"
    return f"{types}; at most {', '.join(bounds)}" if bounds else types
