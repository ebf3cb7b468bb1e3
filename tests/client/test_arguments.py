"""A keyword nobody knows is an error, and never sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ai_lib.client import AiClient
from ai_lib.errors import RequestError
from ai_lib.resilience import CircuitBreakerConfig, ResilientConfig, RetryConfig
from ai_lib.testing import MockProvider
from ai_lib.transport import PoolConfig, TransportOptions
from ai_lib.types import TimeoutOptions


@pytest.mark.parametrize(
    "make",
    [
        TransportOptions,
        PoolConfig,
        RetryConfig,
        ResilientConfig,
        CircuitBreakerConfig,
        TimeoutOptions,
    ],
)
def test_no_configuration_takes_it(make: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match="verfy"):
        make(verfy=False)


async def test_no_call_takes_it() -> None:
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        chat: Any = client.chat().user("?")
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: AiClient.create("openai/gpt-4o", api_key="k", proxies={}),  # type: ignore[call-arg]
            lambda: chat.execute(temprature=1),
            lambda: chat.execute_with_stats(temprature=1),
        ]
        for call in calls:
            with pytest.raises(TypeError, match="unexpected keyword"):
                await call()
        with pytest.raises(TypeError, match="unexpected keyword"):
            chat.stream(temprature=1)
        with pytest.raises(RequestError, match=r"does not take modl="):
            await client.invoke("embeddings", {"input": "x"}, modl="m")
        assert mock.requests == []
