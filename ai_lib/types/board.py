"""Figures of calls as small tables for a notebook."""

from typing import Protocol

from ai_lib.types.figures import money_in_words, time_in_words
from ai_lib.types.markup import facts


class Counted(Protocol):
    """The figures of one call."""

    @property
    def model(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def latency_ms(self) -> float: ...
    @property
    def time_to_first_token_ms(self) -> float | None: ...
    @property
    def retry_count(self) -> int: ...
    @property
    def prompt_tokens(self) -> int: ...
    @property
    def completion_tokens(self) -> int: ...
    @property
    def total_tokens(self) -> int: ...
    @property
    def request_id(self) -> str: ...
    @property
    def cost(self) -> float | None: ...
    @property
    def currency(self) -> str: ...


def stats_board(stats: Counted) -> str:
    """Return the figures of one call."""
    first = stats.time_to_first_token_ms
    return facts(
        {
            "model": f"{stats.provider}/{stats.model}",
            "tokens in": stats.prompt_tokens,
            "tokens out": stats.completion_tokens,
            "total": stats.total_tokens,
            "cost": money_in_words(stats.cost, stats.currency) or "unknown",
            "time": time_in_words(stats.latency_ms),
            "first token": None if first is None else time_in_words(first),
            "retries": stats.retry_count or None,
            "request id": stats.request_id,
        }
    )
