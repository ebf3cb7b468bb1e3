# Generated from ai_lib/operations/content.py by codegen; do not edit.
"""MediaContent: an image or a video that was made, here or at an address."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path

from ai_lib.errors.exceptions import MediaError
from ai_lib.operations.display import image_html, link_html, video_html
from ai_lib.operations.files import write_file
from ai_lib.types.content import ImageBlock
from ai_lib.types.json import JsonDict
from ai_lib.types.media_type import detect_media_type, normalize_media_type

from .._runtime.backend import run_in_thread

Fetch = Callable[[str], tuple[bytes, str]]


class MediaContent:
    """Content that a model made: `data` when it came with the response, else at `url` for a while.

    `read` fetches it once, without the key where the address is none of the provider's own.
    """

    family = "content"

    def __init__(
        self,
        fetch: Fetch,
        *,
        data: bytes | None = None,
        url: str | None = None,
        media_type: str = "",
        facts: JsonDict | None = None,
    ) -> None:
        self._fetch = fetch
        self.data = data
        self.url = url
        detected = detect_media_type(data[:64]) if data else None
        self.media_type = normalize_media_type(media_type) or detected or ""
        self.facts: JsonDict = facts or {}

    def read(self) -> bytes:
        """Return the bytes; what is at an address is fetched with the first call.

        Raises:
            MediaError: there is neither content nor an address that may be fetched.
            TransportError: it can't be reached, or is larger than a response may be.
            RemoteError: it is not there any more.
        """
        if self.data is None:
            if self.url is None:
                raise MediaError(f"this {self.family} has neither content nor an address")
            self.data, media_type = self._fetch(self.url)
            self.media_type = (
                self.media_type
                or detect_media_type(self.data[:64])
                or normalize_media_type(media_type)
            )
        return self.data

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file, and return its path; one without an ending gets that of the type.

        The file appears when it is complete. Raises OSError, and as `read`.
        """
        data = self.read()
        return run_in_thread(lambda: write_file(path, data, self.media_type))

    def __repr__(self) -> str:
        size = f"{len(self.data)} bytes" if self.data is not None else "at an address"
        return f"{type(self).__name__}({self.media_type or 'unknown'!r}, {size})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._to_html()}

    def _to_html(self) -> str:
        return link_html(self.url) if self.url else repr(self)


class GeneratedImage(MediaContent):
    """One image that a model made."""

    family = "image"

    @property
    def revised_prompt(self) -> str | None:
        """The prompt as the provider changed it, None where it does not say so."""
        text = self.facts.get("revised_prompt")
        return text if isinstance(text, str) else None

    @property
    def is_preview(self) -> bool:
        """Whether a later image of the same stream replaces it."""
        return bool(self.facts.get("is_partial"))

    def to_block(self) -> ImageBlock:
        """Return it as a content block, for a message or for another image."""
        if self.data is None:
            return ImageBlock(url=self.url, media_type=self.media_type or None)
        data = base64.b64encode(self.data).decode()
        return ImageBlock(data=data, media_type=self.media_type or "image/png")

    def _to_html(self) -> str:
        if self.data is None:
            return super()._to_html()
        return image_html(self.data, self.media_type)


class GeneratedVideo(MediaContent):
    """One video that a model made."""

    family = "video"

    @property
    def seconds(self) -> float | None:
        """How long it is, None where the provider does not say so."""
        value = self.facts.get("seconds")
        return float(value) if isinstance(value, int | float) else None

    def _to_html(self) -> str:
        if self.data is None:
            return super()._to_html()
        return video_html(self.data, self.media_type)
