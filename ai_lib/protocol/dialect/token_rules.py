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


class WeightShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tokens that the parts of a request weigh beside their text, for some models.

    `request` is added to each request: a template, or instructions of the provider's own. `text`
    multiplies the tokens of all text, for a vocabulary that is not listed.

    `tools` is added once where there are tools, `tool` for each of them, `call` for each call and
    each result, `schema` with a schema of the answer, `thinking` where the model shall think.
    `definition` and `answer` are the shares of a tool's JSON and of a schema's that are counted,
    `opaque` that of a block in the provider's own form, `signature` the tokens for each character
    of a signature that is sent back. A share below 1 lowers the estimate, never the upper bound.
    """

    request: int = 0
    text: float = 1.0
    tools: int = 0
    tool: int = 8
    definition: float = 1.0
    call: int = 12
    schema: int = 0
    answer: float = 1.0
    thinking: int = 0
    signature: float = 0.0
    opaque: float = 1.0


class TokenShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tokens that a request costs beside those of its text.

    `message` is added for each message, `named` for a name in it, `reply` once for the start of
    the response. `page` is added for a page of a document, which may be `most_page` (else twice
    as many), `audio_second` for a second of sound.

    `encodings` maps patterns of model names (`*` and `?`) to the encoding of their text, `images`
    maps such patterns to the cost of their images, `weights` to what other parts weigh. The
    longest pattern that matches counts.
    """

    message: int = 4
    named: int = 1
    reply: int = 3
    page: int = 1000
    most_page: int = 0
    audio_second: float = 32.0
    encodings: dict[str, str] = {}
    images: dict[str, ImageShape] = {}
    weights: dict[str, WeightShape] = {}

    def find_encoding(self, model: str) -> str | None:
        """Return the name of the encoding of a model's text, or None when it is unknown."""
        return self.encodings.get(_find_longest_match(self.encodings, model))

    def find_image_shape(self, model: str) -> ImageShape:
        """Return what a model's images cost, or the default shape."""
        return self.images.get(_find_longest_match(self.images, model)) or ImageShape(base=1105)

    def find_weights(self, model: str) -> WeightShape:
        """Return what the parts of a model's requests weigh, or the default weights."""
        return self.weights.get(_find_longest_match(self.weights, model)) or WeightShape()


def _find_longest_match(
    patterns: dict[str, str] | dict[str, ImageShape] | dict[str, WeightShape], model: str
) -> str:
    matching_patterns = (pattern for pattern in patterns if fnmatchcase(model, pattern))
    return max(matching_patterns, key=len, default="")
