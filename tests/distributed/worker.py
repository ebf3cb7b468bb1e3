"""One of several processes that share a state: `python -m tests.distributed.worker JOB JSON`."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
import pytest

from ai_lib.client import AiClient
from ai_lib.distributed import SharedState
from ai_lib.distributed.limiter import _RESERVE, _SETTLE
from ai_lib.distributed.resp import Argument
from ai_lib.distributed.store import ServerCode
from ai_lib.errors import AiLibError, BudgetExceeded, RateLimitExceeded
from ai_lib.resilience import CircuitBreakerConfig, RetryConfig

pytestmark = pytest.mark.async_only
MODEL = "openai/gpt-4o"
Settings = dict[str, Any]


async def _build(settings: Settings, state: SharedState) -> AiClient:
    maker = AiClient.builder().model(MODEL).api_key("k").base_url(settings["base_url"])
    maker = maker.with_retry(RetryConfig.no_retry()).share_state(state)
    circuit = CircuitBreakerConfig(failure_threshold=3, cooldown_seconds=600)
    maker = maker.with_circuit_breaker(circuit)
    if limits := settings.get("limits"):
        maker = maker.limiter(state.limiter(**limits))
    if budget := settings.get("budget"):
        maker = maker.budget(state.budget(budget))
    if settings.get("cache"):
        maker = maker.cache(state.cache())
    return await maker.build()


def note_places(state: SharedState, places: dict[str, float]) -> None:
    """Have the place of each ticket noted as it is granted, in seconds of the store's clock."""
    store = state._connection.store
    run = store.run

    async def run_and_note(
        script: ServerCode, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> list[int]:
        reply = await run(script, keys, arguments)
        if script is _RESERVE:
            wait, _, age, made = reply
            # A ticket that is asked about again keeps a place that has come.
            if places.get(keys[2], float("inf")) > (made + age) / 1e6:
                places[keys[2]] = (made + age + wait) / 1e6
        elif script is _SETTLE and all(cost == 0 for cost in arguments[1::2]):
            places.pop(keys[0], None)
        return reply

    store.run = run_and_note  # type: ignore[method-assign]


async def limited(client: AiClient, settings: Settings) -> Settings:
    """Send as much as the limits allow for so many seconds, with many tasks."""
    report: Settings = {"answers": 0, "errors": []}

    async def ask() -> None:
        while True:
            try:
                chat = client.chat().user("hello there").max_tokens(settings["max_tokens"])
                await chat.execute()
                report["answers"] += 1
            except RateLimitExceeded:
                return
            except AiLibError as error:
                report["errors"].append(repr(error))

    with anyio.move_on_after(settings["seconds"]):
        async with anyio.create_task_group() as group:
            for _ in range(settings["tasks"]):
                group.start_soon(ask)
    return report


async def spending(client: AiClient, settings: Settings) -> Settings:
    """Send until the budget is used up, with many tasks."""
    costs: list[float] = []

    async def ask() -> None:
        while True:
            try:
                response = await client.chat().user("hi").max_tokens(50).execute()
            except BudgetExceeded:
                return
            assert response.cost is not None
            costs.append(response.cost.total_cost or 0.0)

    async with anyio.create_task_group() as group:
        for _ in range(settings["tasks"]):
            group.start_soon(ask)
    return {"spent": sum(costs)}


async def _ask_lines(client: AiClient) -> None:
    async for line in anyio.wrap_file(sys.stdin):
        try:
            response = await client.chat().user(line.strip()).temperature(0).execute()
            _say({"content": response.content})
        except AiLibError as error:
            _say({"error": type(error).__name__})


async def _hold(state: SharedState, settings: Settings) -> None:
    """Take a slot, set some money aside, take a place, say so, and never give anything back."""
    concurrency = state.concurrency(1, lease=settings["lease"])
    await concurrency.acquire_slot()
    await state.limiter(**settings["limits"]).reserve("p/m", "held", 1)
    _say({"held": True})
    await anyio.sleep_forever()


def _say(report: Settings) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


_JOBS: dict[str, Callable[[AiClient, Settings], Awaitable[Settings]]] = {
    "limited": limited,
    "spending": spending,
}


async def _main(job: str, settings: Settings) -> None:
    async with SharedState.redis(settings["url"], prefix=settings["prefix"],
                                 processes=settings.get("processes", 1)) as state:  # fmt: skip
        if job == "hold":
            await _hold(state, settings)
        places: dict[str, float] = {}
        note_places(state, places)
        async with await _build(settings, state) as client:
            _say({"ready": True})
            if job == "ask":
                await _ask_lines(client)
                return
            await anyio.to_thread.run_sync(sys.stdin.readline)
            _say({**await _JOBS[job](client, settings), "places": sorted(places.values())})


if __name__ == "__main__":
    _settings = json.loads(sys.argv[2])
    anyio.run(_main, sys.argv[1], _settings, backend=_settings["backend"])
