"""Spans nest, end once, and are OpenTelemetry's where its SDK is set up."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ai_lib.telemetry import (
    ConsoleExporter,
    InMemoryExporter,
    SpanContext,
    SpanKind,
    SpanStatus,
    Tracer,
    get_current_span,
)

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_spans_nest_by_context_and_end_with_their_block() -> None:
    exporter = InMemoryExporter()
    tracer = Tracer("svc", exporter=exporter)
    assert get_current_span() is None
    with tracer.span("outer", attributes={"a": 1}) as outer:
        with tracer.span("inner", SpanKind.CLIENT) as inner:
            assert get_current_span() is inner
            inner.set_attribute("b", "two").add_event("seen", {"c": [1, 2]})
        assert get_current_span() is outer
        alone = tracer.start_span("alone")
        assert get_current_span() is outer
        alone.end()
    assert get_current_span() is None

    assert [span.name for span in exporter.spans] == ["inner", "alone", "outer"]
    assert inner.trace_id == outer.trace_id == alone.trace_id
    assert inner.parent_span_id == alone.parent_span_id == outer.span_id
    assert outer.parent_span_id is None
    assert inner.attributes == {"b": "two"}
    assert [event.name for event in inner.events] == ["seen"]
    assert inner.status is SpanStatus.OK


def test_an_error_is_noted_and_goes_on() -> None:
    exporter = InMemoryExporter()
    with pytest.raises(ValueError, match="bad"):
        with Tracer("svc", exporter=exporter).span("work"):
            raise ValueError("bad api_key=plain")
    (span,) = exporter.spans
    assert span.status is SpanStatus.ERROR
    assert span.attributes == {"error.type": "ValueError"}
    assert span.events[0].attributes == {
        "exception.type": "ValueError",
        "exception.message": "bad api_key=***",
    }
    assert span.status_description == "bad api_key=***"


def test_a_span_ends_once_and_then_takes_nothing_in() -> None:
    ticks = iter([10.0, 12.5, 99.0])
    exporter = InMemoryExporter()
    span = Tracer("svc", exporter=exporter, clock=lambda: next(ticks)).start_span("work")
    span.end()
    span.end()
    span.set_attribute("late", 1).add_event("late").update_name("late")
    assert exporter.spans == [span]
    assert (span.name, span.attributes, span.events) == ("work", {}, [])
    assert (span.started_at, span.ended_at, span.duration_ms) == (10.0, 12.5, 2500.0)


def test_what_a_span_holds_is_bounded() -> None:
    span = Tracer("svc").start_span("work")
    for number in range(500):
        span.set_attribute(f"a{number}", number).add_event(f"e{number}")
    assert (len(span.attributes), len(span.events)) == (128, 128)


@pytest.mark.parametrize("wrong", [None, {"a": 1}, object(), [None]])
def test_an_attribute_that_is_no_plain_value_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="size: an attribute is"):
        Tracer("svc").start_span("work").set_attribute("size", wrong)  # type: ignore[arg-type]


def test_secrets_are_hidden_in_attributes() -> None:
    span = Tracer("svc").start_span("work")
    span.set_attribute("api_key", "plain").set_attribute("list", ["sk-proj-Abc123Abc123Abc", "b"])
    assert span.attributes == {"api_key": "***", "list": ["***", "b"]}


def test_a_trace_begun_elsewhere_goes_on() -> None:
    parent = SpanContext.from_traceparent(PARENT, "vendor=1")
    assert parent is not None
    span = Tracer("svc").start_span("work", parent=parent)
    assert span.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert span.parent_span_id == "b7ad6b7169203331"
    assert span.context.headers() == [
        ("traceparent", f"00-{span.trace_id}-{span.span_id}-01"),
        ("tracestate", "vendor=1"),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    ],
)
def test_a_header_that_says_nothing_is_none(header: str) -> None:
    assert SpanContext.from_traceparent(header) is None


def test_a_version_to_come_is_read_as_far_as_it_is_known() -> None:
    found = SpanContext.from_traceparent(f"cc{PARENT[2:-2]}00-what-may-be")
    assert found is not None
    assert not found.sampled


def test_an_exporter_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: object) -> None:
        raise OSError("disk full")

    caplog.set_level(logging.WARNING, "ai_lib")
    with Tracer("svc", exporter=broken).span("work"):
        pass
    assert "Telemetry was lost" in caplog.text
    assert "disk full" in caplog.text


def test_the_console_gets_a_line_of_json() -> None:
    stream = io.StringIO()
    with Tracer("svc", exporter=ConsoleExporter(stream)).span("work"):
        pass
    assert json.loads(stream.getvalue())["name"] == "work"
    assert stream.getvalue().count("\n") == 1


@pytest.fixture
def theirs() -> Iterator[tuple[TracerProvider, InMemorySpanExporter]]:
    """OpenTelemetry's SDK, not set up globally, and the spans it gets."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider, exporter
    provider.shutdown()


def test_each_span_is_one_of_opentelemetry_as_well(
    theirs: tuple[TracerProvider, InMemorySpanExporter],
) -> None:
    provider, exporter = theirs
    own = InMemoryExporter()
    tracer = Tracer("svc", provider=provider, exporter=own)
    foreign = provider.get_tracer("app")
    with foreign.start_as_current_span("request") as request:
        with tracer.span("ours", SpanKind.CLIENT, {"a": 1}) as ours:
            current = trace.get_current_span()
            assert f"{current.get_span_context().span_id:016x}" == ours.span_id
            current.set_attribute("theirs", 2)
            with foreign.start_as_current_span("inner"):
                with tracer.span("innermost") as innermost:
                    innermost.add_event("seen")
        assert trace.get_current_span() is request

    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {"request", "ours", "inner", "innermost"}
    for child, parent in (("ours", "request"), ("inner", "ours"), ("innermost", "inner")):
        assert spans[child].parent.span_id == spans[parent].context.span_id
    assert spans["ours"].kind is trace.SpanKind.CLIENT
    assert dict(spans["ours"].attributes) == {"a": 1, "theirs": 2}
    assert spans["innermost"].events[0].name == "seen"
    assert [span.name for span in own.spans] == ["innermost", "ours"]
    assert own.spans[0].parent_span_id == f"{spans['inner'].context.span_id:016x}"


def test_an_error_is_an_error_there_too(
    theirs: tuple[TracerProvider, InMemorySpanExporter],
) -> None:
    provider, exporter = theirs
    with pytest.raises(ValueError):
        with Tracer("svc", provider=provider).span("work"):
            raise ValueError("no")
    (span,) = exporter.get_finished_spans()
    assert span.status.status_code is trace.StatusCode.ERROR
    assert span.status.description == "no"
    assert [event.name for event in span.events] == ["exception"]


def test_a_remote_parent_is_theirs_too(
    theirs: tuple[TracerProvider, InMemorySpanExporter],
) -> None:
    provider, exporter = theirs
    parent = SpanContext.from_traceparent(PARENT, "vendor=1")
    with Tracer("svc", provider=provider).span("work", parent=parent) as span:
        assert span.context.tracestate == "vendor=1"
    (seen,) = exporter.get_finished_spans()
    assert f"{seen.context.trace_id:032x}" == span.trace_id == "0af7651916cd43dd8448eb211c80319c"


_WITHOUT = """\
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocker())
from PACKAGE.errors import AiLibError
from PACKAGE.telemetry import InMemoryExporter, OtelMetrics, Tracer
exporter = InMemoryExporter()
tracer = Tracer("svc", exporter=exporter)
with tracer.span("outer") as outer, tracer.span("inner") as inner:
    inner.set_attribute("a", 1)
assert inner.parent_span_id == outer.span_id and len(exporter.spans) == 2
try:
    OtelMetrics()
except AiLibError as error:
    assert "pip install" in str(error)
else:
    raise SystemExit("OtelMetrics without OpenTelemetry")
"""


@pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])
def test_without_opentelemetry_spans_are_our_own(package: str) -> None:
    code = _WITHOUT.replace("PACKAGE", package)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
