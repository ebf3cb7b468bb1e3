"""Reads the sections of a manifest for errors, retries, rate limits, availability and models."""

import re
from collections.abc import Callable, Sequence

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.manifest.capabilities import normalize_capability, read_modalities
from ai_lib.protocol.manifest.model import (
    Availability,
    ErrorRules,
    HealthCheck,
    ModelEntry,
    RateLimitHeaders,
    RetryRules,
    TextTools,
)
from ai_lib.protocol.manifest.pattern import compile_bounded_pattern
from ai_lib.protocol.manifest.schema import (
    RawCheck,
    RawManifest,
    RawModel,
    RawPattern,
    RawSecondCheck,
    RawToolCalling,
    describe_validation_error,
)

Fail = Callable[[str], ProtocolError]


def read_error_rules(raw_manifest: RawManifest, build_error: Fail) -> ErrorRules:
    """Return the rules by which error responses are classified."""
    block = raw_manifest.error_classification
    if block is None:
        return ErrorRules()
    wait = block.retry_after_extraction
    return ErrorRules(
        by_code=block.by_error_code or {},
        by_status=block.by_error_status or {},
        by_message=block.by_message_contains or {},
        by_pattern=tuple(
            (_compile_pattern(raw_pattern, "by_error_message", build_error), raw_pattern.maps_to)
            for raw_pattern in block.by_error_message or ()
        ),
        by_http_status=block.by_http_status or {},
        retry_after=_compile_pattern(wait, "retry_after_extraction", build_error, groups=1)
        if wait
        else None,
        retry_after_unit=0.001 if wait and wait.unit == "milliseconds" else 1.0,
    )


def _compile_pattern(
    raw_pattern: RawPattern, field: str, build_error: Fail, groups: int = 0
) -> re.Pattern[str]:
    try:
        pattern = compile_bounded_pattern(raw_pattern.pattern)
    except ValueError as error:
        raise build_error(f"$.error_classification.{field}: {error}") from error
    if pattern.groups < groups:
        raise build_error(f"$.error_classification.{field} needs a group around the number")
    return pattern


def read_retry_rules(raw_manifest: RawManifest, build_error: Fail) -> RetryRules | None:
    """Return the rules of the retry policy, or None when there is none."""
    block = raw_manifest.retry_policy
    if block is None:
        return None
    counts = (block.max_retries, block.min_delay_ms, block.max_delay_ms)
    if any(count is not None and count < 0 for count in counts):
        raise build_error("$.retry_policy: counts and delays can't be below 0")
    return RetryRules(
        strategy=block.strategy,
        max_retries=block.max_retries,
        min_delay_ms=block.min_delay_ms,
        max_delay_ms=block.max_delay_ms,
        jitter=block.jitter,
        http_status=frozenset(block.retry_on_http_status or ()),
        error_status=frozenset(block.retry_on_error_status or ()),
        error_code=frozenset(block.retry_on_error_code or ()),
    )


def read_rate_limit_headers(raw_manifest: RawManifest, build_error: Fail) -> RateLimitHeaders:
    """Return the names of the rate limit headers, and how to read them."""
    declared = raw_manifest.rate_limit_headers or {}
    names = {name: value for name, value in declared.items() if value not in (None, "")}
    try:
        headers = msgspec.convert(names, RateLimitHeaders, strict=False)
    except msgspec.ValidationError as error:
        raise build_error(describe_validation_error(error, "$.rate_limit_headers")) from error
    lowered = {
        name: value.lower()
        for name, value in msgspec.structs.asdict(headers).items()
        if isinstance(value, str)
    }
    return msgspec.structs.replace(headers, **lowered)


def read_availability(raw_manifest: RawManifest) -> Availability | None:
    """Return the availability section, or None when there is none."""
    block = raw_manifest.availability
    if block is None:
        return None
    return Availability(
        required=block.required,
        regions=tuple(block.regions or ()),
        check=_read_check(block.check) if block.check else None,
        fallback=_read_fallback_check(block.check, block.fallback),
        interval_ms=block.interval_ms,
    )


def _read_check(check: RawCheck) -> HealthCheck:
    return HealthCheck(
        method=check.method,
        path=check.path,
        expected_status=_read_statuses(check.expected_status or [200, 401]),
        timeout_ms=check.timeout_ms,
    )


def _read_fallback_check(
    check: RawCheck | None, second: RawSecondCheck | None
) -> HealthCheck | None:
    """Return the check to make when the first one fails, with the same expectations and timeout."""
    if check is None or second is None or second.path is None:
        return None
    first = _read_check(check)
    expected = second.expected_status
    return msgspec.structs.replace(
        first,
        method=second.method,
        path=second.path,
        expected_status=_read_statuses(expected) if expected else first.expected_status,
    )


def _read_statuses(expected: Sequence[int] | int) -> frozenset[int]:
    return frozenset([expected] if isinstance(expected, int) else expected)


def read_text_tools(raw_manifest: RawManifest, build_error: Fail) -> TextTools | None:
    """Return how tool calls are written as text, or None when they are not."""
    block = raw_manifest.tool_calling
    capabilities = raw_manifest.capabilities
    if (
        block is None
        and isinstance(capabilities, dict)
        and capabilities.get("tool_calling") is not None
    ):
        try:
            block = msgspec.convert(capabilities["tool_calling"], RawToolCalling, strict=False)
        except msgspec.ValidationError as error:
            raise build_error(
                describe_validation_error(error, "$.capabilities.tool_calling")
            ) from error
    if block is None or block.text_fallback is None:
        return None
    tags = block.text_fallback.known_dialects or ()
    return TextTools(
        replaces_native=block.native is not None and not block.native.supported,
        prompt_level=block.text_fallback.prompt_level,
        dialects={tag.tag: tag.map_to for tag in tags},
    )


def read_model_entries(raw_manifest: RawManifest) -> dict[str, ModelEntry]:
    """Return the entries of models by their wire names."""
    entries = (raw_manifest.metadata.models or {}) if raw_manifest.metadata else {}
    return {name: _read_model_entry(entry) for name, entry in entries.items() if entry is not None}


def _read_model_entry(entry: RawModel) -> ModelEntry:
    declared = entry.model_capabilities or {}
    aliases = entry.aliases if isinstance(entry.aliases, list) else []
    names = [name for name in (entry.model_id, *aliases) if isinstance(name, str)]
    return ModelEntry(
        names=tuple(names),
        context_window=entry.context_window or None,  # 0 stands for unknown
        max_output_tokens=entry.max_output_tokens or None,
        parameters=entry.parameters or {},
        capabilities={
            **read_modalities(entry.modalities),
            **{
                normalize_capability(name): value
                for name, value in declared.items()
                if value is not None
            },
        },
        pricing=entry.pricing or {},
        content_silence=entry.content_silence_seconds,
        constraints=entry.constraints or {},
    )
