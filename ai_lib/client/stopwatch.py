"""Measures one call."""

from collections.abc import Callable

from ai_lib.types.cost import CostEstimate
from ai_lib.types.response import CallStats
from ai_lib.types.usage import Usage


class Stopwatch:
    """The times of one call, in milliseconds since it began; `now` is a clock in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.restart()

    def restart(self) -> None:
        """Let the call begin now."""
        self.began = self._now()
        self._first_token: float | None = None
        self._ended: float | None = None

    def first_token(self) -> None:
        """Note the first content; later calls change nothing."""
        self._first_token = self._first_token or self._since()

    @property
    def time_to_first_token_ms(self) -> float | None:
        """When the first content came, None as long as none has."""
        return self._first_token

    @property
    def latency_ms(self) -> float:
        """How long the call took, or has taken so far."""
        return self._ended or self._since()

    def stop(self) -> None:
        """Note the end; later calls change nothing."""
        self._ended = self._ended or self._since()

    def stats(
        self,
        *,
        model: str,
        provider: str,
        usage: Usage,
        request_id: str,
        retry_count: int = 0,
        cost: CostEstimate | None = None,
    ) -> CallStats:
        """Return the figures of the call."""
        return CallStats(
            model=model,
            provider=provider,
            latency_ms=self.latency_ms,
            time_to_first_token_ms=self._first_token,
            retry_count=retry_count,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.total_tokens,
            request_id=request_id,
            cost=cost.total_cost if cost else None,
            currency=cost.currency if cost else "USD",
        )

    def _since(self) -> float:
        return (self._now() - self.began) * 1000
