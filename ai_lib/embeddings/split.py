"""What a call asks of the vectors, and how a client splits its texts."""

import math
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from ai_lib.errors.exceptions import InvalidInput, RequestError
from ai_lib.protocol.dialect.embeddings import EmbeddingLimits
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


# Of text in Latin letters a token is about three characters or more, of other scripts about one
# letter is one: rather too many tokens than a request that is refused.
_LATIN: Final = 3


def estimated_tokens(text: str) -> int:
    """Return how many tokens a text may be, rather too many."""
    plain = len(text.encode("ascii", "ignore"))
    return math.ceil(plain / _LATIN) + len(text) - plain


def checked(texts: Sequence[str], limits: EmbeddingLimits, options: SplitOptions) -> list[str]:
    """Return the texts if each could be embedded.

    What is certainly too long is refused here: by `count_tokens`, else when it has more words than
    tokens are allowed. The rest is the provider's to judge.

    Raises:
        TypeError: `texts` is one string, or one of them is none.
        InvalidInput: one is empty or too long; `index` says which.
        RequestError: there are none.
    """
    if isinstance(texts, str):
        raise TypeError("embed_batch takes a sequence of texts; for one text there is embed")
    found = list(texts)
    if not found:
        raise RequestError("there is no text to embed: the sequence is empty")
    count = options.count_tokens or _words
    for index, text in enumerate(found):
        if not isinstance(text, str):
            raise TypeError(f"text {index} is {type(text).__name__}, not a string")
        if not text:
            raise InvalidInput(f"text {index} is empty; leave it out", index=index)
        # No token is shorter than a byte.
        bound = limits.input_tokens
        if bound is not None and 4 * len(text) > bound and (tokens := count(text)) > bound:
            raise InvalidInput(
                f"text {index} has at least {tokens} tokens, the model takes {bound}; split it, "
                "or let it be cut with truncate=True where the provider can",
                index=index,
            )
    return found


def split(texts: Sequence[str], limits: EmbeddingLimits, options: SplitOptions) -> list[range]:
    """Return the positions of the texts of each request, in order, as few requests as possible."""
    most = min(options.batch_size or len(texts), limits.inputs or len(texts))
    if limits.tokens is None:
        return [range(at, min(at + most, len(texts))) for at in range(0, len(texts), most)]
    count = options.count_tokens or estimated_tokens
    return list(_by_tokens([count(text) for text in texts], most, limits.tokens))


def _by_tokens(tokens: Sequence[int], most: int, bound: int) -> list[range]:
    found: list[range] = []
    start = held = 0
    for at, one in enumerate(tokens):
        if at > start and (at - start == most or held + one > bound):
            found.append(range(start, at))
            start, held = at, 0
        held += one
    return [*found, range(start, len(tokens))]


def _words(text: str) -> int:
    return len(text.split())
