"""Makes images, audio and documents fit what a target takes, before anything is sent."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from ai_lib.errors import codes
from ai_lib.errors.exceptions import MediaError
from ai_lib.protocol.manifest.media import MediaLimits, Multimodal
from ai_lib.request.media.audio import convert, has_soundfile, seconds_of
from ai_lib.request.media.images import Unfit, has_pillow, refit
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
    decoded,
    family_of,
    from_bytes,
    from_data_url,
    is_data_url,
)
from ai_lib.types.media_type import one_name, pixels_of, recognised, word_of
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest

Part = TextBlock | ImageBlock | DocumentBlock
File = TypeVar("File", ImageBlock, AudioBlock, DocumentBlock)
Item = TypeVar("Item")

# Base64 letters, a multiple of four: enough to tell a type, and mostly the pixels.
_HEAD: Final = 1368
_EXTRAS: Final = {"image": "vision", "audio": "audio"}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a block holds: its media type, bytes, and pixels as far as its header says them."""

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
    """Fits the media of one request to the limits of the target `target`.

    What fits stays as it is, byte for byte; `adaptations` says what was done to the rest.
    """

    def __init__(self, limits: Multimodal, target: str) -> None:
        self._limits = limits
        self._target = target
        self._counts: Counter[str] = Counter()
        self.adaptations: list[str] = []

    def fit(self, request: ChatRequest) -> ChatRequest:
        """Return the request with media that the target takes.

        Raises:
            MediaError: something does not fit and can't be made to, or not without an extra that
                is not installed.
        """
        messages = _each(request.messages, self._message)
        if messages is request.messages:
            return request
        return msgspec.structs.replace(request, messages=messages)

    def _message(self, message: Message) -> Message:
        if isinstance(message.content, str):
            return message
        blocks = _each(message.content, self._block)
        if blocks is message.content:
            return message
        return msgspec.structs.replace(message, content=blocks)

    def _block(self, block: Block) -> Block:
        match block:
            case ImageBlock() | DocumentBlock():
                return self._part(block)
            case AudioBlock():
                return self._file(block, "audio", self._limits.audio)
            case ToolResultBlock(content=content) if not isinstance(content, str):
                parts = _each(content, self._part)
                changed = parts is not content
                return msgspec.structs.replace(block, content=parts) if changed else block
        return block

    def _part(self, block: Part) -> Part:
        if isinstance(block, ImageBlock):
            return self._file(block, "image", self._limits.image)
        if isinstance(block, DocumentBlock):
            return self._file(block, "document", self._limits.document)
        return block

    def _file(self, block: File, family: Family, limits: MediaLimits) -> File:
        self._counts[family] += 1
        name = f"{family} {self._counts[family]}"
        self._check_count(family, limits)
        if block.url is not None and is_data_url(block.url):
            media = from_data_url(block.url)
            kind = block.media_type or media.media_type
            block = msgspec.structs.replace(block, url=None, data=media.data, media_type=kind)
        if block.data is None:
            self._check_address(block.url, name, limits)
            return block
        return self._fitted(block, block.data, name, family, limits)

    def _fitted(
        self, block: File, data: str, name: str, family: Family, limits: MediaLimits
    ) -> File:
        found = self._inspected(data, block.media_type, name, family, limits)
        if limits.max_seconds is not None and (found.seconds or 0) > limits.max_seconds:
            why = f"it lasts longer than {limits.max_seconds:g} s"
            raise self._misfit(name, found, limits, why=why)
        if self._fits(found, limits):
            if found.media_type == (block.media_type or ""):
                return block
            self._say(f"{name}: sent as {found.media_type}, which it is, not {block.media_type}")
            return msgspec.structs.replace(block, media_type=found.media_type)
        content, media_type, outcome = self._converted(data, found, name, family, limits)
        self._say(f"{name}: {found} -> {outcome}")
        media = from_bytes(content, family, media_type)
        return msgspec.structs.replace(block, data=media.data, media_type=media_type)

    def _say(self, adaptation: str) -> None:
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
        """Refuse an address nobody will fetch: the provider does not, and this library never."""
        if url is None or limits.encodings != {"base64_inline"}:
            return
        raise MediaError(
            f"{name}: {self._target} fetches nothing from addresses such as {url[:100]!r}: "
            "fetch it yourself and give its bytes",
            provider=self._target,
        )

    def _inspected(
        self, data: str, declared: str | None, name: str, family: Family, limits: MediaLimits
    ) -> Found:
        if not data:
            raise MediaError(f"{name} is empty", provider=self._target, size=0)
        head = _beginning(data, _HEAD)
        actual = recognised(head)
        if actual is not None and family_of(actual) != family:
            raise MediaError(
                f"{name} holds {actual}, which is no {family}: give it as what it is",
                provider=self._target,
                media_type=actual,
                allowed=limits.media_types,
            )
        kind = declared or ""
        if actual is not None and (family == "image" or one_name(kind) != actual):
            kind = actual
        size = len(data) * 3 // 4 - data[-2:].count("=")
        pixels = _pixels(data, head, actual, limits) if family == "image" and actual else None
        seconds = _seconds(data, name, limits) if family == "audio" else None
        return Found(media_type=kind, size=size, pixels=pixels, seconds=seconds)

    def _fits(self, found: Found, limits: MediaLimits) -> bool:
        types, most = limits.media_types, limits.max_pixels
        if types and one_name(found.media_type) not in types:
            return False
        if limits.max_bytes is not None and found.size > limits.max_bytes:
            return False
        if most is None or found.pixels is None:
            return True
        return max(found.pixels) <= most[0] and min(found.pixels) <= most[1]

    def _converted(
        self, data: str, found: Found, name: str, family: Family, limits: MediaLimits
    ) -> tuple[bytes, str, str]:
        """Return the content made to fit, its type, and what became of it in words."""
        has_extra = {"image": has_pillow, "audio": has_soundfile}.get(family, lambda: True)
        if not has_extra():
            raise self._misfit(name, found, limits, extra=_EXTRAS[family])
        content = decoded(data, name)
        try:
            if family == "image":
                picture = refit(content, one_name(found.media_type), found.pixels, limits)
                made = Found(
                    media_type=picture.media_type, size=len(picture.data), pixels=picture.pixels
                )
                first = f", the first of {picture.frames} frames" if picture.frames > 1 else ""
                return picture.data, picture.media_type, f"{made}{first}"
            if family == "audio":
                sound = convert(content, limits)
                made = Found(
                    media_type=sound.media_type, size=len(sound.data), seconds=sound.seconds
                )
                return sound.data, sound.media_type, str(made)
        except Unfit as error:
            raise self._misfit(name, found, limits, why=str(error)) from error
        raise self._misfit(name, found, limits)

    def _misfit(
        self,
        name: str,
        found: Found,
        limits: MediaLimits,
        *,
        extra: str | None = None,
        why: str = "it can't be made to fit",
    ) -> MediaError:
        how = why
        if extra is not None:
            how = f"convert it, or install the {extra} extra (ai-lib[{extra}]) to have it converted"
        error = MediaError(
            f"{name} ({found}) is not what {self._target} takes ({_allowed(limits)}): {how}",
            provider=self._target,
            media_type=found.media_type,
            size=found.size,
            pixels=found.pixels,
            allowed=limits.media_types,
            extra=extra,
        )
        error.standard_code = codes.REQUEST_TOO_LARGE
        return error


def _each(items: Sequence[Item], change: Callable[[Item], Item]) -> Sequence[Item]:
    """Return the items changed; the very same sequence when none of them was."""
    changed = tuple(change(item) for item in items)
    return changed if any(a is not b for a, b in zip(changed, items, strict=True)) else items


def _beginning(data: str, letters: int) -> bytes:
    """Return the first bytes; none for what is not base64, which is for the provider to judge."""
    try:
        return decoded(data[:letters])
    except MediaError:
        return b""


def _pixels(data: str, head: bytes, media_type: str, limits: MediaLimits) -> tuple[int, int] | None:
    found = pixels_of(head, media_type)
    # A camera may put a preview and a lot more before the size of a JPEG.
    letters = _HEAD if media_type == "image/jpeg" and limits.max_pixels else len(data)
    while found is None and letters < len(data):
        letters *= 8
        found = pixels_of(_beginning(data, letters), media_type)
    return found


def _seconds(data: str, name: str, limits: MediaLimits) -> float | None:
    if limits.max_seconds is None or not has_soundfile():
        return None
    return seconds_of(decoded(data, name))


def _allowed(limits: MediaLimits) -> str:
    most = []
    if limits.max_pixels is not None:
        most.append("{}x{} pixels".format(*limits.max_pixels))
    if limits.max_bytes is not None:
        most.append(f"{limits.max_bytes:,} bytes")
    types = ", ".join(word_of(kind) for kind in limits.media_types) or "any type"
    return f"{types}; at most {', '.join(most)}" if most else types
