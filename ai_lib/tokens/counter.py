"""Counts the tokens of text, messages and whole requests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ai_lib.protocol.dialect.token_rules import TokenShape
from ai_lib.tokens.encodings import Encoding, find_encoding
from ai_lib.tokens.estimator import Estimator
from ai_lib.tokens.known_model import known_model
from ai_lib.tokens.request_counter import Weigher
from ai_lib.types.cost import TokenCount
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition


class TokenCounter:
    """Counts as one model does: with its encoding where that can be had, else by an estimate.

    `is_exact` says which. `error_bound` is the share by which a count of text may be off, 0 when
    exact; `encoding` names the encoding that counts or is imitated, None where nothing names one.
    A counter may be used from any thread.
    """

    def __init__(self, shape: TokenShape, model: str, *, exact: Encoding | None = None) -> None:
        self.model = model
        self.encoding = shape.find_encoding(model)
        self._shape = shape
        self._exact = exact
        self._estimator = Estimator(self.encoding)

    @classmethod
    def for_model(
        cls, model: str, *, cache_dir: str | Path | None = None, download: bool = False
    ) -> TokenCounter:
        """Return the counter of a model, by its listed name or as `provider/model`.

        Its encoding is used when tiktoken is installed and has the vocabulary in its cache, or in
        `cache_dir`; the network is only asked with `download`. A model nobody knows is estimated.

        Raises:
            RequestError: with `download`, it could not be had.
        """
        known = known_model(model)
        return cls.of(known.shape, known.model, cache_dir=cache_dir, download=download)

    @classmethod
    def of(
        cls,
        shape: TokenShape,
        model: str,
        *,
        cache_dir: str | Path | None = None,
        download: bool = False,
    ) -> TokenCounter:
        """Return the counter of a model whose dialect is at hand. Raises as `for_model`."""
        name = shape.find_encoding(model)
        exact = find_encoding(name, cache_dir=cache_dir, download=download) if name else None
        return cls(shape, model, exact=exact)

    @property
    def is_exact(self) -> bool:
        """Whether the model's own encoding counts."""
        return self._exact is not None

    @property
    def error_bound(self) -> float:
        """The share by which a count of text may be off."""
        return 0.0 if self.is_exact else self._estimator.error_bound

    def count(self, text: str) -> int:
        """Return the tokens of a text; 0 for the empty one."""
        if self._exact is None:
            return self._estimator.count(text)
        return len(self._exact.encode_ordinary(text))

    def at_most(self, text: str) -> int:
        """Return the tokens of a text, rounded up by the error bound."""
        return self._estimator.at_most(text) if self._exact is None else self.count(text)

    def count_messages(
        self, messages: Sequence[Message], tools: Sequence[ToolDefinition] = ()
    ) -> int:
        """Return the tokens of a conversation as it is sent, with what surrounds each turn."""
        return self.weigh(ChatRequest(messages=messages, tools=tools)).tokens

    def weigh(self, request: ChatRequest) -> TokenCount:
        """Return the tokens of a request's input, and what they are at most."""
        weigher = Weigher(self._shape, self.model, self.count, self.at_most)
        weigher.add(request)
        return TokenCount(
            tokens=weigher.tokens,
            at_most=weigher.at_most,
            is_exact=self.is_exact and not weigher.guessed,
            error_bound=weigher.at_most / weigher.tokens - 1 if weigher.tokens else 0.0,
            encoding=self.encoding,
        )

    def truncate_to_limit(self, text: str, max_tokens: int, suffix: str = "...") -> str:
        """Return the text, or its beginning and `suffix`, so that it is `max_tokens` at most.

        Where tokens are estimated, it is cut so early that the limit holds all the same. Where not
        even the suffix fits, as much of the text as fits stands alone.

        Raises:
            ValueError: `max_tokens` is below 0.
        """
        if max_tokens < 0:
            raise ValueError(f"a text can't have {max_tokens} tokens")
        if self.at_most(text) <= max_tokens:
            return text
        if self.at_most(suffix) > max_tokens:
            suffix = ""
        low, high = 0, min(len(text), max_tokens * _LONGEST_TOKEN)
        while low < high:
            middle = (low + high + 1) // 2
            if self.at_most(text[:middle] + suffix) <= max_tokens:
                low = middle
            else:
                high = middle - 1
        # A longer text may have fewer tokens by one or two, so the search may end too late.
        while low and self.at_most(text[:low] + suffix) > max_tokens:
            low -= 1
        return text[:low] + suffix

    def __repr__(self) -> str:
        how = "exact" if self.is_exact else f"estimated within {self.error_bound:.0%}"
        return f"TokenCounter({self.model!r}, {self.encoding}, {how})"


# No vocabulary has a token of more characters; runs of one sign are the longest.
_LONGEST_TOKEN = 128
