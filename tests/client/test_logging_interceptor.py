"""What a client logs, when it was given a logger, and what it never logs."""

import gc
import logging

import pytest

from ai_lib import AiClient
from ai_lib.errors import AiLibError
from ai_lib.resilience import RetryConfig
from ai_lib.telemetry import AiLibLogger, InMemoryExporter, Tracer, get_logger
from ai_lib.testing import MockProvider, Reply

ONE_RETRY = RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1)
SCRIPT = [
    Reply(status=500, error="down, canary-key"),
    Reply(text="The answer"),
    Reply(status=401, error="who is canary-key?"),
    Reply(text=["a ", "b ", "c "], pause=0.01),
]


@pytest.fixture(autouse=True)
def _all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ai_lib")


async def calls(
    logger: AiLibLogger | logging.Logger, *, content: bool = False, tracer: Tracer | None = None
) -> None:
    """Make a call that is retried, one that fails, a stream that is left early."""
    async with MockProvider(SCRIPT) as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("canary-key")
        builder.base_url(mock.base_url("openai")).with_retry(ONE_RETRY)
        builder.logger(logger, content=content)
        if tracer is not None:
            builder.tracer(tracer)
        async with await builder.build() as client:
            await client.chat().user("The question").execute()
            with pytest.raises(AiLibError):
                await client.chat().user("The question").execute()
            stream = client.chat().user("The question").stream()
            async for _ in stream:
                break
            del _, stream
            gc.collect()


async def test_each_call_is_told_from_start_to_end_at_fitting_levels(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await calls(get_logger("app"))
    said = [(record.levelname, vars(record).get("event")) for record in caplog.records]
    said = [one for one in said if one[1] is not None]
    assert said[:9] == [
        ("DEBUG", "Call started"),
        ("DEBUG", "Attempt ended"),
        ("WARNING", "Trying again"),
        ("DEBUG", "Attempt ended"),
        ("INFO", "Call answered"),
        ("DEBUG", "Call started"),
        ("DEBUG", "Attempt ended"),
        ("ERROR", "Call failed"),
        ("DEBUG", "Call started"),
    ]
    # The attempt of a stream that was forgotten is given up by the garbage collector as well.
    assert sorted(said[9:]) == [("DEBUG", "Attempt ended"), ("INFO", "Call cancelled")]
    told = [record for record in caplog.records if vars(record).get("event") is not None]
    answered = vars(told[4])
    assert (answered["provider"], answered["model"], answered["retries"]) == ("openai", "gpt-4o", 1)
    assert answered["finish_reason"] == "stop"
    ids = [vars(record)["call_id"] for record in caplog.records if "call_id" in vars(record)]
    assert len(set(ids)) == 3


async def test_neither_the_key_nor_what_was_said_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await calls(get_logger("app"))
    everything = caplog.text + repr([vars(record) for record in caplog.records])
    assert "who is ***?" in everything
    for secret in ("canary-key", "The question", "The answer"):
        assert secret not in everything


async def test_what_was_said_is_logged_when_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    await calls(get_logger("app"), content=True)
    assert '"content":"The question"' in caplog.text
    assert '"content":"The answer"' in caplog.text
    assert "canary-key" not in caplog.text


async def test_records_name_the_span_of_their_call(caplog: pytest.LogCaptureFixture) -> None:
    exporter = InMemoryExporter()
    await calls(get_logger("app"), tracer=Tracer(exporter=exporter))
    spans = {vars(record).get("span_id") for record in caplog.records} - {None}
    assert spans == {span.span_id for span in exporter.spans}


async def test_a_logger_of_the_standard_library_will_do(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "app")
    await calls(logging.getLogger("app"))
    said = [vars(record)["event"] for record in caplog.records if record.name == "app"]
    assert said == ["Trying again", "Call failed"]


def test_what_is_no_logger_is_refused() -> None:
    with pytest.raises(TypeError, match="no logger"):
        AiClient.builder().logger(print)  # type: ignore[arg-type]
