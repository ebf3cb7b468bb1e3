"""The key is in nothing that telemetry gives out, whatever goes wrong and whoever repeats it."""

import logging
import socket

import pytest

from ai_lib import AiClient
from ai_lib.errors import AiLibError
from ai_lib.resilience import RetryConfig
from ai_lib.telemetry import (
    ConsoleExporter,
    InMemoryExporter,
    MetricsCollector,
    ProviderHealthTracker,
    Tracer,
    get_logger,
)
from ai_lib.testing import MockProvider, Reply

# Nothing like any provider's key, so that only knowing it helps.
FIRST, SECOND = "der-Kanarienvogel", "la/canari+=jaune"
ECHO = f"you sent {FIRST} and {SECOND}"
ONE_RETRY = RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1)


class Watch:
    """Everything a client can be given, and all of what it got."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, "ai_lib")
        self.caplog = caplog
        self.collector = MetricsCollector()
        self.exporter = InMemoryExporter()
        self.tracker = ProviderHealthTracker()

    async def client(self, first: str, second: str) -> AiClient:
        builder = AiClient.builder().model("openai/gpt-4o").api_key(FIRST).base_url(first)
        builder.with_fallbacks(["anthropic/claude-sonnet-4-5"]).with_retry(ONE_RETRY)
        builder.api_key_for("anthropic/claude-sonnet-4-5", SECOND)
        builder.base_url_for("anthropic/claude-sonnet-4-5", second)
        builder.metrics(self.collector).health(self.tracker)
        builder.tracer(Tracer(exporter=self.exporter, capture_content=True))
        return await builder.logger(get_logger("app"), content=True).build()

    async def fail(self, client: AiClient) -> None:
        with pytest.raises(AiLibError):
            await client.chat().user(ECHO).execute()
        with pytest.raises(AiLibError):
            async for _ in client.chat().user(ECHO).stream():
                pass

    def everything(self) -> str:
        spans = self.exporter.spans
        records = [vars(record) for record in self.caplog.records]
        return "\n".join(
            [
                self.caplog.text,
                repr(records),
                repr([span.to_dict() for span in spans]),
                self.collector.to_prometheus(),
                repr(self.collector.get_snapshot()),
            ]
        )


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=401, error=ECHO),
        Reply(status=500, error=ECHO, headers={"x-request-id": FIRST}),
        Reply(status=400, body=f"<html>{ECHO}</html>".encode()),
        Reply(error=ECHO, text="Well"),
        Reply(body=ECHO.encode()),
        Reply(text=ECHO, truncate=40, truncate_unit="bytes", cut="close"),
    ],
    ids=["refused", "failed", "a page", "an error within", "no JSON", "cut"],
)
async def test_no_error_gives_a_key_away(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch(caplog)
    async with MockProvider([reply] * 8) as mock:
        url = mock.base_url
        async with await watch.client(url("openai"), url("anthropic")) as client:
            await watch.fail(client)
    assert len(watch.exporter.spans) == 2
    assert watch.collector.get_snapshot().failed_requests == 2
    for key in (FIRST, SECOND, "la%2Fcanari%2B%3Djaune"):
        assert key not in watch.everything()


async def test_nor_does_a_provider_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch(caplog)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    address = f"http://127.0.0.1:{port}/{FIRST}"
    async with await watch.client(address, address) as client:
        await watch.fail(client)
    assert FIRST not in watch.everything()


async def test_nor_does_an_answer(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = Watch(caplog)
    async with MockProvider([Reply(text=ECHO)] * 2) as mock:
        url = mock.base_url
        async with await watch.client(url("openai"), url("anthropic")) as client:
            await client.chat().user(ECHO).execute()
            async for _ in client.chat().user(ECHO).stream():
                pass
    assert FIRST not in watch.everything()
    assert capsys.readouterr() == ("", "")
    for span in watch.exporter.spans:
        ConsoleExporter()(span)
    assert FIRST not in capsys.readouterr().err
