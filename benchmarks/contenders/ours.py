"""`ai_lib`, on asyncio or trio, as a user would call it."""

import logging
import time
from collections.abc import Callable, Mapping

from ai_lib import AiClient, PartialContentDelta
from ai_lib.client.builder import AiClientBuilder
from ai_lib.transport import HttpTransport, PoolConfig, TransportOptions

Builder = AiClientBuilder[AiClient]


class AiLib:
    """One client a model, over one transport.

    `setting` says how the clients are built: `default`, `bare` (nothing protects a call),
    `everything` (all that protects a call, and metrics), `off` (cache, guardrails, plugins and
    logging are there, switched off), `cached`.
    """

    def __init__(self, url: str, provider: str = "openai", setting: str = "default") -> None:
        self._url, self._provider = url, provider
        self._dress = _SETTINGS[setting]
        # A thousand streams at once need more than the 500 connections there are by default.
        pool = PoolConfig.high_throughput()
        self._transport = HttpTransport(TransportOptions(pool=pool))
        self._clients: dict[str, AiClient] = {}

    async def _client(self, model: str) -> AiClient:
        client = self._clients.get(model)
        if client is None:
            name = f"{self._provider}/{model}"
            builder = AiClient.builder().model(name).api_key("benchmark").base_url(self._url)
            builder = self._dress(builder.transport(self._transport), self._url)
            client = self._clients[model] = await builder.build()
        return client

    async def plain(self, model: str) -> int:
        client = self._clients.get(model) or await self._client(model)
        return len((await client.chat().user("Hello").execute()).content)

    async def stream(self, model: str) -> int:
        client = self._clients.get(model) or await self._client(model)
        pieces = []
        async with client.chat().user("Hello").stream() as events:
            async for event in events:
                if isinstance(event, PartialContentDelta):
                    pieces.append(event.content)
        return len("".join(pieces))

    async def arguments(self, model: str) -> int:
        client = self._clients.get(model) or await self._client(model)
        async with client.chat().user("Hello").stream() as events:
            async for _ in events:
                pass
        document = events.response().tool_calls[0].arguments["document"]
        assert isinstance(document, str)
        return len(document)

    async def first(self, model: str) -> float:
        client = self._clients.get(model) or await self._client(model)
        began, spent = time.perf_counter(), 0.0
        async with client.chat().user("Hello").stream() as events:
            async for event in events:
                if not spent and isinstance(event, PartialContentDelta):
                    spent = time.perf_counter() - began
        return spent


def _bare(builder: Builder, _: str) -> Builder:
    from ai_lib.resilience import RetryConfig

    return builder.with_retry(RetryConfig(max_retries=0))


def _everything(builder: Builder, url: str) -> Builder:
    from ai_lib.resilience import CircuitBreakerConfig, RateLimiterConfig, RetryConfig
    from ai_lib.telemetry import MetricsCollector

    return (
        builder.with_retry(RetryConfig())
        .with_rate_limit(RateLimiterConfig.from_rps(1_000_000))
        .with_circuit_breaker(CircuitBreakerConfig())
        .max_inflight(10_000)
        .with_fallbacks(["deepseek/plain", "groq/plain"])
        .api_key_for("deepseek/plain", "benchmark")
        .base_url_for("deepseek/plain", url)
        .api_key_for("groq/plain", "benchmark")
        .base_url_for("groq/plain", url)
        .metrics(MetricsCollector())
    )


def _off(builder: Builder, _: str) -> Builder:
    from ai_lib.cache import CacheConfig, CacheManager
    from ai_lib.plugins import PluginRegistry

    logger = logging.getLogger("benchmarks.off")
    logger.setLevel(logging.CRITICAL + 1)
    return (
        builder.cache(CacheManager(CacheConfig.no_cache()))
        .guardrails(input=False, output=False)
        .plugins(PluginRegistry())
        .logger(logger)
    )


def _cached(builder: Builder, _: str) -> Builder:
    from ai_lib.cache import CacheManager

    return builder.cache(CacheManager())


_SETTINGS: Mapping[str, Callable[[Builder, str], Builder]] = {
    "default": lambda builder, _: builder,
    "bare": _bare,
    "everything": _everything,
    "off": _off,
    "cached": _cached,
}
