"""What a manifest's own streaming, response, error and termination sections change in its dialect.

They are written in the protocol's words and end in the dialect's, so that one reader serves both.
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
}
"""The framings manifests name, and the decoder that reads each."""

_NORMAL_REASONS: Final = frozenset(
    {
        "end_turn",
        "max_tokens",
        "stop_sequence",
        "tool_use",
        "refusal",
        "pause_turn",
        "other",
        "error",
    }
)
_FACTS: Final = ("message", "code", "type", "param", "status", "request_id")


def build_overlay(document: JsonObject, base: JsonObject) -> JsonDict:
    """Return the dialect parts that `document` declares, to be merged over the dialect `base`.

    Raises:
        ProtocolError: a section has another shape, or names an event or a framing there is none of.
        ManifestSyntaxError: a path or an expression does not parse.
    """
    try:
        shape = msgspec.convert(document, RawShape, strict=False)
    except msgspec.ValidationError as error:
        raise ProtocolError(str(error)) from error
    parts: JsonDict = {}
    if shape.termination and shape.termination.mapping:
        parts["termination"] = {
            word: meaning if meaning in _NORMAL_REASONS else "other"
            for word, meaning in shape.termination.mapping.items()
        }
    if error_places := _overlay_error(shape):
        parts["error"] = error_places
    if shape.streaming is not None:
        parts["stream"] = _overlay_stream(
            shape.streaming, base.get("stream") or {}, _find_tool_use(shape)
        )
    drafts = list(_list_response_rules(shape))
    if drafts:
        rules = _list_rules(base.get("reply") or {})
        drafts = [_widen_to_candidates(draft, rules) for draft in drafts]
        parts["reply"] = {"rules": merge_rules(rules, drafts, Candidates()), "also": []}
    return parts


def _list_rules(shape: JsonObject) -> list[JsonObject]:
    return [*(shape.get("rules") or ()), *(shape.get("also") or ())]


def _find_tool_use(shape: RawShape) -> RawToolUse | None:
    return shape.tooling.tool_use if shape.tooling else None


def _overlay_error(shape: RawShape) -> dict[str, list[str]]:
    mapping = shape.features.response_mapping if shape.features else None
    declared = (mapping.error if mapping else None) or {}
    return {
        name: [path]
        for name in _FACTS
        if isinstance(path := declared.get(f"{name}_path"), str) and path
    }


def _overlay_stream(
    written: RawStreaming, base: JsonObject, tooling: RawToolUse | None
) -> JsonDict:
    candidates = find_candidates(written)
    known = _list_rules(base)
    drafts = join_tool_call_rules(read_manifest_rules(written, tooling))
    rules = merge_rules(known, drafts, candidates)
    part: JsonDict = {"rules": rules, "also": []}
    if written.decoder is not None:
        part["decoder"] = _overlay_decoder(written)
    if written.frame_selector is not None:
        part["select"] = _build_selector(written.frame_selector, known)
    finishes = find_read_paths(rules, "FinalCandidate")
    if written.stop_condition is not None and not _is_finish_reason_check(
        written.stop_condition, finishes
    ):
        part["complete"] = _widen_expression(written.stop_condition, candidates)
    flush = written.accumulator.flush_on if written.accumulator else None
    if flush is not None and not _is_finish_reason_check(flush, finishes):
        ended = ManifestRule(
            emit="ToolCallEnded", match=_widen_expression(flush, candidates), fields={}
        )
        part["rules"] = merge_rules(rules, [ended], candidates)
    return part


def _overlay_decoder(written: RawStreaming) -> JsonDict:
    decoder = written.decoder
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
    return " || ".join(f"({one})" for one in (declared, *errors))


def _is_finish_reason_check(expression: str, finishes: frozenset[tuple[str | None, ...]]) -> bool:
    """Whether a condition says no more than that there is a finish reason, which ends it anyway."""
    places = {normalize_path(path) for path in compile_expression(expression).paths}
    return bool(places) and places <= finishes


def _widen_expression(expression: str, candidates: Candidates) -> str:
    if not candidates.fan_out:
        return expression
    return rewrite_paths(expression, first_index_as_wildcard)


def _list_response_rules(shape: RawShape) -> Iterator[ManifestRule]:
    """Return what the sections for plain replies say, as rules."""
    paths = {
        name: add_root(path)
        for name, path in (shape.response_paths or {}).items()
        if isinstance(path, str) and path
    }
    places = (
        ("PartialContentDelta", "content", "content"),
        ("ThinkingDelta", "thinking", "thinking"),
        ("FinalCandidate", "finish_reason", "finish_reason"),
        ("FinalCandidate", "finish_reason", "stop_reason"),
        ("Metadata", "usage", "usage"),
    )
    for emit, field, name in places:
        if name in paths:
            yield ManifestRule(emit=emit, fields={field: paths[name]})
    mapping = shape.features.response_mapping if shape.features else None
    if mapping and mapping.tool_calls:
        yield _map_tool_calls(mapping.tool_calls)
    elif "tool_calls" in paths:
        fields = build_tool_call_fields(paths["tool_calls"], _find_tool_use(shape), many=True)
        yield ManifestRule(emit="ToolCall", fields=fields)


def _map_tool_calls(calls: RawCalls) -> ManifestRule:
    names = {"id": "tool_call_id", "name": "tool_name", "args": "arguments", "index": "index"}
    one = f"{add_root(calls.path)}[*]"
    # The filter speaks of one call: its names are members of the call.
    match = calls.filter and rewrite_paths(calls.filter, _make_relative)
    fields: JsonDict = {
        names[name]: GENERATED if place == GENERATED else f"{one}.{place}"
        for name, place in (calls.fields or {}).items()
        if name in names
    }
    return ManifestRule(emit="ToolCall", each=one, match=match or None, fields=fields)


def _make_relative(path: str) -> str:
    return path if path.startswith(("$", "@")) else f"@.{path}"


def _widen_to_candidates(draft: ManifestRule, rules: list[JsonObject]) -> ManifestRule:
    """Paths of plain replies name candidate 0; what holds for it holds for all of them."""
    lists = {
        normalize_path(rule["each"]) for rule in rules if rule.get("candidate") and rule.get("each")
    }

    def widened(value: JsonValue) -> JsonValue:
        if not is_path(value):
            return value
        wide = first_index_as_wildcard(value)
        keys = normalize_path(wide)
        return wide if any(keys[: len(prefix)] == prefix for prefix in lists) else value

    return ManifestRule(
        emit=draft.emit,
        each=draft.each and widened(draft.each),
        match=draft.match,
        fields={name: widened(value) for name, value in draft.fields.items()},
    )
