# Generated from tests/lowest/smoke.py by codegen; do not edit.
"""Uses every dependency once, through the public door; without a test framework."""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib_sync.cache import CacheManager, DiskCache
from ai_lib_sync.client import AiClient
from ai_lib_sync.embeddings import cosine_similarity, find_most_similar
from ai_lib_sync.resilience import CircuitBreakerConfig, RateLimiterConfig, RetryConfig
from ai_lib_sync.telemetry import (
    ConsoleExporter,
    MetricsCollector,
    PrometheusExporter,
    Tracer,
    get_logger,
)
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.transport import HttpTransport, TransportOptions

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
READERS: tuple[Literal["auto", "httpcore"], ...] = ("auto", "httpcore")
MANIFEST = """
id: house
protocol_version: "2.0"
dialect: openai_chat
endpoint: {{ base_url: "{url}" }}
capabilities: {{ required: [text, streaming] }}
"""


def use_everything(folder: Path) -> None:
    """Raise what does not work with the versions that are installed."""
    for reader in READERS:
        _call(reader, folder)
    _use_extras()


def _call(reader: Literal["auto", "httpcore"], folder: Path) -> None:
    """Retry, count, limit, cache and trace: tenacity, pybreaker, aiolimiter, structlog."""
    replies = [Reply(status=503), Reply(text="hi"), Reply(text="streamed"), Reply(text="limited")]
    replies += [Reply(text='{"city": 3}'), Reply(text='{"city": "Lisbon"}')]
    transport = HttpTransport(TransportOptions(reader=reader))
    with MockProvider(replies) as mock, transport:
        (folder / "house.yaml").write_text(MANIFEST.format(url=mock.base_url("openai")))
        builder = AiClient.builder().model("house/m").api_key("k").protocol_dir(folder)
        builder.with_retry(RetryConfig(max_retries=2, min_delay_ms=1)).transport(transport)
        builder.with_rate_limit(RateLimiterConfig(requests_per_second=1000, tokens_per_minute=1e9))
        builder.with_circuit_breaker(CircuitBreakerConfig()).metrics(MetricsCollector())
        builder.tracer(Tracer(exporter=ConsoleExporter(io.StringIO())))
        with builder.build() as client:
            assert (client.chat().user("?").execute()).content == "hi"
            text = ""
            for event in client.chat().user("?").stream():
                text += event.as_content_delta.text if event.is_content_delta else ""
            assert text == "streamed"
            assert (client.chat().user("?").execute()).content == "limited"
            output = client.chat().user("?").execute_structured(SCHEMA)
            assert output.data == {"city": "Lisbon"}
    cache = CacheManager(backend=DiskCache(folder / f"cache-{reader}"))
    cache.set("key", "value")
    assert cache.get("key") == "value"
    cache.close()
    get_logger("smoke").info("it works", reader=reader)


def _use_extras() -> None:
    """Use what the extras install, where it is installed."""
    assert ManifestCatalog().load("openai").id == "openai"
    assert round(cosine_similarity([1, 2], [1, 2]), 9) == 1
    vectors = [[float(n), 1.0] for n in range(2000)]  # many: numpy counts, where there is numpy
    assert find_most_similar([1999.0, 1.0], vectors, 1)
    if find_spec("prometheus_client"):
        exporter = PrometheusExporter(MetricsCollector(), port=0).start()
        exporter.stop()
    if find_spec("PIL"):
        from PIL import Image

        from ai_lib.protocol.manifest.media import MediaLimits
        from ai_lib.request.media.images import convert_image

        file = io.BytesIO()
        Image.new("RGB", (400, 300), "red").save(file, "PNG")
        limits = MediaLimits(max_pixels=(100, 100), media_types=("image/png",))
        assert convert_image(file.getvalue(), "image/png", (400, 300), limits)
    if find_spec("rich"):
        from ai_lib.cli.chat.writer import MarkdownWriter

        writer = MarkdownWriter()
        writer.write("**hi**")
        writer.finish()
