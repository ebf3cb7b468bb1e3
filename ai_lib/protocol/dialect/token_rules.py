"""How an API family counts tokens, as a dialect's or a manifest's data."""

from fnmatch import fnmatchcase
from typing import Literal

import msgspec


class ImageShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an image costs in tokens, by its size in pixels.

    The image is first scaled down: its longest side to `longest`, its shortest to `shortest`, its
    area to `pixels`. Then by `rule`:

    - `fixed`: `base`;
    - `tiles`: `base`, and `each` for every square of `side` that covers it;
    - `patches`: the squares of `side`, at most `most`, times `factor`;
    - `area`: one token for every `per_token` pixels, at most `most`.

    An image with no side above `small` costs `each`, one asked for in low detail `low`. `assumed`
    is what is counted where the size can't be known.
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
    """What text becomes when it is a request, in tokens.

    `message` is what a turn costs beside its text, `named` what a name adds, `reply` what opens the
    answer, `tools` what the first tool brings along, `tool` each one. `page` is a page of a
    document, `audio_second` a second of sound.

    `encodings` maps patterns of model names (`*` and `?`) to the encoding that cuts their text,
    `images` to what their images cost. Of several that match the longest pattern counts.
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
        """Return the name of the encoding that cuts a model's text, None where nothing says so."""
        return self.encodings.get(_find_longest_match(self.encodings, model))

    def find_image_shape(self, model: str) -> ImageShape:
        """Return what a model's images cost."""
        return self.images.get(_find_longest_match(self.images, model)) or ImageShape(base=1105)


def _find_longest_match(patterns: dict[str, str] | dict[str, ImageShape], model: str) -> str:
    found = (one for one in patterns if fnmatchcase(model, one))
    return max(found, key=len, default="")
