"""A manifest's own rules, written in the protocol's words, as rules of a dialect."""

import re
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.manifest.schema import RawRule, RawStreaming, RawToolUse
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import compile_path, first_index_as_wildcard
from ai_lib.types.json import JsonDict, JsonValue

GENERATED: Final = "_generate_uuid"

EVENTS: Final = {
    "PartialContentDelta": ("content", "signature", "citations", "index", "refused"),
    "ThinkingDelta": ("thinking", "signature", "redacted", "index"),
    "ToolCall": ("tool_call_id", "tool_name", "arguments", "index", "signature"),
    "ToolCallEnded": ("index",),
    "OpaqueContent": ("raw",),
    "ForeignBlock": ("index",),
    "Metadata": ("usage",),
    "FinalCandidate": ("finish_reason",),
    "StreamEnd": ("finish_reason", "usage"),
    "StreamError": ("error",),
}
"""The events a rule may emit, with the fields that mean something in each."""

_OTHER_NAMES: Final = {
    "ContentDelta": "PartialContentDelta",
    "ToolCallStarted": "ToolCall",
    "PartialToolCall": "ToolCall",
    "ToolCallDelta": "ToolCall",
    "UsageReport": "Metadata",
    "Done": "StreamEnd",
}
_OTHER_FIELDS: Final = {
    "text": "content",
    "id": "tool_call_id",
    "name": "tool_name",
    "args": "arguments",
    "input": "arguments",
    "partial_json": "arguments",
    "stop_reason": "finish_reason",
}
_POSITION: Final = "@.index"  # where an element usually says which candidate it is


class ManifestRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule on its way: an event, its condition, and its fields, paths from the frame.

    With `each`, it speaks of the elements there, and its condition is relative to one.
    """

    emit: str
    each: str | None = None
    match: str | None = None
    fields: JsonDict


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """Where the candidates of a frame are: `each` selects them, `index` is relative to one."""

    each: str | None = None
    index: str = _POSITION
    fan_out: bool = False


def find_candidates(streaming: RawStreaming) -> Candidates:
    """Return where the manifest says that a frame keeps its candidates."""
    declared = streaming.candidate
    paths = [declared.candidate_id_path] if declared and declared.candidate_id_path else []
    for rule in streaming.event_map or ():
        place = (rule.fields or rule.extract or {}).get("candidate_index")
        if isinstance(place, str):
            paths.append(place)
    for path in paths:
        text = first_index_as_wildcard(path)
        prefix = cut_at_first_wildcard(text)
        if prefix is not None:
            fan_out = declared.fan_out if declared else False
            return Candidates(each=prefix, index=f"@{text[len(prefix) :]}", fan_out=fan_out)
    return Candidates(fan_out=declared.fan_out if declared else False)


def read_manifest_rules(streaming: RawStreaming, tooling: RawToolUse | None) -> list[ManifestRule]:
    """Return the event map's rules; without an event map, those the content paths stand for."""
    rules = streaming.event_map or _list_path_rules(streaming)
    return [draft for rule in rules for draft in _read_rule(rule, tooling)]


def _list_path_rules(streaming: RawStreaming) -> list[RawRule]:
    places = (
        ("PartialContentDelta", "content", streaming.content_path),
        ("PartialToolCall", "tool_calls", streaming.tool_call_path),
        ("Metadata", "usage", streaming.usage_path),
    )
    return [
        RawRule(emit=emit, fields={name: add_root(path)}) for emit, name, path in places if path
    ]


def add_root(path: str) -> str:
    """Return a path that may have been written without its `$.`."""
    return path if path.startswith("$") else f"$.{path}"


def _read_rule(rule: RawRule, tooling: RawToolUse | None) -> Iterator[ManifestRule]:
    emit = _OTHER_NAMES.get(rule.emit, rule.emit)
    if emit not in EVENTS:
        known = ", ".join([*EVENTS, *_OTHER_NAMES])
        raise ProtocolError(f"$.streaming.event_map emits {rule.emit!r}; the events are {known}")
    given = {
        _OTHER_FIELDS.get(name, name): value
        for name, value in {**(rule.extract or {}), **(rule.fields or {})}.items()
        if value is not None
    }
    for name, draft_emit in (("usage", "Metadata"), ("finish_reason", "FinalCandidate")):
        if name in given and name not in EVENTS[emit]:
            yield ManifestRule(emit=draft_emit, match=rule.match, fields={name: given[name]})
    if emit == "ToolCall":
        given.update(build_tool_call_fields(given.get("tool_calls"), tooling, many=True))
        given.update(build_tool_call_fields(given.get("tool_call"), tooling, many=False))
    if emit == "StreamEnd" and is_path(given.get("finish_reason")):
        yield from _end_candidate(given, rule.match)
        return
    known_fields = {name: value for name, value in given.items() if name in EVENTS[emit]}
    if known_fields or emit in ("StreamEnd", "ToolCallEnded"):
        yield ManifestRule(emit=emit, match=rule.match, fields=known_fields)


def _end_candidate(given: JsonDict, match: str | None) -> Iterator[ManifestRule]:
    """A reason read from the wire ends its candidate; the usage may follow in frames of its own."""
    yield ManifestRule(
        emit="FinalCandidate", match=match, fields={"finish_reason": given["finish_reason"]}
    )
    if "usage" in given:
        yield ManifestRule(emit="Metadata", match=match, fields={"usage": given["usage"]})


def build_tool_call_fields(place: JsonValue, tooling: RawToolUse | None, *, many: bool) -> JsonDict:
    """Return the parts of the calls at `place`, a list of calls or one call."""
    if not is_path(place):
        return {}
    one = f"{place}[*]" if many else place
    own = place.rpartition(".")[2] + "."
    use = tooling or RawToolUse()
    parts = {
        "tool_call_id": use.id_path or "id",
        "tool_name": use.name_path or ("function.name" if many else "name"),
        "arguments": use.input_path
        or use.arguments_path
        or ("function.arguments" if many else "args"),
    }
    if index := use.index_path or ("index" if many else None):
        parts["index"] = index
    return {name: f"{one}.{part.removeprefix(own)}" for name, part in parts.items()}


def is_path(value: JsonValue) -> bool:
    """Whether a field's value is read from the frame."""
    return isinstance(value, str) and value.startswith(("$", "@"))


def cut_at_first_wildcard(path: str) -> str | None:
    """Return the path up to its first wildcard, that included."""
    for key, _, end in compile_path(path).syntax.segments:
        if key is None:
            return path[:end]
    return None


def build_dialect_rule(draft: ManifestRule, candidates: Candidates) -> JsonDict:
    """Return the draft as a dialect's rule, read once for every candidate where it speaks of them.

    The condition moves along when all its paths lie in the candidate.
    """
    if draft.each is not None:
        return _build_element_rule(draft, draft.each)
    if candidates.fan_out:
        draft = _fan_out(draft, candidates)
    each = _find_candidate_path(draft, candidates)
    rule: JsonDict = {"emit": draft.emit, "fields": dict(draft.fields)}
    if draft.match is not None:
        rule["match"] = draft.match
    if each is None:
        return rule
    rule["fields"] = {name: _make_relative(value, each) for name, value in draft.fields.items()}
    inner = rule.get("match")
    if inner is not None and not _lies_in(inner, each):
        del rule["match"]
        outer = {"each": each, "candidate": candidates.index, "rules": [rule]}
        return {"match": inner, "rules": [outer]}
    if inner is not None:
        rule["match"] = rewrite_paths(inner, lambda path: f"@{path[len(each) :]}")
    return {"each": each, "candidate": candidates.index, "rules": [rule]}


def _build_element_rule(draft: ManifestRule, each: str) -> JsonDict:
    fields = {name: _make_relative(value, each) for name, value in draft.fields.items()}
    rule: JsonDict = {"emit": draft.emit, "fields": fields}
    if draft.match is not None:
        rule["match"] = draft.match
    return {"each": each, "rules": [rule]}


def _find_candidate_path(draft: ManifestRule, candidates: Candidates) -> str | None:
    """Return the path to the candidates that a rule speaks of, or None."""
    paths = [value for value in draft.fields.values() if is_path(value)]
    firsts = {first for path in paths if (first := cut_at_first_wildcard(path))}
    if not firsts and draft.match is not None:
        matched = compile_expression(draft.match).paths
        firsts = {first for path in matched if (first := cut_at_first_wildcard(path.text))}
        return candidates.each if candidates.each in firsts else None
    if len(firsts) != 1:
        return None
    (first,) = firsts
    if first == candidates.each:
        return first
    is_unknown = candidates.each is None
    return first if is_unknown and _is_list_of_candidates(draft, paths) else None


def _is_list_of_candidates(draft: ManifestRule, paths: list[str]) -> bool:
    # Of one list alone, a tool rule reads its calls; of two, the outer has the candidates.
    deepest = max(compile_path(path).wildcards for path in paths)
    return deepest > 1 or draft.emit not in ("ToolCall", "ToolCallEnded")


def _fan_out(draft: ManifestRule, candidates: Candidates) -> ManifestRule:
    def widened(path: str) -> str:
        wide = first_index_as_wildcard(path)
        inside = candidates.each is None or wide.startswith(candidates.each)
        return wide if inside else path

    return ManifestRule(
        emit=draft.emit,
        match=None if draft.match is None else rewrite_paths(draft.match, widened),
        fields={
            name: widened(value) if is_path(value) else value
            for name, value in draft.fields.items()
        },
    )


def rewrite_paths(expression: str, change: Callable[[str], str]) -> str:
    """Return the expression with `change` applied to the text of each of its paths."""
    paths = sorted((path.text for path in compile_expression(expression).paths), key=len)
    if not paths:
        return expression
    anywhere = "|".join(re.escape(path) for path in reversed(paths))
    return re.sub(anywhere, lambda found: change(found[0]), expression)


def _lies_in(expression: str, each: str) -> bool:
    paths = compile_expression(expression).paths
    return bool(paths) and all(_begins_with(path.text, each) for path in paths)


def _begins_with(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith((f"{prefix}.", f"{prefix}["))


def _make_relative(value: JsonValue, each: str) -> JsonValue:
    if is_path(value) and _begins_with(value, each):
        return f"@{value[len(each) :]}"
    return value
