"""Sections of a manifest that say how failures, limits and models are dealt with."""

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


def read_error_rules(written: RawManifest, fail: Fail) -> ErrorRules:
    """Return how error answers are classified."""
    block = written.error_classification
    if block is None:
        return ErrorRules()
    wait = block.retry_after_extraction
    return ErrorRules(
        by_code=block.by_error_code or {},
        by_status=block.by_error_status or {},
        by_message=block.by_message_contains or {},
        by_pattern=tuple(
            (_compile_pattern(one, "by_error_message", fail), one.maps_to)
            for one in block.by_error_message or ()
        ),
        by_http_status=block.by_http_status or {},
        retry_after=_compile_pattern(wait, "retry_after_extraction", fail, groups=1)
        if wait
        else None,
        retry_after_unit=0.001 if wait and wait.unit == "milliseconds" else 1.0,
    )


def _compile_pattern(one: RawPattern, field: str, fail: Fail, groups: int = 0) -> re.Pattern[str]:
    try:
        found = compile_bounded_pattern(one.pattern)
    except ValueError as error:
        raise fail(f"$.error_classification.{field}: {error}") from error
    if found.groups < groups:
        raise fail(f"$.error_classification.{field} needs a group around the number")
    return found


def read_retry_rules(written: RawManifest, fail: Fail) -> RetryRules | None:
    """Return the retry policy, None when there is none."""
    block = written.retry_policy
    if block is None:
        return None
    counts = (block.max_retries, block.min_delay_ms, block.max_delay_ms)
    if any(count is not None and count < 0 for count in counts):
        raise fail("$.retry_policy: counts and delays can't be below 0")
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


def read_rate_limit_headers(written: RawManifest, fail: Fail) -> RateLimitHeaders:
    """Return the names of the rate limit headers, and how to read them."""
    declared = written.rate_limit_headers or {}
    known = {name: value for name, value in declared.items() if value not in (None, "")}
    try:
        found = msgspec.convert(known, RateLimitHeaders, strict=False)
    except msgspec.ValidationError as error:
        raise fail(describe_validation_error(error, "$.rate_limit_headers")) from error
    lowered = {
        name: value.lower()
        for name, value in msgspec.structs.asdict(found).items()
        if isinstance(value, str)
    }
    return msgspec.structs.replace(found, **lowered)


def read_availability(written: RawManifest) -> Availability | None:
    """Return where the provider is and how to check on it."""
    block = written.availability
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
    """Return the check to make when the first one fails; it expects and waits as that one does."""
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


def read_text_tools(written: RawManifest, fail: Fail) -> TextTools | None:
    """Return how tool calls are written as text, None when they are not."""
    block = written.tool_calling
    nested = written.capabilities
    if block is None and isinstance(nested, dict) and nested.get("tool_calling") is not None:
        try:
            block = msgspec.convert(nested["tool_calling"], RawToolCalling, strict=False)
        except msgspec.ValidationError as error:
            raise fail(describe_validation_error(error, "$.capabilities.tool_calling")) from error
    if block is None or block.text_fallback is None:
        return None
    tags = block.text_fallback.known_dialects or ()
    return TextTools(
        instead=block.native is not None and not block.native.supported,
        prompt_level=block.text_fallback.prompt_level,
        dialects={one.tag: one.map_to for one in tags},
    )


def read_model_entries(written: RawManifest) -> dict[str, ModelEntry]:
    """Return what is said of single models, by the name the wire knows."""
    entries = (written.metadata.models or {}) if written.metadata else {}
    return {name: _read_model_entry(entry) for name, entry in entries.items() if entry is not None}


def _read_model_entry(entry: RawModel) -> ModelEntry:
    known = entry.model_capabilities or {}
    return ModelEntry(
        context_window=entry.context_window or None,  # 0 stands for unknown
        max_output_tokens=entry.max_output_tokens or None,
        parameters=entry.parameters or {},
        capabilities={
            **read_modalities(entry.modalities),
            **{
                normalize_capability(name): value
                for name, value in known.items()
                if value is not None
            },
        },
        pricing=entry.pricing or {},
    )
