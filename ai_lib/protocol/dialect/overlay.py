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
    RuleDraft,
    candidates_of,
    drafts_of,
    is_path,
    rewritten,
    rooted,
    tool_call_fields,
)
from ai_lib.protocol.dialect.rule_merge import combined, joined_calls, keys_of, reads
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


def overlay(document: JsonObject, base: JsonObject) -> JsonDict:
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
    if error_places := _error(shape):
        parts["error"] = error_places
    if shape.streaming is not None:
        parts["stream"] = _stream(shape.streaming, base.get("stream") or {}, _tool_use(shape))
    drafts = list(_reply_drafts(shape))
    if drafts:
        rules = _rules(base.get("reply") or {})
        drafts = [_in_every_candidate(draft, rules) for draft in drafts]
        parts["reply"] = {"rules": combined(rules, drafts, Candidates()), "also": []}
    return parts


def _rules(shape: JsonObject) -> list[JsonObject]:
    return [*(shape.get("rules") or ()), *(shape.get("also") or ())]


def _tool_use(shape: RawShape) -> RawToolUse | None:
    return shape.tooling.tool_use if shape.tooling else None


def _error(shape: RawShape) -> dict[str, list[str]]:
    mapping = shape.features.response_mapping if shape.features else None
    declared = (mapping.error if mapping else None) or {}
    return {
        name: [path]
        for name in _FACTS
        if isinstance(path := declared.get(f"{name}_path"), str) and path
    }


def _stream(written: RawStreaming, base: JsonObject, tooling: RawToolUse | None) -> JsonDict:
    candidates = candidates_of(written)
    known = _rules(base)
    drafts = joined_calls(drafts_of(written, tooling))
    rules = combined(known, drafts, candidates)
    part: JsonDict = {"rules": rules, "also": []}
    if written.decoder is not None:
        part["decoder"] = _decoder(written)
    if written.frame_selector is not None:
        part["select"] = _selector(written.frame_selector, known)
    finishes = reads(rules, "FinalCandidate")
    if written.stop_condition is not None and not _is_finish(written.stop_condition, finishes):
        part["complete"] = _widened(written.stop_condition, candidates)
    flush = written.accumulator.flush_on if written.accumulator else None
    if flush is not None and not _is_finish(flush, finishes):
        ended = RuleDraft(emit="ToolCallEnded", match=_widened(flush, candidates), fields={})
        part["rules"] = combined(rules, [ended], candidates)
    return part


def _decoder(written: RawStreaming) -> JsonDict:
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


def _selector(declared: str, rules: list[JsonObject]) -> str:
    """Return the selector; a frame that reports an error is never dropped."""
    errors = [
        str(rule["match"])
        for rule in rules
        if rule.get("emit") == "StreamError" and rule.get("match")
    ]
    compile_expression(declared)  # a mistake is reported in the words of the manifest
    return " || ".join(f"({one})" for one in (declared, *errors))


def _is_finish(expression: str, finishes: frozenset[tuple[str | None, ...]]) -> bool:
    """Whether a condition says no more than that there is a finish reason, which ends it anyway."""
    places = {keys_of(path) for path in compile_expression(expression).paths}
    return bool(places) and places <= finishes


def _widened(expression: str, candidates: Candidates) -> str:
    if not candidates.fan_out:
        return expression
    return rewritten(expression, first_index_as_wildcard)


def _reply_drafts(shape: RawShape) -> Iterator[RuleDraft]:
    """Return what the sections for plain replies say, as rules."""
    paths = {
        name: rooted(path)
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
            yield RuleDraft(emit=emit, fields={field: paths[name]})
    mapping = shape.features.response_mapping if shape.features else None
    if mapping and mapping.tool_calls:
        yield _mapped_calls(mapping.tool_calls)
    elif "tool_calls" in paths:
        fields = tool_call_fields(paths["tool_calls"], _tool_use(shape), many=True)
        yield RuleDraft(emit="ToolCall", fields=fields)


def _mapped_calls(calls: RawCalls) -> RuleDraft:
    names = {"id": "tool_call_id", "name": "tool_name", "args": "arguments", "index": "index"}
    one = f"{rooted(calls.path)}[*]"
    # The filter speaks of one call: its names are members of the call.
    match = calls.filter and rewritten(calls.filter, _of_element)
    fields: JsonDict = {
        names[name]: GENERATED if place == GENERATED else f"{one}.{place}"
        for name, place in (calls.fields or {}).items()
        if name in names
    }
    return RuleDraft(emit="ToolCall", each=one, match=match or None, fields=fields)


def _of_element(path: str) -> str:
    return path if path.startswith(("$", "@")) else f"@.{path}"


def _in_every_candidate(draft: RuleDraft, rules: list[JsonObject]) -> RuleDraft:
    """Paths of plain replies name candidate 0; what holds for it holds for all of them."""
    lists = {keys_of(rule["each"]) for rule in rules if rule.get("candidate") and rule.get("each")}

    def widened(value: JsonValue) -> JsonValue:
        if not is_path(value):
            return value
        wide = first_index_as_wildcard(value)
        keys = keys_of(wide)
        return wide if any(keys[: len(prefix)] == prefix for prefix in lists) else value

    return RuleDraft(
        emit=draft.emit,
        each=draft.each and widened(draft.each),
        match=draft.match,
        fields={name: widened(value) for name, value in draft.fields.items()},
    )
