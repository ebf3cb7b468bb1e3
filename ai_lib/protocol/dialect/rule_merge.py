"""Merges a manifest's own rules into the rules of its dialect.

A manifest's rule that reads what the dialect reads is dropped, because the dialect's rule says
more. A rule that reads other paths comes first, and the dialect's rules for that event are read
only where it finds nothing. A rule that narrows a condition replaces the dialect's rules.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from ai_lib.protocol.dialect.event_map import (
    EVENTS,
    GENERATED,
    Candidates,
    ManifestRule,
    build_dialect_rule,
    is_path,
)
from ai_lib.protocol.query.expression_grammar import (
    AllOf,
    AnyOf,
    Comparison,
    Exists,
    Literal,
    Not,
    Tree,
    parse_expression,
)
from ai_lib.protocol.query.path import JsonPath, compile_path
from ai_lib.types.json import JsonDict, JsonObject, JsonValue

PathKeys: TypeAlias = tuple[str | None, ...]
Conditions: TypeAlias = frozenset[object]
Rules: TypeAlias = Sequence[JsonObject]

# Calls are read before a finish reason ends them.
_BEFORE: Final = (
    "StreamError",
    "ThinkingDelta",
    "PartialContentDelta",
    "MediaContent",
    "Source",
    "Citation",
    "LogprobsDelta",
    "ToolCall",
)
_AFTER: Final = (
    "ToolCallEnded",
    "FinalCandidate",
    "Metadata",
    "StreamEnd",
    "OpaqueContent",
    "ForeignBlock",
    "HostedToolStarted",
    "HostedToolDelta",
    "HostedToolEnded",
)
_ALIASES: Final = {
    "ToolCallStarted": "ToolCall",
    "PartialToolCall": "ToolCall",
    "UsageReport": "Metadata",
}


class _EmittingRule(msgspec.Struct, frozen=True, kw_only=True):
    """A dialect's rule that emits an event, with the paths it reads and all its conditions."""

    emit: str
    reads: Mapping[str, PathKeys]
    conditions: Conditions


def merge_rules(
    dialect_documents: Rules, manifest_rules: Sequence[ManifestRule], candidates: Candidates
) -> list[JsonObject]:
    """Return the dialect's rules with the manifest's rules merged into them."""
    dialect_rules = tuple(_find_emitting_rules(dialect_documents, (), frozenset()))
    groups: dict[str, list[JsonObject]] = {}
    claimed_paths: set[PathKeys] = set()
    remaining = list(dialect_documents)
    for emit in (*_BEFORE, *_AFTER):
        event_rules = [rule for rule in manifest_rules if rule.emit == emit]
        new_rules = [rule for rule in event_rules if not _is_redundant(rule, dialect_rules)]
        if not new_rules:
            continue
        standing_rules = _filter_rules(dialect_documents, emit, True)
        remaining = _filter_rules(remaining, emit, False)
        if any(_narrows(rule, dialect_rules) for rule in new_rules) and emit != "StreamError":
            new_rules, standing_rules = event_rules, []
        claimed_paths |= {
            path for rule in new_rules for path in _find_new_paths(rule, dialect_rules)
        }
        rules = [
            _build_rule(rule, candidates, dialect_rules, bool(standing_rules)) for rule in new_rules
        ]
        groups[emit] = [
            {"rules": rules, "otherwise": standing_rules} if standing_rules else {"rules": rules}
        ]
    remaining = _remove_fields(remaining, claimed_paths)
    before = [rule for emit in _BEFORE for rule in groups.get(emit, ())]
    after = [rule for emit in _AFTER for rule in groups.get(emit, ())]
    return [*before, *remaining, *after]


def find_own_events(
    dialect_documents: Rules, manifest_rules: Sequence[ManifestRule]
) -> frozenset[str]:
    """Return the events for which the manifest's rules do not read what the dialect's rules read.

    Either all rules for such an event read other paths, or one of them narrows a condition.
    """
    dialect_rules = tuple(_find_emitting_rules(dialect_documents, (), frozenset()))
    own_events: set[str] = set()
    for emit in {rule.emit for rule in manifest_rules}:
        event_rules = [rule for rule in manifest_rules if rule.emit == emit]
        if not any(_is_redundant(rule, dialect_rules) for rule in event_rules) or any(
            _narrows(rule, dialect_rules) for rule in event_rules
        ):
            own_events.add(emit)
    return frozenset(own_events)


def join_tool_call_rules(manifest_rules: Iterable[ManifestRule]) -> list[ManifestRule]:
    """Join rules that read fields of the same tool call, so that they emit one event."""
    joined_rules: list[ManifestRule] = []
    positions: dict[PathKeys, int] = {}
    for rule in manifest_rules:
        element = _find_element_path(rule)
        if element is None:
            joined_rules.append(rule)
        elif element not in positions:
            positions[element] = len(joined_rules)
            joined_rules.append(msgspec.structs.replace(rule, match=None))
        else:
            first = joined_rules[positions[element]]
            fields = {**rule.fields, **first.fields}
            joined_rules[positions[element]] = msgspec.structs.replace(first, fields=fields)
    return joined_rules


def _find_element_path(rule: ManifestRule) -> PathKeys | None:
    """Return the path of the elements that a tool call rule reads.

    Return None when its condition checks more than that they exist.
    """
    if rule.emit != "ToolCall" or parse_conditions(rule) - _find_existence_conditions(rule):
        return None
    paths = [normalize_path(value) for value in rule.fields.values() if is_path(value)]
    if not paths or any(None not in path for path in paths):
        return None
    elements = {path[: len(path) - path[::-1].index(None)] for path in paths}
    return elements.pop() if len(elements) == 1 else None


def find_read_paths(rules: Rules, emit: str) -> frozenset[PathKeys]:
    """Return the paths that the rules of this event read."""
    dialect_rules = _find_emitting_rules(rules, (), frozenset())
    return frozenset(
        keys
        for dialect_rule in dialect_rules
        if dialect_rule.emit == emit
        for keys in dialect_rule.reads.values()
    )


def parse_conditions(rule: ManifestRule) -> Conditions:
    """Return the conditions that all have to hold, normalized so that equal ones are equal."""
    if rule.match is None:
        return frozenset()
    tree, _ = parse_expression(rule.match, trusted=True)
    return _normalize_conditions(tree, normalize_path(rule.each) if rule.each else ())


def normalize_path(path: str | JsonPath, prefix: PathKeys = ()) -> PathKeys:
    """Return the keys of a path: an index counts as a wildcard, and `@` continues `prefix`."""
    compiled = compile_path(path) if isinstance(path, str) else path
    steps = tuple(
        segment.key if isinstance(segment.key, str) else None
        for segment in compiled.syntax.segments
    )
    tail = compiled.text[compiled.syntax.tail :]
    steps = (*steps, tail) if tail else steps
    return (*prefix, *steps) if compiled.syntax.origin == "@" else steps


def _build_rule(
    manifest_rule: ManifestRule,
    candidates: Candidates,
    dialect_rules: Sequence[_EmittingRule],
    is_first: bool,
) -> JsonDict:
    rule = build_dialect_rule(manifest_rule, candidates)
    new_fields = _find_new_fields(manifest_rule, dialect_rules)
    if not is_first or not new_fields or len(new_fields) == len(manifest_rule.fields):
        return rule
    inner = rule
    while "emit" not in inner:
        inner = inner["rules"][0]
    inner["needs"] = new_fields
    return rule


def _is_redundant(rule: ManifestRule, dialect_rules: Sequence[_EmittingRule]) -> bool:
    if not rule.fields:
        return any(
            dialect_rule.emit == rule.emit and parse_conditions(rule) <= dialect_rule.conditions
            for dialect_rule in dialect_rules
        )
    literals = [v for v in rule.fields.values() if not is_path(v) and v != GENERATED]
    return (
        not literals
        and not _find_new_fields(rule, dialect_rules)
        and not _narrows(rule, dialect_rules)
    )


def _find_new_fields(rule: ManifestRule, dialect_rules: Sequence[_EmittingRule]) -> list[str]:
    return [
        name
        for name, value in rule.fields.items()
        if is_path(value)
        and not any(_reads(dialect_rule, rule, name, value) for dialect_rule in dialect_rules)
    ]


def _find_new_paths(
    rule: ManifestRule, dialect_rules: Sequence[_EmittingRule]
) -> Iterator[PathKeys]:
    for name in _find_new_fields(rule, dialect_rules):
        yield normalize_path(rule.fields[name])


def _reads(dialect_rule: _EmittingRule, rule: ManifestRule, name: str, path: str) -> bool:
    return dialect_rule.emit == rule.emit and dialect_rule.reads.get(name) == normalize_path(path)


def _narrows(rule: ManifestRule, dialect_rules: Sequence[_EmittingRule]) -> bool:
    """Whether the rule reads a path of the dialect under a condition that the dialect lacks."""
    fields = {name: value for name, value in rule.fields.items() if is_path(value)}
    own_conditions = parse_conditions(rule) - _find_existence_conditions(rule)
    for name, path in fields.items():
        readers = [
            dialect_rule for dialect_rule in dialect_rules if _reads(dialect_rule, rule, name, path)
        ]
        if readers and not any(
            own_conditions <= dialect_rule.conditions for dialect_rule in readers
        ):
            return True
    return False


def _find_existence_conditions(rule: ManifestRule) -> Conditions:
    """Return the conditions that only check that a field, or an object around it, exists."""
    paths = [normalize_path(value) for value in rule.fields.values() if is_path(value)]

    def is_existence(condition: JsonValue) -> bool:
        kind, *parts = condition
        if kind == "exists":
            return any(path[: len(parts[0])] == parts[0] for path in paths)
        return kind in ("and", "or") and all(is_existence(part) for part in parts[0])

    return frozenset(condition for condition in parse_conditions(rule) if is_existence(condition))


def _find_emitting_rules(
    rules: Rules, prefix: PathKeys, inherited: Conditions
) -> Iterator[_EmittingRule]:
    for rule in rules:
        element_path = rule.get("each")
        inner = normalize_path(element_path, prefix) if element_path else prefix
        rule_conditions = inherited
        if match := rule.get("match"):
            rule_conditions = inherited | _normalize_conditions(
                parse_expression(match, trusted=True)[0], inner
            )
        if rule.get("emit"):
            fields = {**rule.get("extract", {}), **rule.get("fields", {})}
            yield _EmittingRule(
                emit=_normalize_event(rule),
                reads={n: normalize_path(v, inner) for n, v in fields.items() if is_path(v)},
                conditions=rule_conditions,
            )
        yield from _find_emitting_rules(rule.get("rules", ()), inner, rule_conditions)
        yield from _find_emitting_rules(rule.get("otherwise", ()), inner, rule_conditions)


def _normalize_event(rule: JsonObject) -> str:
    emit = str(rule.get("emit"))
    return _ALIASES.get(emit, emit)


def _filter_rules(rules: Iterable[JsonObject], emit: str, is_kept: bool) -> list[JsonObject]:
    """Return the rules that emit this event when `is_kept`, else the rules that emit another."""
    filtered_rules: list[JsonObject] = []
    for rule in rules:
        if rule.get("emit"):
            if (_normalize_event(rule) == emit) is is_kept:
                filtered_rules.append(rule)
            continue
        inner = _filter_rules(rule.get("rules", ()), emit, is_kept)
        otherwise = _filter_rules(rule.get("otherwise", ()), emit, is_kept)
        if inner or otherwise:
            filtered_rules.append({**rule, "rules": inner, "otherwise": otherwise})
    return filtered_rules


def _remove_fields(rules: Rules, claimed: set[PathKeys], prefix: PathKeys = ()) -> list[JsonObject]:
    """Return the rules without the fields whose path the manifest reads as another field."""
    reduced_rules: list[JsonObject] = []
    for rule in rules:
        inner = normalize_path(rule["each"], prefix) if rule.get("each") else prefix
        reduced_rule = dict(rule)
        for part in ("fields", "extract"):
            fields = rule.get(part) or {}
            reduced_rule[part] = {
                name: value
                for name, value in fields.items()
                if not is_path(value) or normalize_path(value, inner) not in claimed
            }
            if fields and not reduced_rule[part]:
                break
        else:
            for part in ("rules", "otherwise"):
                reduced_rule[part] = _remove_fields(rule.get(part, ()), claimed, inner)
            reduced_rules.append(reduced_rule)
    return reduced_rules


def _normalize_conditions(tree: Tree, prefix: PathKeys) -> Conditions:
    parts = tree.conditions if isinstance(tree, AllOf) else (tree,)
    return frozenset(_normalize_condition(part, prefix) for part in parts)


def _normalize_condition(tree: Tree, prefix: PathKeys) -> object:
    match tree:
        case Exists(path):
            return ("exists", normalize_path(path, prefix))
        case Comparison(left, "!=", Literal(None)) if isinstance(left, JsonPath):
            return ("exists", normalize_path(left, prefix))
        case Comparison(left, operator, right):
            return (operator, _normalize_operand(left, prefix), _normalize_operand(right, prefix))
        case Not(inner):
            return ("not", _normalize_condition(inner, prefix))
        case AllOf(parts):
            return ("and", frozenset(_normalize_condition(part, prefix) for part in parts))
        case AnyOf(parts):
            return ("or", frozenset(_normalize_condition(part, prefix) for part in parts))
        case Literal(value):
            return ("literal", repr(value))


def _normalize_operand(operand: JsonPath | Literal, prefix: PathKeys) -> object:
    if isinstance(operand, JsonPath):
        return normalize_path(operand, prefix)
    return repr(operand.value)


def is_known_event(emit: str) -> bool:
    """Whether a rule may emit an event of this name."""
    return _ALIASES.get(emit, emit) in EVENTS
