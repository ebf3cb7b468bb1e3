"""Translates a manifest's own event rules into rules of a dialect."""

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
    "PartialContentDelta": ("content", "signature", "index", "refused", "phase"),
    "ThinkingDelta": ("thinking", "signature", "redacted", "index", "phase"),
    "ToolCall": ("tool_call_id", "tool_name", "arguments", "index", "signature"),
    "ToolCallEnded": ("index",),
    "OpaqueContent": ("raw",),
    "Citation": ("url", "title", "start", "end", "cited_text", "source_id", "sources"),
    "Source": ("url", "title", "source_id", "number"),
    "LogprobsDelta": ("tokens",),
    "MediaContent": ("data", "url", "media_type", "id", "transcript"),
    "ForeignBlock": ("index",),
    "HostedToolStarted": ("raw",),
    "HostedToolDelta": ("id", "text"),
    "HostedToolEnded": ("kind", "id", "name", "input", "output", "text", "status", "error"),
    "Metadata": ("usage",),
    "FinalCandidate": ("finish_reason",),
    "StreamEnd": ("finish_reason", "usage"),
    "StreamError": ("error",),
}
"""The events that a rule may emit, with the fields of each."""

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
_DOTTED_INDEX: Final = re.compile(r"\.(\d+)(?=[.\[]|\Z)")
_USUAL_INDEX: Final = "@.index"  # where an element usually says which candidate it is


class ManifestRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a manifest: an event, its condition, and its fields as paths from the frame.

    With `each`, the rule is read once for every element at that path, and its condition is
    relative to the element.
    """

    emit: str
    each: str | None = None
    match: str | None = None
    fields: JsonDict


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """Where the candidates of a frame are: `each` selects them, `index` is relative to one."""

    each: str | None = None
    index: str = _USUAL_INDEX
    fan_out: bool = False


def find_candidates(streaming: RawStreaming) -> Candidates:
    """Return the candidates that a manifest declares for its frames."""
    declared = streaming.candidate
    paths = [declared.candidate_id_path] if declared and declared.candidate_id_path else []
    for rule in streaming.event_map or ():
        path = (rule.fields or rule.extract or {}).get("candidate_index")
        if isinstance(path, str):
            paths.append(path)
    for path in paths:
        text = first_index_as_wildcard(path)
        prefix = cut_at_first_wildcard(text)
        if prefix is not None:
            fan_out = declared.fan_out if declared else False
            return Candidates(each=prefix, index=f"@{text[len(prefix) :]}", fan_out=fan_out)
    return Candidates(fan_out=declared.fan_out if declared else False)


def read_manifest_rules(streaming: RawStreaming, tooling: RawToolUse | None) -> list[ManifestRule]:
    """Return the rules of the event map, else those that the content paths stand for."""
    raw_rules = streaming.event_map or _list_path_rules(streaming)
    return [rule for raw_rule in raw_rules for rule in _read_rule(raw_rule, tooling)]


def _list_path_rules(streaming: RawStreaming) -> list[RawRule]:
    content_paths = (
        ("PartialContentDelta", "content", streaming.content_path),
        ("PartialToolCall", "tool_calls", streaming.tool_call_path),
        ("Metadata", "usage", streaming.usage_path),
    )
    return [
        RawRule(emit=emit, fields={name: add_root(path)})
        for emit, name, path in content_paths
        if path
    ]


def add_root(path: str) -> str:
    """Return the path with its `$.`, which a manifest may leave out; `.0` is an index."""
    rooted = path if path.startswith("$") else f"$.{path}"
    return _DOTTED_INDEX.sub(r"[\1]", rooted)


def _read_rule(raw_rule: RawRule, tooling: RawToolUse | None) -> Iterator[ManifestRule]:
    emit = _OTHER_NAMES.get(raw_rule.emit, raw_rule.emit)
    if emit not in EVENTS:
        event_names = ", ".join([*EVENTS, *_OTHER_NAMES])
        raise ProtocolError(
            f"$.streaming.event_map emits {raw_rule.emit!r}; the events are {event_names}"
        )
    fields = {
        _OTHER_FIELDS.get(name, name): value
        for name, value in {**(raw_rule.extract or {}), **(raw_rule.fields or {})}.items()
        if value is not None
    }
    for name, extra_event in (("usage", "Metadata"), ("finish_reason", "FinalCandidate")):
        if name in fields and name not in EVENTS[emit]:
            yield ManifestRule(emit=extra_event, match=raw_rule.match, fields={name: fields[name]})
    if emit == "ToolCall":
        fields.update(build_tool_call_fields(fields.get("tool_calls"), tooling, is_list=True))
        fields.update(build_tool_call_fields(fields.get("tool_call"), tooling, is_list=False))
    if emit == "StreamEnd" and is_path(fields.get("finish_reason")):
        yield from _end_candidate(fields, raw_rule.match)
        return
    known_fields = {name: value for name, value in fields.items() if name in EVENTS[emit]}
    if known_fields or emit in ("StreamEnd", "ToolCallEnded"):
        yield ManifestRule(emit=emit, match=raw_rule.match, fields=known_fields)


def _end_candidate(fields: JsonDict, match: str | None) -> Iterator[ManifestRule]:
    """Yield rules that end a candidate, not the stream: a frame with the usage may still follow."""
    yield ManifestRule(
        emit="FinalCandidate", match=match, fields={"finish_reason": fields["finish_reason"]}
    )
    if "usage" in fields:
        yield ManifestRule(emit="Metadata", match=match, fields={"usage": fields["usage"]})


def build_tool_call_fields(
    calls_path: JsonValue, tooling: RawToolUse | None, *, is_list: bool
) -> JsonDict:
    """Return the fields of the tool calls at `calls_path`, which holds a list or one call."""
    if not is_path(calls_path):
        return {}
    call_path = f"{calls_path}[*]" if is_list else calls_path
    member_prefix = calls_path.rpartition(".")[2] + "."
    use = tooling or RawToolUse()
    parts = {
        "tool_call_id": use.id_path or "id",
        "tool_name": use.name_path or ("function.name" if is_list else "name"),
        "arguments": use.input_path
        or use.arguments_path
        or ("function.arguments" if is_list else "args"),
    }
    if index := use.index_path or ("index" if is_list else None):
        parts["index"] = index
    return {name: f"{call_path}.{part.removeprefix(member_prefix)}" for name, part in parts.items()}


def is_path(value: JsonValue) -> bool:
    """Whether a field's value is read from the frame."""
    return isinstance(value, str) and value.startswith(("$", "@"))


def cut_at_first_wildcard(path: str) -> str | None:
    """Return the path up to and with its first wildcard, or None when it has none."""
    for key, _, end in compile_path(path).syntax.segments:
        if key is None:
            return path[:end]
    return None


def build_dialect_rule(manifest_rule: ManifestRule, candidates: Candidates) -> JsonDict:
    """Return a manifest's rule as a dialect's rule.

    A rule that reads candidates is read once for each of them. Its condition becomes relative to
    the candidate when all paths of the condition lie in it.
    """
    if manifest_rule.each is not None:
        return _build_element_rule(manifest_rule, manifest_rule.each)
    if candidates.fan_out:
        manifest_rule = _fan_out(manifest_rule, candidates)
    candidate_path = _find_candidate_path(manifest_rule, candidates)
    rule: JsonDict = {"emit": manifest_rule.emit, "fields": dict(manifest_rule.fields)}
    if manifest_rule.match is not None:
        rule["match"] = manifest_rule.match
    if candidate_path is None:
        return rule
    rule["fields"] = {
        name: _make_relative(value, candidate_path) for name, value in manifest_rule.fields.items()
    }
    inner = rule.get("match")
    if inner is not None and not _lies_in(inner, candidate_path):
        del rule["match"]
        outer = {"each": candidate_path, "candidate": candidates.index, "rules": [rule]}
        return {"match": inner, "rules": [outer]}
    if inner is not None:
        rule["match"] = rewrite_paths(inner, lambda path: f"@{path[len(candidate_path) :]}")
    return {"each": candidate_path, "candidate": candidates.index, "rules": [rule]}


def _build_element_rule(manifest_rule: ManifestRule, element_path: str) -> JsonDict:
    fields = {
        name: _make_relative(value, element_path) for name, value in manifest_rule.fields.items()
    }
    rule: JsonDict = {"emit": manifest_rule.emit, "fields": fields}
    if manifest_rule.match is not None:
        rule["match"] = manifest_rule.match
    return {"each": element_path, "rules": [rule]}


def _find_candidate_path(rule: ManifestRule, candidates: Candidates) -> str | None:
    """Return the path to the candidates that a rule reads, or None."""
    paths = [value for value in rule.fields.values() if is_path(value)]
    list_paths = {list_path for path in paths if (list_path := cut_at_first_wildcard(path))}
    if not list_paths and rule.match is not None:
        match_paths = compile_expression(rule.match).paths
        list_paths = {
            list_path for path in match_paths if (list_path := cut_at_first_wildcard(path.text))
        }
        return candidates.each if candidates.each in list_paths else None
    if len(list_paths) != 1:
        return None
    (list_path,) = list_paths
    if list_path == candidates.each:
        return list_path
    is_unknown = candidates.each is None
    return list_path if is_unknown and _is_list_of_candidates(rule, paths) else None


def _is_list_of_candidates(rule: ManifestRule, paths: list[str]) -> bool:
    # A tool rule with one list reads its calls there; with two, the outer has the candidates.
    deepest = max(compile_path(path).wildcards for path in paths)
    return deepest > 1 or rule.emit not in ("ToolCall", "ToolCallEnded")


def _fan_out(rule: ManifestRule, candidates: Candidates) -> ManifestRule:
    def widen(path: str) -> str:
        wide = first_index_as_wildcard(path)
        inside = candidates.each is None or wide.startswith(candidates.each)
        return wide if inside else path

    return ManifestRule(
        emit=rule.emit,
        match=None if rule.match is None else rewrite_paths(rule.match, widen),
        fields={
            name: widen(value) if is_path(value) else value for name, value in rule.fields.items()
        },
    )


def rewrite_paths(expression: str, change: Callable[[str], str]) -> str:
    """Return the expression with `change` applied to the text of each of its paths."""
    paths = sorted((path.text for path in compile_expression(expression).paths), key=len)
    if not paths:
        return expression
    any_path = "|".join(re.escape(path) for path in reversed(paths))
    return re.sub(any_path, lambda path_match: change(path_match[0]), expression)


def _lies_in(expression: str, element_path: str) -> bool:
    paths = compile_expression(expression).paths
    return bool(paths) and all(_begins_with(path.text, element_path) for path in paths)


def _begins_with(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith((f"{prefix}.", f"{prefix}["))


def _make_relative(value: JsonValue, element_path: str) -> JsonValue:
    if is_path(value) and _begins_with(value, element_path):
        return f"@{value[len(element_path) :]}"
    return value
