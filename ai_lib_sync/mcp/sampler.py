# Generated from ai_lib/mcp/sampler.py by codegen; do not edit.
"""Answers what MCP servers ask of a model by a client of the caller's."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Final

from ai_lib.errors.exceptions import BudgetExceeded
from ai_lib.mcp.content import read_messages
from ai_lib.types.json import JsonDict, JsonObject, as_list
from ai_lib.types.message import Message
from ai_lib.types.response import ChatResponse

from ..client.client import AiClient

_STOP_REASONS: Final = {"length": "maxTokens", "stop_sequence": "stopSequence"}


def sampling(
    client: AiClient, *, budget: float | None = None, max_tokens: int = 4096
) -> Callable[[JsonObject], JsonDict]:
    """Return a function for `on_sampling=` that asks the client's model.

    The server chooses the messages, the instructions, the temperature and, up to `max_tokens`, the
    length; never the model. With `budget`, in the currency of the prices, no more is asked once
    the answers have cost so much, or one whose price is unknown.

    Raises:
        BudgetExceeded: (the function) the budget is spent; the server is told that it got nothing.
    """
    account = _SamplingBudget(budget)

    def sample(params: JsonObject) -> JsonDict:
        account.check()
        chat = client.chat()
        system = params.get("systemPrompt")
        if isinstance(system, str) and system:
            chat.add_message(Message.system(system))
        chat.messages(read_messages(params))
        wish = params.get("maxTokens")
        chat.max_tokens(min(wish, max_tokens) if isinstance(wish, int) else max_tokens)
        temperature = params.get("temperature")
        if isinstance(temperature, int | float):
            chat.temperature(temperature)
        stops = [str(stop) for stop in as_list(params.get("stopSequences"))]
        if stops:
            chat.stop(stops)
        response = chat.execute()
        account.book(response)
        return _write_answer(response)

    return sample


class _SamplingBudget:
    """What all answers of one function may cost."""

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        self._spent: float | None = 0.0
        self._lock = Lock()

    def check(self) -> None:
        """Raise BudgetExceeded when nothing is left, or it is not known how much."""
        with self._lock:
            if self._limit is None or (self._spent is not None and self._spent < self._limit):
                return
            raise BudgetExceeded(
                f"the budget of {self._limit} for what MCP servers ask of a model is spent",
                limit=self._limit,
                spent=self._spent or 0.0,
                reserved=0.0,
                needed=None,
                currency="USD",
            )

    def book(self, response: ChatResponse) -> None:
        """Add what an answer cost."""
        with self._lock:
            cost = response.cost.total_cost if response.cost is not None else None
            self._spent = None if cost is None or self._spent is None else self._spent + cost


def _write_answer(response: ChatResponse) -> JsonDict:
    reason = response.termination_reason or ""
    return {
        "role": "assistant",
        "content": {"type": "text", "text": response.content},
        "model": response.model or "",
        "stopReason": _STOP_REASONS.get(reason, "endTurn"),
    }
