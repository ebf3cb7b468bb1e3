"""Every public name that was promised is there, in both packages, where it was promised."""

import pytest

from tests.house.packages import room

PACKAGES = pytest.mark.parametrize("package", ["ai_lib", "ai_lib_sync"])

ROOMS = {
    "": """
        AiClient AiClientBuilder ChatRequestBuilder ChatResponse CallStats Message MessageRole
        ContentBlock ToolDefinition ToolCall ToolChoice StreamingEvent CancelToken Usage AiLibError
        ProtocolError TransportError RemoteError ResilientConfig EmbeddingClient __version__
        ContentDelta FinalCandidate Metadata OpaqueContent PartialContentDelta PartialToolCall
        StreamEnd ThinkingDelta ToolCallEnded ToolCallStarted AudioDelta ImageContent LogprobsDelta
        HostedToolStarted HostedToolDelta HostedToolEnded
    """,
    ".client": """
        AiClient AiClientBuilder ChatRequestBuilder ChatResponse CallStats CancelToken CancelHandle
        CancelReason CancelState CancellableStream create_cancel_pair with_cancellation
    """,
    ".types": """
        ChatResponse CallStats Message MessageRole ContentBlock ToolDefinition ToolCall ToolChoice
        StreamingEvent Usage
    """,
    ".protocol": """
        ProtocolLoader ProtocolManifest ProtocolValidator ValidationResult validate_manifest
        SUPPORTED_PROTOCOL_VERSIONS
    """,
    ".pipeline": """
        Pipeline SseDecoder JsonLinesDecoder AnthropicSseDecoder JsonPathSelector
        ToolCallAccumulator FanOut ReplicateTransform SplitTransform ProtocolEventMapper
        DefaultEventMapper AnthropicEventMapper
    """,
    ".transport": """
        HttpTransport ConnectionPool PoolConfig PoolStats resolve_api_key resolve_credential
    """,
    ".resilience": """
        RetryConfig RetryPolicy JitterStrategy RateLimiterConfig RateLimiter AdaptiveRateLimiter
        CircuitBreakerConfig CircuitBreaker CircuitState BackpressureConfig Backpressure
        FallbackConfig FallbackChain ResilientConfig ResilientExecutor PreflightChecker
        PreflightResult SignalsSnapshot
    """,
    ".routing": """
        ModelInfo ModelCapabilities PricingInfo PerformanceMetrics ModelManager ModelArray
        ModelEndpoint ModelSelectionStrategy LoadBalancingStrategy RoundRobinSelector
        WeightedSelector LeastConnectionsSelector CostBasedSelector QualityBasedSelector
        PerformanceBasedSelector LatencyBasedSelector RandomSelector create_openai_models
        create_anthropic_models create_models
    """,
    ".telemetry": """
        get_logger AiLibLogger MetricsCollector MetricLabels MetricSnapshot Tracer Span
        HealthChecker HealthStatus ProviderHealthTracker set_feedback_sink get_feedback_sink
        report_feedback PrometheusExporter Feedback ChoiceSelectionFeedback RatingFeedback
        ThumbsFeedback TextFeedback CorrectionFeedback RegenerateFeedback StopFeedback
        FeedbackSink NoopFeedbackSink InMemoryFeedbackSink ConsoleFeedbackSink
        CallbackFeedbackSink CompositeFeedbackSink
    """,
    ".embeddings": """
        EmbeddingClient Embedding EmbeddingResponse EmbeddingUsage cosine_similarity dot_product
        euclidean_distance normalize_vector find_most_similar
    """,
    ".cache": """
        CacheManager CacheConfig CacheStats CacheBackend MemoryCache DiskCache NullCache
        CacheKeyGenerator
    """,
    ".tokens": "TokenCounter estimate_cost CostEstimate get_model_pricing ModelPricing",
    ".batch": "BatchExecutor BatchConfig BatchResult BatchCollector batch_execute",
    ".plugins": """
        Plugin PluginContext PluginRegistry PluginPriority HookManager HookType Middleware
        MiddlewareChain
    """,
    ".structured": """
        JsonMode JsonModeConfig SchemaGenerator OutputValidator StructuredOutput extract_json
    """,
    ".guardrails": """
        Guardrail GuardrailResult GuardrailViolation KeywordFilter RegexFilter LengthFilter
        ProfanityFilter UrlFilter EmailFilter ContentFilter PiiDetector ContentValidator
    """,
    ".errors": """
        AiLibError ProtocolError TransportError RemoteError StandardErrorCode classify_http_error
        StreamTruncated InvalidToolArguments CircuitOpenError BackpressureError RateLimitExceeded
        ValidationError
    """,
    ".testing": "MockProvider ReplayTransport record",
}

MEMBERS = {
    "AiClient": """
        create builder chat close circuit_state current_inflight get_resilience_stats
        reset_resilience model_id provider_id manifest is_resilient explain
    """,
    "AiClientBuilder": """
        model api_key api_key_for base_url timeout protocol_dir protocol_path api_family hot_reload
        production_ready resilience with_resilience with_retry with_rate_limit with_circuit_breaker
        max_inflight with_fallbacks cache metrics tracer logger plugins guardrails transport build
    """,
    "ChatRequestBuilder": """
        system user assistant messages add_message temperature max_tokens top_p top_k stop seed n
        frequency_penalty presence_penalty logprobs tools tool_choice parallel_tool_calls
        response_format reasoning_effort param timeout metadata fallbacks execute
        execute_with_stats stream stream_with_stats
    """,
    "ChatResponse": """
        content thinking tool_calls finish_reason termination_reason usage model id candidates
        attempts adaptations raw_response to_message _repr_markdown_
    """,
    "CallStats": """
        model provider latency_ms time_to_first_token_ms retry_count prompt_tokens
        completion_tokens total_tokens cost request_id
    """,
    "ContentBlock": """
        text image_url image_base64 image_file audio_base64 audio_file document_base64
        document_url tool_use tool_result thinking
    """,
    "ToolDefinition": "from_function",
    "ResilientConfig": "default minimal production from_env",
    "EmbeddingClient": "create embed embed_batch close",
    "resilience.RateLimiterConfig": "from_rps from_rpm",
    "transport.PoolConfig": "default low_latency high_throughput",
    "pipeline.Pipeline": "from_manifest feed close",
    "tokens.TokenCounter": "for_model count count_messages truncate_to_limit",
    "batch.BatchExecutor": "execute execute_with_progress",
    "structured.SchemaGenerator": "add_property build from_model from_pydantic",
    "cache.CacheManager": "generate_key get set stats",
    "telemetry.MetricSnapshot": "latency_p50_ms latency_p90_ms latency_p99_ms error_rate",
    "plugins.PluginRegistry": "register trigger_before_request",
    "plugins.HookManager": "register",
    "plugins.Plugin": "name on_before_request on_after_response",
}


@PACKAGES
@pytest.mark.parametrize("suffix", ROOMS, ids=lambda suffix: suffix or "root")
def test_every_promised_name_is_public(package: str, suffix: str) -> None:
    module = room(package, suffix)
    wanted = ROOMS[suffix].split()

    assert [name for name in wanted if name not in module.__all__] == []
    assert [name for name in wanted if getattr(module, name, None) is None] == []


@PACKAGES
@pytest.mark.parametrize("place", MEMBERS)
def test_every_promised_member_is_there(package: str, place: str) -> None:
    where, _, name = place.rpartition(".")
    kind = getattr(room(package, f".{where}" if where else ""), name)

    assert [one for one in MEMBERS[place].split() if not hasattr(kind, one)] == []
