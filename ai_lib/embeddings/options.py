"""What a call asks of the vectors, and how a client splits its texts."""

from collections.abc import Callable
from typing import Literal

import msgspec

from ai_lib.types.json import JsonObject

Encoding = Literal["float", "base64"]


class EmbeddingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the vectors; None leaves it to the manifest and the provider.

    - `dimensions`: their length;
    - `input_type`: what the texts are: `query`, `document`, `similarity`, `classification`,
      `clustering`, or a word of the provider's own;
    - `encoding`: how vectors are sent, which changes nothing but the size of the reply;
    - `truncate`: cut a text that is too long (True), or have it refused (False);
    - `extra`: further fields of the body, as they are.
    """

    dimensions: int | None = None
    input_type: str | None = None
    encoding: Encoding | None = None
    truncate: bool | None = None
    extra: JsonObject = {}


class SplitOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How many texts go into one request, at most, and how many requests go at once.

    `count_tokens` counts a text's tokens exactly; without it they are estimated.
    """

    batch_size: int | None = None
    max_concurrent: int = 4
    count_tokens: Callable[[str], int] | None = None
