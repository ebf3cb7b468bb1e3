"""Translates a manifest's own sections into parts of a dialect.

The streaming, response, error and termination sections are written in the protocol's words. They
become parts in the dialect's words, which replace those of the chosen dialect.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.dialect.event_map import (
    GENERATED,
    Candidates,
    ManifestRule,
    add_root,
    build_tool_call_fields,
    find_candidates,
    is_path,
    read_manifest_rules,
    rewrite_paths,
)
from ai_lib.protocol.dialect.rule_merge import (
    find_read_paths,
    join_tool_call_rules,
    merge_rules,
    normalize_path,
)
from ai_lib.protocol.manifest.schema import (
    RawCalls,
    RawShape,
    RawStreaming,
    RawToolUse,
)
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import first_index_as_wildcard
from ai_lib.types.events import TERMINATION_REASONS
from ai_lib.types.json import JsonDict, JsonObject, JsonValue

FORMATS: Final = {
    "sse": "sse",
    "openai_sse": "sse",
    "anthropic_sse": "sse",
    "gemini_sse": "sse",
    # The dialect asks for server-sent events in its query.
    "gemini_json": "sse",
    "ndjson": "json_lines",
    "json_lines": "json_lines",
    "jsonl": "json_lines",
    "cohere_native": "json_lines",
    "json_array": "json_array",
    "json": "json",
    "aws_event_stream": "aws_event_stream",
}
"""The framings that manifests name, and the decoder that reads each."""

_ERROR_FACTS: Final = ("message", "code", "type", "param", "status", "request_id")


def build_overlay(document: JsonObject, base: JsonObject) -> JsonDict:
    """Return the dialect parts that `document` declares, to be merged over the dialect `base`.

    Raises:
        ProtocolError: a section has a wrong shape, or names an unknown event or framing.
        ManifestSyntaxError: a path or an expression does not parse.
    """
    try:
        raw_shape = msgspec.convert(document, RawShape, strict=False)
    except msgspec.ValidationError as error:
        raise ProtocolError(str(error)) from error
    parts: JsonDict = {}
    if raw_shape.termination and raw_shape.termination.mapping:
        parts["termination"] = {
            word: meaning if meaning in TERMINATION_REASONS else "other"
            for word, meaning in raw_shape.termination.mapping.items()
        }
    if error_paths := _overlay_error(raw_shape):
        parts["error"] = error_paths
    if raw_shape.streaming is not None:
        parts["stream"] = _overlay_stream(
            raw_shape.streaming, base.get("stream") or {}, _find_tool_use(raw_shape)
        )
    manifest_rules = list(_list_response_rules(raw_shape))
    if manifest_rules:
        rules = list_rules(base.get("reply") or {})
        manifest_rules = [
            _widen_to_candidates(manifest_rule, rules) for manifest_rule in manifest_rules
        ]
        parts["reply"] = {"rules": merge_rules(rules, manifest_rules, Candidates()), "also": []}
    return parts


def list_rules(shape: JsonObject) -> list[JsonObject]:
    """Return all rules of a dialect's `reply` or `stream`."""
    return [*(shape.get("rules") or ()), *(shape.get("also") or ())]


def _find_tool_use(shape: RawShape) -> RawToolUse | None:
    return shape.tooling.tool_use if shape.tooling else None


def _overlay_error(shape: RawShape) -> dict[str, list[str]]:
    mapping = shape.features.response_mapping if shape.features else None
    declared = (mapping.error if mapping else None) or {}
    return {
        name: [path]
        for name in _ERROR_FACTS
        if isinstance(path := declared.get(f"{name}_path"), str) and path
    }


def _overlay_stream(
    raw_streaming: RawStreaming, base: JsonObject, tooling: RawToolUse | None
) -> JsonDict:
    candidates = find_candidates(raw_streaming)
    dialect_rules = list_rules(base)
    manifest_rules = join_tool_call_rules(read_manifest_rules(raw_streaming, tooling))
    rules = merge_rules(dialect_rules, manifest_rules, candidates)
    part: JsonDict = {"rules": rules, "also": []}
    if raw_streaming.decoder is not None:
        part["decoder"] = _overlay_decoder(raw_streaming)
    if raw_streaming.frame_selector is not None:
        part["select"] = _build_selector(raw_streaming.frame_selector, dialect_rules)
    finish_paths = find_read_paths(rules, "FinalCandidate")
    if raw_streaming.stop_condition is not None and not _is_finish_reason_check(
        raw_streaming.stop_condition, finish_paths
    ):
        part["complete"] = _widen_expression(raw_streaming.stop_condition, candidates)
    flush_condition = raw_streaming.accumulator.flush_on if raw_streaming.accumulator else None
    if flush_condition is not None and not _is_finish_reason_check(flush_condition, finish_paths):
        end_rule = ManifestRule(
            emit="ToolCallEnded", match=_widen_expression(flush_condition, candidates), fields={}
        )
        part["rules"] = merge_rules(rules, [end_rule], candidates)
    return part


def _overlay_decoder(raw_streaming: RawStreaming) -> JsonDict:
    decoder = raw_streaming.decoder
    assert decoder is not None
    part: JsonDict = {}
    if decoder.format is not None:
        if decoder.format not in FORMATS:
            raise ProtocolError(
                f"$.streaming.decoder.format {decoder.format!r} is not one of {', '.join(FORMATS)}"
            )
        part["format"] = FORMATS[decoder.format]
    if decoder.done_signal is not None:
        part["done_signal"] = decoder.done_signal or None
    return part


def _build_selector(declared: str, rules: list[JsonObject]) -> str:
    """Return the selector; a frame that reports an error is never dropped."""
    errors = [
        str(rule["match"])
        for rule in rules
        if rule.get("emit") == "StreamError" and rule.get("match")
    ]
    compile_expression(declared)  # a mistake is reported in the words of the manifest
    return " || ".join(f"({condition})" for condition in (declared, *errors))


def _is_finish_reason_check(
    expression: str, finish_paths: frozenset[tuple[str | None, ...]]
) -> bool:
    """Whether a condition only checks for a finish reason, which ends the stream anyway."""
    paths = {normalize_path(path) for path in compile_expression(expression).paths}
    return bool(paths) and paths <= finish_paths


def _widen_expression(expression: str, candidates: Candidates) -> str:
    if not candidates.fan_out:
        return expression
    return rewrite_paths(expression, first_index_as_wildcard)


def _list_response_rules(shape: RawShape) -> Iterator[ManifestRule]:
    """Yield the rules that the sections for plain responses stand for."""
    paths = {
        name: add_root(path)
        for name, path in (shape.response_paths or {}).items()
        if isinstance(path, str) and path
    }
    response_fields = (
        ("PartialContentDelta", "content", "content"),
        ("ThinkingDelta", "thinking", "thinking"),
        ("FinalCandidate", "finish_reason", "finish_reason"),
        ("FinalCandidate", "finish_reason", "stop_reason"),
        ("Metadata", "usage", "usage"),
    )
    for emit, field, name in response_fields:
        if name in paths:
            yield ManifestRule(emit=emit, fields={field: paths[name]})
    mapping = shape.features.response_mapping if shape.features else None
    if mapping and mapping.tool_calls:
        yield _map_tool_calls(mapping.tool_calls)
    elif "tool_calls" in paths:
        fields = build_tool_call_fields(paths["tool_calls"], _find_tool_use(shape), is_list=True)
        yield ManifestRule(emit="ToolCall", fields=fields)


def _map_tool_calls(calls: RawCalls) -> ManifestRule:
    names = {"id": "tool_call_id", "name": "tool_name", "args": "arguments", "index": "index"}
    call_path = f"{add_root(calls.path)}[*]"
    # The names in the filter are members of one call.
    match = calls.filter and rewrite_paths(calls.filter, _make_relative)
    fields: JsonDict = {
        names[name]: GENERATED if member == GENERATED else f"{call_path}.{member}"
        for name, member in (calls.fields or {}).items()
        if name in names
    }
    return ManifestRule(emit="ToolCall", each=call_path, match=match or None, fields=fields)


def _make_relative(path: str) -> str:
    return path if path.startswith(("$", "@")) else f"@.{path}"


def _widen_to_candidates(rule: ManifestRule, dialect_rules: list[JsonObject]) -> ManifestRule:
    """Widen a rule for candidate 0 to every candidate: a manifest's response paths name only it."""
    lists = {
        normalize_path(dialect_rule["each"])
        for dialect_rule in dialect_rules
        if dialect_rule.get("candidate") and dialect_rule.get("each")
    }

    def widen(value: JsonValue) -> JsonValue:
        if not is_path(value):
            return value
        wide = first_index_as_wildcard(value)
        keys = normalize_path(wide)
        return wide if any(keys[: len(prefix)] == prefix for prefix in lists) else value

    return ManifestRule(
        emit=rule.emit,
        each=rule.each and widen(rule.each),
        match=rule.match,
        fields={name: widen(value) for name, value in rule.fields.items()},
    )
