"""Splits texts into requests that the provider takes, and refuses texts that it never takes."""

import math
from collections.abc import Sequence
from typing import Final

from ai_lib.embeddings.options import SplitOptions
from ai_lib.errors.tree import InvalidInput, RequestError
from ai_lib.protocol.embedding import EmbeddingLimits

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
