"""The `tokens:` part of a dialect or a manifest: how an API family counts tokens."""

from fnmatch import fnmatchcase
from typing import Literal

import msgspec


class ImageShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tokens that an image costs, by its size in pixels.

    The image is first scaled down: its longest side to `longest`, its shortest to `shortest`, its
    area to `pixels`. Then by `rule`:

    - `fixed`: `base`;
    - `tiles`: `base`, and `each` for every square of `side` that covers it;
    - `patches`: the squares of `side`, at most `most`, times `factor`;
    - `area`: one token for every `per_token` pixels, at most `most`.

    An image with no side above `small` costs `each`, an image in low detail costs `low`, and an
    image of unknown size costs `assumed`.
    """

    rule: Literal["fixed", "tiles", "patches", "area"] = "fixed"
    longest: int | None = None
    shortest: int | None = None
    pixels: int | None = None
    side: int = 512
    base: int = 0
    each: int = 0
    factor: float = 1.0
    per_token: float = 750.0
    most: int | None = None
    small: int | None = None
    low: int | None = None
    assumed: int = 1105


class TokenShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tokens that a request costs beside those of its text.

    `message` is added for each message, `named` for a name in it, `reply` once for the start of
    the response, `tools` once where there are tools, and `tool` for each tool. `page` is added for
    a page of a document, `audio_second` for a second of sound.

    `encodings` maps patterns of model names (`*` and `?`) to the encoding of their text, `images`
    maps such patterns to the cost of their images. The longest pattern that matches counts.
    """

    message: int = 4
    named: int = 1
    reply: int = 3
    tools: int = 0
    tool: int = 8
    page: int = 1000
    audio_second: float = 32.0
    encodings: dict[str, str] = {}
    images: dict[str, ImageShape] = {}

    def find_encoding(self, model: str) -> str | None:
        """Return the name of the encoding of a model's text, or None when it is unknown."""
        return self.encodings.get(_find_longest_match(self.encodings, model))

    def find_image_shape(self, model: str) -> ImageShape:
        """Return what a model's images cost, or the default shape."""
        return self.images.get(_find_longest_match(self.images, model)) or ImageShape(base=1105)


def _find_longest_match(patterns: dict[str, str] | dict[str, ImageShape], model: str) -> str:
    matching_patterns = (pattern for pattern in patterns if fnmatchcase(model, pattern))
    return max(matching_patterns, key=len, default="")
