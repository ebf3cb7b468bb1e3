"""What a client does, for those who run it: logs, metrics, traces, health, feedback."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.telemetry.feedback.types import (
        ChoiceSelectionFeedback as ChoiceSelectionFeedback,
        CorrectionFeedback as CorrectionFeedback,
        Feedback as Feedback,
        RatingFeedback as RatingFeedback,
        RegenerateFeedback as RegenerateFeedback,
        StopFeedback as StopFeedback,
        TextFeedback as TextFeedback,
        ThumbsFeedback as ThumbsFeedback,
    )
    from ai_lib.telemetry.health.status import (
        HealthReport as HealthReport,
        HealthStatus as HealthStatus,
    )
    from ai_lib.telemetry.health.tracker import (
        ProviderHealth as ProviderHealth,
        ProviderHealthTracker as ProviderHealthTracker,
    )
    from ai_lib.telemetry.logger import (
        AiLibLogger as AiLibLogger,
        get_logger as get_logger,
    )
    from ai_lib.telemetry.metrics.collector import MetricsCollector as MetricsCollector
    from ai_lib.telemetry.metrics.observation import (
        Meter as Meter,
        MetricLabels as MetricLabels,
        Observation as Observation,
    )
    from ai_lib.telemetry.metrics.otel import OtelMetrics as OtelMetrics
    from ai_lib.telemetry.metrics.prometheus import PrometheusExporter as PrometheusExporter
    from ai_lib.telemetry.metrics.snapshot import MetricSnapshot as MetricSnapshot
    from ai_lib.telemetry.redaction import Redactor as Redactor
    from ai_lib.telemetry.tracing.exporters import (
        ConsoleExporter as ConsoleExporter,
        InMemoryExporter as InMemoryExporter,
    )
    from ai_lib.telemetry.tracing.span import (
        Span as Span,
        SpanEvent as SpanEvent,
        SpanKind as SpanKind,
        SpanStatus as SpanStatus,
    )
    from ai_lib.telemetry.tracing.trace_context import SpanContext as SpanContext
    from ai_lib.telemetry.tracing.tracer import (
        Tracer as Tracer,
        get_current_span as get_current_span,
    )

    from .feedback.sinks import (
        CallbackFeedbackSink as CallbackFeedbackSink,
        CompositeFeedbackSink as CompositeFeedbackSink,
        ConsoleFeedbackSink as ConsoleFeedbackSink,
        FeedbackSink as FeedbackSink,
        InMemoryFeedbackSink as InMemoryFeedbackSink,
        NoopFeedbackSink as NoopFeedbackSink,
        get_feedback_sink as get_feedback_sink,
        report_feedback as report_feedback,
        set_feedback_sink as set_feedback_sink,
    )
    from .health.checker import (
        HealthChecker as HealthChecker,
        check_provider as check_provider,
    )

_WHERE = {
    "AiLibLogger": "ai_lib.telemetry.logger",
    "CallbackFeedbackSink": ".feedback.sinks",
    "ChoiceSelectionFeedback": "ai_lib.telemetry.feedback.types",
    "CompositeFeedbackSink": ".feedback.sinks",
    "ConsoleExporter": "ai_lib.telemetry.tracing.exporters",
    "ConsoleFeedbackSink": ".feedback.sinks",
    "CorrectionFeedback": "ai_lib.telemetry.feedback.types",
    "Feedback": "ai_lib.telemetry.feedback.types",
    "FeedbackSink": ".feedback.sinks",
    "HealthChecker": ".health.checker",
    "HealthReport": "ai_lib.telemetry.health.status",
    "HealthStatus": "ai_lib.telemetry.health.status",
    "InMemoryExporter": "ai_lib.telemetry.tracing.exporters",
    "InMemoryFeedbackSink": ".feedback.sinks",
    "Meter": "ai_lib.telemetry.metrics.observation",
    "MetricLabels": "ai_lib.telemetry.metrics.observation",
    "MetricSnapshot": "ai_lib.telemetry.metrics.snapshot",
    "MetricsCollector": "ai_lib.telemetry.metrics.collector",
    "NoopFeedbackSink": ".feedback.sinks",
    "Observation": "ai_lib.telemetry.metrics.observation",
    "OtelMetrics": "ai_lib.telemetry.metrics.otel",
    "PrometheusExporter": "ai_lib.telemetry.metrics.prometheus",
    "ProviderHealth": "ai_lib.telemetry.health.tracker",
    "ProviderHealthTracker": "ai_lib.telemetry.health.tracker",
    "RatingFeedback": "ai_lib.telemetry.feedback.types",
    "Redactor": "ai_lib.telemetry.redaction",
    "RegenerateFeedback": "ai_lib.telemetry.feedback.types",
    "Span": "ai_lib.telemetry.tracing.span",
    "SpanContext": "ai_lib.telemetry.tracing.trace_context",
    "SpanEvent": "ai_lib.telemetry.tracing.span",
    "SpanKind": "ai_lib.telemetry.tracing.span",
    "SpanStatus": "ai_lib.telemetry.tracing.span",
    "StopFeedback": "ai_lib.telemetry.feedback.types",
    "TextFeedback": "ai_lib.telemetry.feedback.types",
    "ThumbsFeedback": "ai_lib.telemetry.feedback.types",
    "Tracer": "ai_lib.telemetry.tracing.tracer",
    "check_provider": ".health.checker",
    "get_current_span": "ai_lib.telemetry.tracing.tracer",
    "get_feedback_sink": ".feedback.sinks",
    "get_logger": "ai_lib.telemetry.logger",
    "report_feedback": ".feedback.sinks",
    "set_feedback_sink": ".feedback.sinks",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
