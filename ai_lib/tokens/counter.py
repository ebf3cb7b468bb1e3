"""Counts the tokens of text, messages and whole requests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_lib._lazy import old_names
from ai_lib.protocol.dialect.token_rules import TokenShape
from ai_lib.tokens.encodings import Encoding, find_encoding
from ai_lib.tokens.estimator import Estimator
from ai_lib.tokens.known_model import resolve_model
from ai_lib.tokens.request_counter import RequestCounter
from ai_lib.types.cost import TokenCount
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition


class TokenCounter:
    """Counts tokens for one model: with its encoding where that is available, else by an estimate.

    `is_exact` says which. `error_bound` is the share by which a count of text may be off, 0 when
    exact. `encoding` names the encoding that counts or is estimated, None where it is unknown.
    Any thread may use a counter.
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
        `cache_dir`. The vocabulary is downloaded only with `download`. An unknown model is
        estimated.

        Raises:
            RequestError: the download failed.
        """
        known_model = resolve_model(model)
        return cls.from_shape(
            known_model.shape, known_model.model, cache_dir=cache_dir, download=download
        )

    @classmethod
    def from_shape(
        cls,
        shape: TokenShape,
        model: str,
        *,
        cache_dir: str | Path | None = None,
        download: bool = False,
    ) -> TokenCounter:
        """Return the counter of a model with its dialect's token rules. Raises as `for_model`."""
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

    def count_at_most(self, text: str) -> int:
        """Return the tokens of a text, rounded up by the error bound."""
        return self._estimator.count_at_most(text) if self._exact is None else self.count(text)

    def count_messages(
        self, messages: Sequence[Message], tools: Sequence[ToolDefinition] = ()
    ) -> int:
        """Return the tokens of a conversation as it is sent, with those around each message."""
        return self.count_request(ChatRequest(messages=messages, tools=tools)).tokens

    def count_request(self, request: ChatRequest) -> TokenCount:
        """Return the tokens of a request's input, and their upper bound."""
        counter = RequestCounter(self._shape, self.model, self.count, self.count_at_most)
        counter.add(request)
        return TokenCount(
            tokens=counter.tokens,
            at_most=counter.at_most,
            is_exact=self.is_exact and not counter.has_guesses,
            error_bound=counter.at_most / counter.tokens - 1 if counter.tokens else 0.0,
            encoding=self.encoding,
        )

    def truncate_to_limit(self, text: str, max_tokens: int, suffix: str = "...") -> str:
        """Return the text, or its beginning and `suffix`, so that it has `max_tokens` at most.

        Where tokens are estimated, the text is cut early enough to keep the limit. Where the
        suffix alone does not fit, it is left out.

        Raises:
            ValueError: `max_tokens` is below 0.
        """
        if max_tokens < 0:
            raise ValueError(f"a text can't have {max_tokens} tokens")
        if self.count_at_most(text) <= max_tokens:
            return text
        if self.count_at_most(suffix) > max_tokens:
            suffix = ""
        low, high = 0, min(len(text), max_tokens * _LONGEST_TOKEN)
        while low < high:
            middle = (low + high + 1) // 2
            if self.count_at_most(text[:middle] + suffix) <= max_tokens:
                low = middle
            else:
                high = middle - 1
        # A longer text may have fewer tokens by one or two, so the search may end too late.
        while low and self.count_at_most(text[:low] + suffix) > max_tokens:
            low -= 1
        return text[:low] + suffix

    def __repr__(self) -> str:
        precision = "exact" if self.is_exact else f"estimated within {self.error_bound:.0%}"
        return f"TokenCounter({self.model!r}, {self.encoding}, {precision})"


# No vocabulary has a token of more characters; runs of one sign are the longest.
_LONGEST_TOKEN = 128

if not TYPE_CHECKING:
    __getattr__ = old_names(__name__)
