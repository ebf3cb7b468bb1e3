"""What a client does, for those who run it: logs, metrics, traces, health, feedback."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.telemetry.exporter import PrometheusExporter as PrometheusExporter
    from ai_lib.telemetry.exporters import (
        ConsoleExporter as ConsoleExporter,
        InMemoryExporter as InMemoryExporter,
    )
    from ai_lib.telemetry.feedback import (
        ChoiceSelectionFeedback as ChoiceSelectionFeedback,
        CorrectionFeedback as CorrectionFeedback,
        Feedback as Feedback,
        RatingFeedback as RatingFeedback,
        RegenerateFeedback as RegenerateFeedback,
        StopFeedback as StopFeedback,
        TextFeedback as TextFeedback,
        ThumbsFeedback as ThumbsFeedback,
    )
    from ai_lib.telemetry.health_status import (
        HealthReport as HealthReport,
        HealthStatus as HealthStatus,
    )
    from ai_lib.telemetry.logger import (
        AiLibLogger as AiLibLogger,
        get_logger as get_logger,
    )
    from ai_lib.telemetry.metrics import MetricsCollector as MetricsCollector
    from ai_lib.telemetry.observation import (
        Meter as Meter,
        MetricLabels as MetricLabels,
        Observation as Observation,
    )
    from ai_lib.telemetry.otel_metrics import OtelMetrics as OtelMetrics
    from ai_lib.telemetry.provider_health import (
        ProviderHealth as ProviderHealth,
        ProviderHealthTracker as ProviderHealthTracker,
    )
    from ai_lib.telemetry.redaction import Redactor as Redactor
    from ai_lib.telemetry.snapshot import MetricSnapshot as MetricSnapshot
    from ai_lib.telemetry.span import (
        Span as Span,
        SpanEvent as SpanEvent,
        SpanKind as SpanKind,
        SpanStatus as SpanStatus,
    )
    from ai_lib.telemetry.trace_context import SpanContext as SpanContext
    from ai_lib.telemetry.tracer import (
        Tracer as Tracer,
        get_current_span as get_current_span,
    )

    from .health import (
        HealthChecker as HealthChecker,
        check_provider as check_provider,
    )
    from .reporting import (
        get_feedback_sink as get_feedback_sink,
        report_feedback as report_feedback,
        set_feedback_sink as set_feedback_sink,
    )
    from .sinks import (
        CallbackFeedbackSink as CallbackFeedbackSink,
        CompositeFeedbackSink as CompositeFeedbackSink,
        ConsoleFeedbackSink as ConsoleFeedbackSink,
        FeedbackSink as FeedbackSink,
        InMemoryFeedbackSink as InMemoryFeedbackSink,
        NoopFeedbackSink as NoopFeedbackSink,
    )

_WHERE = {
    "AiLibLogger": "ai_lib.telemetry.logger",
    "CallbackFeedbackSink": ".sinks",
    "ChoiceSelectionFeedback": "ai_lib.telemetry.feedback",
    "CompositeFeedbackSink": ".sinks",
    "ConsoleExporter": "ai_lib.telemetry.exporters",
    "ConsoleFeedbackSink": ".sinks",
    "CorrectionFeedback": "ai_lib.telemetry.feedback",
    "Feedback": "ai_lib.telemetry.feedback",
    "FeedbackSink": ".sinks",
    "HealthChecker": ".health",
    "HealthReport": "ai_lib.telemetry.health_status",
    "HealthStatus": "ai_lib.telemetry.health_status",
    "InMemoryExporter": "ai_lib.telemetry.exporters",
    "InMemoryFeedbackSink": ".sinks",
    "Meter": "ai_lib.telemetry.observation",
    "MetricLabels": "ai_lib.telemetry.observation",
    "MetricSnapshot": "ai_lib.telemetry.snapshot",
    "MetricsCollector": "ai_lib.telemetry.metrics",
    "NoopFeedbackSink": ".sinks",
    "Observation": "ai_lib.telemetry.observation",
    "OtelMetrics": "ai_lib.telemetry.otel_metrics",
    "PrometheusExporter": "ai_lib.telemetry.exporter",
    "ProviderHealth": "ai_lib.telemetry.provider_health",
    "ProviderHealthTracker": "ai_lib.telemetry.provider_health",
    "RatingFeedback": "ai_lib.telemetry.feedback",
    "Redactor": "ai_lib.telemetry.redaction",
    "RegenerateFeedback": "ai_lib.telemetry.feedback",
    "Span": "ai_lib.telemetry.span",
    "SpanContext": "ai_lib.telemetry.trace_context",
    "SpanEvent": "ai_lib.telemetry.span",
    "SpanKind": "ai_lib.telemetry.span",
    "SpanStatus": "ai_lib.telemetry.span",
    "StopFeedback": "ai_lib.telemetry.feedback",
    "TextFeedback": "ai_lib.telemetry.feedback",
    "ThumbsFeedback": "ai_lib.telemetry.feedback",
    "Tracer": "ai_lib.telemetry.tracer",
    "check_provider": ".health",
    "get_current_span": "ai_lib.telemetry.tracer",
    "get_feedback_sink": ".reporting",
    "get_logger": "ai_lib.telemetry.logger",
    "report_feedback": ".reporting",
    "set_feedback_sink": ".reporting",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
