# Generated from tests/client/test_tracing.py by codegen; do not edit.
"""One span for each call, ended once, and never in the caller's way."""

import gc
from collections.abc import Callable, Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ai_lib_sync import AiClient
from ai_lib_sync._runtime.backend import CancelScope, fail_after, run_all
from ai_lib_sync.client import CancelToken
from ai_lib_sync.errors import AiLibError
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.telemetry import InMemoryExporter, Span, SpanStatus, Tracer, get_current_span
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import ToolDefinition, Usage

ONE_RETRY = RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1)
SLOW = Reply(text=["a ", "b ", "c ", "d "], pause=0.01)


def client_of(mock: MockProvider, tracer: Tracer) -> AiClient:
    builder = AiClient.builder().model("openai/gpt-4o").api_key("canary-key")
    builder.base_url(mock.base_url("openai")).with_retry(ONE_RETRY).tracer(tracer)
    return builder.build()


def test_a_span_says_what_was_asked_and_what_came() -> None:
    exporter = InMemoryExporter()
    usage = Usage(prompt_tokens=9, completion_tokens=5, total_tokens=14, reasoning_tokens=2)
    with MockProvider([Reply(text="Hi", usage=usage)]) as mock:
        with client_of(mock, Tracer(exporter=exporter)) as client:
            chat = client.chat().user("secret words").temperature(0.5).max_tokens(7).stop(["x"])
            response = chat.execute()
            port = int(mock.base_url("openai").split(":")[2].split("/")[0])
    (span,) = exporter.spans
    assert (span.name, span.kind.value, span.status) == ("chat gpt-4o", "client", SpanStatus.OK)
    expected = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.stream": False,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 7,
        "gen_ai.request.stop_sequences": ["x"],
        "gen_ai.response.id": response.id,
        "gen_ai.response.model": response.model,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.reasoning.output_tokens": 2,
        "server.address": "127.0.0.1",
        "server.port": port,
        "ai_lib.request_id": response.request_id,
        "ai_lib.outcome": "answered",
        "ai_lib.retry_count": 0,
        "ai_lib.cost": pytest.approx((9 * 2.5 + 5 * 10) / 1e6),
        "ai_lib.cost.currency": "USD",
    }
    assert span.attributes == expected
    assert [event.name for event in span.events] == ["ai_lib.attempt"]
    assert "secret words" not in repr(span.to_dict())


def test_attempts_are_events_and_errors_are_said_without_the_key() -> None:
    exporter = InMemoryExporter()
    script = [Reply(status=500, error="down"), Reply(status=401, error="who is canary-key?")]
    with MockProvider(script) as mock:
        with client_of(mock, Tracer(exporter=exporter)) as client:
            with pytest.raises(AiLibError):
                client.chat().user("?").execute()
    (span,) = exporter.spans
    assert [event.name for event in span.events] == [
        "ai_lib.attempt",
        "ai_lib.retry",
        "ai_lib.attempt",
        "exception",
    ]
    assert [span.events[at].attributes["error.type"] for at in (0, 1, 2)] == [
        "server_error",
        "server_error",
        "authentication",
    ]
    assert span.status is SpanStatus.ERROR
    assert span.attributes["error.type"] == "authentication"
    assert span.attributes["http.response.status_code"] == 401
    assert "who is ***?" in span.status_description
    assert "canary" not in repr(span.to_dict())


def test_the_trace_goes_along_with_every_attempt_and_only_when_wanted() -> None:
    exporter = InMemoryExporter()
    script = [Reply(status=500, error="down"), Reply(text="a"), Reply(text="b")]
    with MockProvider(script) as mock:
        with client_of(mock, Tracer(exporter=exporter)) as client:
            client.chat().user("?").execute()
        with client_of(mock, Tracer(propagate=False)) as client:
            client.chat().user("?").execute()
    (span,) = exporter.spans
    sent = [request.headers.get("traceparent") for request in mock.requests]
    assert sent == [f"00-{span.trace_id}-{span.span_id}-01"] * 2 + [None]


def test_messages_are_in_the_span_only_when_asked_for_and_without_secrets() -> None:
    exporter = InMemoryExporter()
    tracer = Tracer(exporter=exporter, capture_content=True)
    reply = Reply(text="My key is canary-key", tool_calls=[("f", {"api_key": "plain"})])
    tool = ToolDefinition(name="f", description="d", parameters={"type": "object"})
    with MockProvider([reply]) as mock:
        with client_of(mock, tracer) as client:
            chat = client.chat().system("Be brief").user("Say sk-proj-Abc123Abc123Abc123")
            chat.tools([tool]).execute()
    (span,) = exporter.spans
    asked = span.attributes["gen_ai.input.messages"]
    assert asked == (
        '[{"role":"system","parts":[{"type":"text","content":"Be brief"}]},'
        '{"role":"user","parts":[{"type":"text","content":"Say ***"}]}]'
    )
    said = str(span.attributes["gen_ai.output.messages"])
    assert '"content":"My key is ***"' in said
    assert '"arguments":{"api_key":"***"}' in said


def drained(client: AiClient) -> None:
    for _ in client.chat().user("?").stream():
        pass


def closed(client: AiClient) -> None:
    with client.chat().user("?").stream() as stream:
        for _ in stream:
            break


def forgotten(client: AiClient) -> None:
    stream = client.chat().user("?").stream()
    for _ in stream:
        break
    del _, stream
    gc.collect()


def cut_by_a_token(client: AiClient) -> None:
    token = CancelToken()
    for _ in client.chat().user("?").stream(cancel_token=token):
        token.cancel()


def cut_from_outside(client: AiClient) -> None:
    with CancelScope() as scope:
        for _ in client.chat().user("?").stream():
            scope.cancel()


@pytest.mark.parametrize(
    ("way", "outcome"),
    [
        (drained, "answered"),
        (closed, "cancelled"),
        (forgotten, "cancelled"),
        (cut_by_a_token, "cancelled"),
        (cut_from_outside, "cancelled"),
    ],
)
def test_a_streams_span_ends_once_however_it_ends(
    way: Callable[[AiClient], object], outcome: str
) -> None:
    exporter = InMemoryExporter()
    with MockProvider([SLOW]) as mock:
        with client_of(mock, Tracer(exporter=exporter)) as client:
            way(client)  # type: ignore[misc]
    (span,) = exporter.spans
    assert span.attributes["ai_lib.outcome"] == outcome
    assert span.attributes["gen_ai.request.stream"] is True
    assert isinstance(span.attributes["gen_ai.response.time_to_first_chunk"], float)
    assert not span.is_recording
    assert get_current_span() is None


def test_a_plain_call_that_is_cut_short_ends_its_span() -> None:
    exporter = InMemoryExporter()
    with MockProvider([Reply(text="late", delay=5)]) as mock:
        with client_of(mock, Tracer(exporter=exporter)) as client:
            with pytest.raises(TimeoutError):
                with fail_after(0.1):
                    client.chat().user("?").execute()
    (span,) = exporter.spans
    assert span.attributes["ai_lib.outcome"] == "cancelled"
    assert span.attributes["error.type"] == "cancelled"


def test_a_stream_that_breaks_ends_its_span_with_the_error() -> None:
    exporter = InMemoryExporter()
    with MockProvider([Reply(text=["a ", "b "], truncate=2, cut="end")]) as mock:
        with client_of(mock, Tracer(exporter=exporter)) as client:
            with pytest.raises(AiLibError):
                drained(client)
    (span,) = exporter.spans
    assert span.status is SpanStatus.ERROR
    assert (
        span.events[-1].attributes["exception.type"] == "ai_lib.errors.exceptions.StreamTruncated"
    )


@pytest.fixture
def theirs() -> Iterator[tuple[TracerProvider, InMemorySpanExporter]]:
    """OpenTelemetry's SDK, not set up globally, and the spans it gets."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider, exporter
    provider.shutdown()


def test_streams_read_in_turn_leave_the_callers_span_alone(
    theirs: tuple[TracerProvider, InMemorySpanExporter],
) -> None:
    provider, exporter = theirs
    tracer = Tracer("svc", provider=provider)
    with MockProvider([SLOW] * 3) as mock:
        with client_of(mock, tracer) as client:
            with tracer.span("caller") as caller:
                foreign = trace.get_current_span()
                left = [client.chat().user(str(n)).stream() for n in range(3)]
                while left:
                    for stream in list(left):
                        try:
                            stream.__next__()
                        except StopIteration:
                            left.remove(stream)
                        assert get_current_span() is caller
                        assert trace.get_current_span() is foreign
    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["chat gpt-4o"] * 3 + ["caller"]
    assert {span.parent.span_id for span in spans[:3]} == {spans[3].context.span_id}
    assert len({span.context.span_id for span in spans}) == 4
    for span in spans[:3]:
        assert dict(span.attributes)["gen_ai.provider.name"] == "openai"
        assert [event.name for event in span.events] == ["ai_lib.attempt"]
        scope = span.instrumentation_scope
        assert scope.name == "ai_lib"
        assert scope.version
        assert scope.schema_url == "https://opentelemetry.io/schemas/gen-ai/1.42.0"
        assert dict(scope.attributes) == {"ai_lib.tracer": "svc"}


def test_concurrent_streams_are_children_of_their_own_callers(
    theirs: tuple[TracerProvider, InMemorySpanExporter],
) -> None:
    provider, exporter = theirs
    tracer = Tracer("svc", provider=provider)
    callers: dict[str, Span] = {}

    with MockProvider([SLOW] * 4) as mock:
        with client_of(mock, tracer) as client:

            def working(name: str) -> Callable[[], object]:
                def work() -> None:
                    with tracer.span(name) as span:
                        callers[name] = span
                        for _ in client.chat().user(name).stream():
                            assert get_current_span() is span

                return work

            run_all([working(f"caller {n}") for n in range(4)], 4)  # type: ignore[arg-type]
    calls = [span for span in exporter.get_finished_spans() if span.name == "chat gpt-4o"]
    parents = {f"{span.parent.span_id:016x}" for span in calls}
    assert parents == {span.span_id for span in callers.values()}
    assert len(parents) == 4


def test_two_tracers_trace_beside_each_other() -> None:
    first, second = InMemoryExporter(), InMemoryExporter()
    with MockProvider() as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k")
        builder.base_url(mock.base_url("openai"))
        builder.tracer(Tracer(exporter=first)).tracer(Tracer(exporter=second))
        with builder.build() as client:
            client.chat().user("?").execute()
    assert len(first.spans) == len(second.spans) == 1
    assert "traceparent" in mock.requests[0].headers


def test_what_is_no_tracer_is_refused() -> None:
    with pytest.raises(TypeError, match="no Tracer"):
        AiClient.builder().tracer("svc")  # type: ignore[arg-type]
