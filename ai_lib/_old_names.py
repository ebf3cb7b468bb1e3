"""The module paths and class names of the first layout, and where their contents are today.

`import ai_lib.pipeline.accumulate` and `from ai_lib.telemetry import Logger` go on working, in both
packages, although no such module or class exists. `OLD_MODULES` maps each old module path to the
room that has its names now, and to the names it is known for. `OLD_CLASSES` maps each old class
name of a room to the class that does its job, and `ROOT_NAMES` each old name of the package itself
to a room. `ai_lib._lazy` reads this file only when a module or
a name was not found, so it costs nothing to anyone else. Type checkers do not see the old paths;
new code imports from the rooms.
"""

import sys
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

# Old module path, below the package -> the room with its names, and the names.
OLD_MODULES: Final[Mapping[str, tuple[str, str]]] = {
    "types.message": ("types", "Message MessageRole ContentBlock"),
    "types.tool": ("types", "ToolDefinition ToolCall ToolChoice"),
    "types.events": (
        "types",
        "StreamingEvent PartialContentDelta ContentDelta ThinkingDelta ToolCallStarted "
        "PartialToolCall ToolCallEnded Metadata StreamEnd",
    ),
    "protocol.manifest": ("protocol", "ProtocolManifest"),
    "protocol.loader": ("protocol", "ProtocolLoader"),
    "protocol.validator": (
        "protocol",
        "Validator ProtocolValidator ValidationResult validate_manifest "
        "SUPPORTED_PROTOCOL_VERSIONS",
    ),
    "transport.http": ("transport", "HttpTransport"),
    "transport.auth": ("transport", "resolve_api_key resolve_credential"),
    "transport.pool": ("transport", "ConnectionPool PoolConfig PoolStats"),
    "pipeline.decode": (
        "pipeline",
        "SseDecoder SSEDecoder JsonLinesDecoder AnthropicSseDecoder AnthropicSSEDecoder",
    ),
    "pipeline.select": ("pipeline", "JsonPathSelector"),
    "pipeline.accumulate": ("pipeline", "ToolCallAccumulator"),
    "pipeline.event_map": (
        "pipeline",
        "ProtocolEventMapper DefaultEventMapper AnthropicEventMapper",
    ),
    "pipeline.fan_out": ("pipeline", "FanOut FanOutTransform ReplicateTransform SplitTransform"),
    "resilience.retry": ("resilience", "RetryPolicy RetryConfig JitterStrategy"),
    "resilience.rate_limiter": (
        "resilience",
        "RateLimiter RateLimiterConfig AdaptiveRateLimiter",
    ),
    "resilience.circuit_breaker": (
        "resilience",
        "CircuitBreaker CircuitBreakerConfig CircuitState",
    ),
    "resilience.backpressure": ("resilience", "Backpressure BackpressureConfig"),
    "resilience.fallback": ("resilience", "FallbackChain FallbackConfig"),
    "resilience.executor": ("resilience", "ResilientExecutor"),
    "resilience.signals": ("resilience", "SignalsSnapshot"),
    "resilience.preflight": ("resilience", "PreflightChecker PreflightResult"),
    "routing.models": ("routing", "ModelInfo ModelCapabilities PricingInfo PerformanceMetrics"),
    "routing.strategies": (
        "routing",
        "ModelSelectionStrategy LoadBalancingStrategy RoundRobinSelector WeightedSelector "
        "CostBasedSelector QualityBasedSelector",
    ),
    "routing.types": (
        "routing",
        "ModelInfo ModelCapabilities PricingInfo PerformanceMetrics ModelEndpoint",
    ),
    "routing.strategy": (
        "routing",
        "ModelSelectionStrategy LoadBalancingStrategy RoundRobinSelector WeightedSelector "
        "LeastConnectionsSelector PerformanceBasedSelector CostBasedSelector "
        "QualityBasedSelector RandomSelector",
    ),
    "routing.manager": (
        "routing",
        "ModelManager create_openai_models create_anthropic_models",
    ),
    "routing.array": ("routing", "ModelArray ModelEndpoint"),
    "client.core": ("client", "AiClient ChatRequestBuilder"),
    "client.builder": ("client", "AiClientBuilder"),
    "client.response": ("client", "ChatResponse CallStats"),
    "client.cancel": (
        "client",
        "CancelToken CancelHandle CancelReason CancellableStream create_cancel_pair "
        "with_cancellation",
    ),
    "embeddings.client": ("embeddings", "EmbeddingClient EmbeddingClientBuilder"),
    "embeddings.types": (
        "embeddings",
        "Embedding EmbeddingRequest EmbeddingResponse EmbeddingUsage",
    ),
    "embeddings.vectors": (
        "embeddings",
        "cosine_similarity dot_product euclidean_distance normalize_vector find_most_similar",
    ),
    "cache.manager": ("cache", "CacheManager CacheConfig CacheStats"),
    "cache.backend": ("cache", "CacheBackend MemoryCache DiskCache NullCache"),
    "cache.backends": ("cache", "CacheBackend MemoryCache DiskCache NullCache"),
    "cache.key": ("cache", "CacheKeyGenerator"),
    "tokens.counter": ("tokens", "TokenCounter TiktokenCounter"),
    "tokens.pricing": ("tokens", "ModelPricing CostEstimate estimate_cost get_model_pricing"),
    "telemetry.logging": ("telemetry", "AiLibLogger Logger get_logger"),
    "telemetry.metrics": (
        "telemetry",
        "MetricsCollector MetricLabels MetricSnapshot PrometheusExporter",
    ),
    "telemetry.exporters": ("telemetry", "PrometheusExporter"),
    "telemetry.exporters.prometheus": ("telemetry", "PrometheusExporter"),
    "telemetry.tracer": (
        "telemetry",
        "Span SpanContext SpanEvent SpanKind SpanStatus Tracer ConsoleExporter InMemoryExporter "
        "get_current_span",
    ),
    "telemetry.tracing": ("telemetry", "Tracer Span"),
    "telemetry.health": ("telemetry", "HealthChecker HealthStatus ProviderHealthTracker"),
    "telemetry.feedback": (
        "telemetry",
        "FeedbackCollector FeedbackSink InMemoryFeedbackSink RatingFeedback ThumbsFeedback "
        "ChoiceSelectionFeedback set_feedback_sink report_feedback",
    ),
    "batch.collector": ("batch", "BatchCollector BatchConfig"),
    "batch.executor": ("batch", "BatchExecutor BatchResult"),
    "plugins.base": ("plugins", "Plugin PluginContext PluginPriority"),
    "plugins.registry": ("plugins", "PluginRegistry"),
    "plugins.hooks": ("plugins", "HookManager HookType"),
    "plugins.middleware": ("plugins", "Middleware MiddlewareChain"),
    "structured.json_mode": ("structured", "JsonMode JsonModeConfig"),
    "structured.schema": ("structured", "SchemaGenerator"),
    "structured.validator": ("structured", "OutputValidator"),
    "utils": ("pipeline", "ToolCallAssembler"),
    "utils.tool_call_assembler": ("pipeline", "ToolCallAssembler"),
    "guardrails.base": (
        "guardrails",
        "Guardrail GuardrailResult GuardrailSeverity GuardrailViolation",
    ),
    "guardrails.filters": (
        "guardrails",
        "KeywordFilter RegexFilter LengthFilter ProfanityFilter UrlFilter EmailFilter",
    ),
    "errors.base": (
        "errors",
        "AiLibError ProtocolError TransportError ValidationError RemoteError",
    ),
    "errors.standard_codes": ("errors", "StandardErrorCode"),
    "rerank": ("operations", "RerankerClient RerankOptions RerankResult"),
    "stt": ("operations", "SttClient SttOptions Transcription TranscriptionSegment"),
    "tts": ("operations", "TtsClient TtsOptions AudioOutput"),
    "generative": (
        "operations",
        "ImageGenerationClient ImageGenerationResult GeneratedImage SpeechToTextClient "
        "SpeechToTextResult TextToSpeechClient TextToSpeechResult",
    ),
}

# Room -> the old names of its classes, and their names today.
OLD_CLASSES: Final[Mapping[str, Mapping[str, str]]] = {
    "operations": {
        "RerankerClient": "RerankClient",
        "RerankResult": "RankedDocument",
        "SttClient": "TranscriptionClient",
        "TtsClient": "SpeechClient",
        "AudioOutput": "SpeechResponse",
        "ImageGenerationClient": "ImageClient",
        "ImageGenerationResult": "ImageResponse",
        "SpeechToTextClient": "TranscriptionClient",
        "SpeechToTextResult": "Transcription",
        "TranscriptionSegment": "TimedText",
        "TextToSpeechClient": "SpeechClient",
        "TextToSpeechResult": "SpeechResponse",
    },
    "pipeline": {
        "ToolCallAssembler": "ToolCallAccumulator",
        "SSEDecoder": "SseDecoder",
        "AnthropicSSEDecoder": "AnthropicSseDecoder",
        "FanOutTransform": "FanOut",
    },
    "protocol": {"Validator": "ProtocolValidator"},
    "telemetry": {"FeedbackCollector": "InMemoryFeedbackSink", "Logger": "AiLibLogger"},
    "tokens": {"TiktokenCounter": "TokenCounter"},
}

# The names that the first layout's package itself had, and the room that has them now.
ROOT_NAMES: Final[Mapping[str, str]] = dict.fromkeys(
    OLD_MODULES["generative"][1].split(), OLD_MODULES["generative"][0]
)


class OldModuleLoader:
    """Makes the module of an old path; its names are those of a room."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leave the making to the import system."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module with functions that get its names from the room."""
        package, _, path = module.__name__.partition(".")
        room, names = OLD_MODULES[path]
        public = names.split()
        members: dict[str, object] = {
            "__doc__": f"The old path of `{package}.{room}`.",
            "__all__": public,
            "__getattr__": partial(find_old_name, module.__name__),
            "__dir__": lambda: sorted({*vars(module), *public}),
        }
        vars(module).update(members)


def find_old_module(name: str) -> ModuleSpec | None:
    """Return the spec of an old module, given its full name; None for any other name."""
    path = name.partition(".")[2]
    if path not in OLD_MODULES:
        return None
    is_package = any(other.startswith(path + ".") for other in OLD_MODULES)
    return ModuleSpec(name, OldModuleLoader(), origin="an old path", is_package=is_package)  # type: ignore[arg-type]


def find_old_class(package: str, name: str) -> object | None:
    """Return the class that an old name of a package stands for; None for any other name."""
    room = package.partition(".")[2]
    if not room and name in ROOT_NAMES:
        root_name: object = getattr(import_module(f"{package}.{ROOT_NAMES[name]}"), name)
        return root_name
    if name not in OLD_CLASSES.get(room, {}):
        return None
    current: object = getattr(import_module(package), OLD_CLASSES[room][name])
    return current


def find_old_name(module: str, name: str) -> object:
    """Return a name of a module at an old path, from its room, and keep it in the module.

    Raises:
        AttributeError: the room has no such name.
    """
    package, _, path = module.partition(".")
    room = import_module(f"{package}.{OLD_MODULES[path][0]}")
    value: object = None if name.startswith("__") else getattr(room, name, None)
    # A module of the room is no name of it: `from ... import model` is to find the module's own.
    if value is None or isinstance(value, ModuleType):
        raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
    setattr(sys.modules[module], name, value)
    return value
