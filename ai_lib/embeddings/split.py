"""The options of embedding calls, their requests, and how texts are split into requests."""

import math
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from ai_lib.errors.exceptions import InvalidInput, RequestError
from ai_lib.protocol.dialect.embeddings import EmbeddingLimits
from ai_lib.types.json import JsonObject

Encoding = Literal["float", "base64"]


class EmbeddingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of vectors; None leaves an option to the manifest and the provider.

    - `dimensions`: the length of the vectors;
    - `input_type`: what the texts are: `query`, `document`, `similarity`, `classification`,
      `clustering`, or a word of the provider;
    - `encoding`: how vectors are sent, which changes only the size of the response;
    - `truncate`: whether a text that is too long is cut (True) or refused (False);
    - `extra`: further fields of the body, unchanged.
    """

    dimensions: int | None = None
    input_type: str | None = None
    encoding: Encoding | None = None
    truncate: bool | None = None
    extra: JsonObject = {}


class EmbeddingRequest(EmbeddingOptions, frozen=True, kw_only=True):
    """One text or several to embed, with the options of their vectors.

    `EmbeddingClient.embed_batch` takes it in place of texts. An option that is not None comes
    before the client's own.
    """

    input: str | Sequence[str]

    @property
    def texts(self) -> Sequence[str]:
        """The texts; one text is a sequence of one."""
        return (self.input,) if isinstance(self.input, str) else self.input

    def apply_to(self, options: EmbeddingOptions) -> EmbeddingOptions:
        """Return the options with those of this request in place of them."""
        overrides = {
            name: value
            for name in EmbeddingOptions.__struct_fields__
            if (value := getattr(self, name)) is not None
        }
        return msgspec.structs.replace(
            options, **{**overrides, "extra": {**options.extra, **self.extra}}
        )


class SplitOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How many texts one request has at most, and how many requests are sent at once.

    `count_tokens` counts the tokens of a text exactly; without it they are estimated.
    """

    batch_size: int | None = None
    max_concurrent: int = 4
    count_tokens: Callable[[str], int] | None = None

    def __post_init__(self) -> None:
        for name in ("batch_size", "max_concurrent"):
            count = getattr(self, name)
            if count is not None and count < 1:
                raise ValueError(f"{name} must be 1 or more, not {count}")


# A token of Latin letters has about three characters or more; in other scripts about every letter
# is a token. An estimate that is too high is better than a request that is refused.
_LATIN_CHARACTERS_PER_TOKEN: Final = 3


def estimate_tokens(text: str) -> int:
    """Return an estimate of the tokens of a text, rather too high than too low."""
    ascii_count = len(text.encode("ascii", "ignore"))
    return math.ceil(ascii_count / _LATIN_CHARACTERS_PER_TOKEN) + len(text) - ascii_count


def require_sequence(texts: Sequence[str]) -> None:
    """Refuse one string, whose characters would be the texts, with a TypeError."""
    if isinstance(texts, str):
        raise TypeError("embed_batch takes a sequence of texts; for one text there is embed")


def check_texts(texts: Sequence[str], limits: EmbeddingLimits, options: SplitOptions) -> list[str]:
    """Return the texts as a list if each may be embedded.

    A text that is certainly too long is refused here: by `count_tokens`, or else when it has more
    words than tokens are allowed. The provider judges the others.

    Raises:
        TypeError: `texts` is one string, or a text is no string.
        InvalidInput: a text is empty or too long; `index` says which.
        RequestError: there are no texts.
    """
    require_sequence(texts)
    checked_texts = list(texts)
    if not checked_texts:
        raise RequestError("there is no text to embed: the sequence is empty")
    count = options.count_tokens or _count_words
    for index, text in enumerate(checked_texts):
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
    return checked_texts


def split_texts(
    texts: Sequence[str], limits: EmbeddingLimits, options: SplitOptions
) -> list[range]:
    """Return the range of texts of each request, in order, as few requests as possible."""
    max_texts = min(options.batch_size or len(texts), limits.inputs or len(texts))
    if limits.tokens is None:
        starts = range(0, len(texts), max_texts)
        return [range(start, min(start + max_texts, len(texts))) for start in starts]
    count = options.count_tokens or estimate_tokens
    return _split_by_tokens([count(text) for text in texts], max_texts, limits.tokens)


def _split_by_tokens(counts: Sequence[int], max_texts: int, max_tokens: int) -> list[range]:
    ranges: list[range] = []
    start = total = 0
    for index, count in enumerate(counts):
        if index > start and (index - start == max_texts or total + count > max_tokens):
            ranges.append(range(start, index))
            start, total = index, 0
        total += count
    return [*ranges, range(start, len(counts))]


def _count_words(text: str) -> int:
    return len(text.split())
