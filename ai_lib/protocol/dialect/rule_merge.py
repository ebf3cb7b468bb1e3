"""Which rules count when a manifest and its dialect both say how a reply is read.

A manifest's rule that reads what the dialect reads changes nothing: the dialect, which says more,
stands. A rule that reads other places comes first, and the dialect's rules for that event are
asked only about frames in which it finds nothing. A rule that narrows a condition replaces them.
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
from ai_lib.protocol.query.path import Path, compile_path
from ai_lib.types.json import JsonDict, JsonObject, JsonValue

PathKeys: TypeAlias = tuple[str | None, ...]
Conditions: TypeAlias = frozenset[object]
Rules: TypeAlias = Sequence[JsonObject]

# Calls are read before a finish reason ends them, whoever's rules say so.
_BEFORE: Final = ("StreamError", "ThinkingDelta", "PartialContentDelta", "ToolCall")
_AFTER: Final = (
    "ToolCallEnded",
    "FinalCandidate",
    "Metadata",
    "StreamEnd",
    "OpaqueContent",
    "ForeignBlock",
)
_ALIASES: Final = {
    "ToolCallStarted": "ToolCall",
    "PartialToolCall": "ToolCall",
    "UsageReport": "Metadata",
}


class _EmittingRule(msgspec.Struct, frozen=True, kw_only=True):
    """One emitting rule of a dialect: what it reads, and under which conditions."""

    emit: str
    reads: Mapping[str, PathKeys]
    conditions: Conditions


def merge_rules(
    dialect: Rules, drafts: Sequence[ManifestRule], candidates: Candidates
) -> list[JsonObject]:
    """Return the dialect's rules with the manifest's own in their place."""
    leaves = tuple(_find_emitting_rules(dialect, (), frozenset()))
    groups: dict[str, list[JsonObject]] = {}
    claimed: set[PathKeys] = set()
    rest = list(dialect)
    for emit in (*_BEFORE, *_AFTER):
        own = [draft for draft in drafts if draft.emit == emit]
        new = [draft for draft in own if not _is_redundant(draft, leaves)]
        if not new:
            continue
        standing = _filter_rules(dialect, emit, True)
        rest = _filter_rules(rest, emit, False)
        if any(_narrows(draft, leaves) for draft in new) and emit != "StreamError":
            new, standing = own, []
        claimed |= {keys for draft in new for keys in _find_new_paths(draft, leaves)}
        rules = [_build_rule(draft, candidates, leaves, bool(standing)) for draft in new]
        groups[emit] = [{"rules": rules, "otherwise": standing} if standing else {"rules": rules}]
    rest = _remove_fields(rest, claimed)
    before = [rule for emit in _BEFORE for rule in groups.get(emit, ())]
    after = [rule for emit in _AFTER for rule in groups.get(emit, ())]
    return [*before, *rest, *after]


def join_tool_call_rules(drafts: Iterable[ManifestRule]) -> list[ManifestRule]:
    """Join rules that read parts of the same tool call, so that the parts stay together."""
    found: list[ManifestRule] = []
    places: dict[PathKeys, int] = {}
    for draft in drafts:
        element = _find_element_path(draft)
        if element is None:
            found.append(draft)
        elif element not in places:
            places[element] = len(found)
            found.append(msgspec.structs.replace(draft, match=None))
        else:
            first = found[places[element]]
            fields = {**draft.fields, **first.fields}
            found[places[element]] = msgspec.structs.replace(first, fields=fields)
    return found


def _find_element_path(draft: ManifestRule) -> PathKeys | None:
    """Return which elements a tool call rule reads, when its condition asks for nothing else."""
    if draft.emit != "ToolCall" or parse_conditions(draft) - _find_existence_conditions(draft):
        return None
    ways = [normalize_path(value) for value in draft.fields.values() if is_path(value)]
    if not ways or any(None not in way for way in ways):
        return None
    elements = {way[: len(way) - way[::-1].index(None)] for way in ways}
    return elements.pop() if len(elements) == 1 else None


def find_read_paths(rules: Rules, emit: str) -> frozenset[PathKeys]:
    """Return the places from which rules of this event read."""
    leaves = _find_emitting_rules(rules, (), frozenset())
    return frozenset(keys for leaf in leaves if leaf.emit == emit for keys in leaf.reads.values())


def parse_conditions(draft: ManifestRule) -> Conditions:
    """Return the conditions that all have to hold, in a form that compares by meaning."""
    if draft.match is None:
        return frozenset()
    tree, _ = parse_expression(draft.match, trusted=True)
    return _normalize_conditions(tree, normalize_path(draft.each) if draft.each else ())


def normalize_path(path: str | Path, prefix: PathKeys = ()) -> PathKeys:
    """Return a path's steps, every index taken for a wildcard; `@` continues `prefix`."""
    compiled = compile_path(path) if isinstance(path, str) else path
    steps = tuple(
        segment.key if isinstance(segment.key, str) else None
        for segment in compiled.syntax.segments
    )
    tail = compiled.text[compiled.syntax.tail :]
    steps = (*steps, tail) if tail else steps
    return (*prefix, *steps) if compiled.syntax.origin == "@" else steps


def _build_rule(
    draft: ManifestRule, candidates: Candidates, leaves: Sequence[_EmittingRule], is_first: bool
) -> JsonDict:
    rule = build_dialect_rule(draft, candidates)
    new = _find_new_fields(draft, leaves)
    if not is_first or not new or len(new) == len(draft.fields):
        return rule
    inner = rule
    while "emit" not in inner:
        inner = inner["rules"][0]
    inner["needs"] = new
    return rule


def _is_redundant(draft: ManifestRule, leaves: Sequence[_EmittingRule]) -> bool:
    if not draft.fields:
        return any(
            leaf.emit == draft.emit and parse_conditions(draft) <= leaf.conditions
            for leaf in leaves
        )
    literals = [v for v in draft.fields.values() if not is_path(v) and v != GENERATED]
    return not literals and not _find_new_fields(draft, leaves) and not _narrows(draft, leaves)


def _find_new_fields(draft: ManifestRule, leaves: Sequence[_EmittingRule]) -> list[str]:
    return [
        name
        for name, value in draft.fields.items()
        if is_path(value) and not any(_reads(leaf, draft, name, value) for leaf in leaves)
    ]


def _find_new_paths(draft: ManifestRule, leaves: Sequence[_EmittingRule]) -> Iterator[PathKeys]:
    for name in _find_new_fields(draft, leaves):
        yield normalize_path(draft.fields[name])


def _reads(leaf: _EmittingRule, draft: ManifestRule, name: str, path: str) -> bool:
    return leaf.emit == draft.emit and leaf.reads.get(name) == normalize_path(path)


def _narrows(draft: ManifestRule, leaves: Sequence[_EmittingRule]) -> bool:
    """Whether the rule reads a place of the dialect's, but under a condition it does not have."""
    fields = {name: value for name, value in draft.fields.items() if is_path(value)}
    asked = parse_conditions(draft) - _find_existence_conditions(draft)
    for name, path in fields.items():
        readers = [leaf for leaf in leaves if _reads(leaf, draft, name, path)]
        if readers and not any(asked <= leaf.conditions for leaf in readers):
            return True
    return False


def _find_existence_conditions(draft: ManifestRule) -> Conditions:
    """Return those conditions that only say that a field, or a part of its way, is there."""
    ways = [normalize_path(value) for value in draft.fields.values() if is_path(value)]

    def is_on_the_way(fact: JsonValue) -> bool:
        kind, *parts = fact
        if kind == "exists":
            return any(way[: len(parts[0])] == parts[0] for way in ways)
        return kind in ("and", "or") and all(is_on_the_way(part) for part in parts[0])

    return frozenset(fact for fact in parse_conditions(draft) if is_on_the_way(fact))


def _find_emitting_rules(
    rules: Rules, prefix: PathKeys, inherited: Conditions
) -> Iterator[_EmittingRule]:
    for rule in rules:
        each = rule.get("each")
        inner = normalize_path(each, prefix) if each else prefix
        known = inherited
        if match := rule.get("match"):
            known = inherited | _normalize_conditions(
                parse_expression(match, trusted=True)[0], inner
            )
        if rule.get("emit"):
            fields = {**rule.get("extract", {}), **rule.get("fields", {})}
            yield _EmittingRule(
                emit=_normalize_event(rule),
                reads={n: normalize_path(v, inner) for n, v in fields.items() if is_path(v)},
                conditions=known,
            )
        yield from _find_emitting_rules(rule.get("rules", ()), inner, known)
        yield from _find_emitting_rules(rule.get("otherwise", ()), inner, known)


def _normalize_event(rule: JsonObject) -> str:
    emit = str(rule.get("emit"))
    return _ALIASES.get(emit, emit)


def _filter_rules(rules: Iterable[JsonObject], emit: str, wanted: bool) -> list[JsonObject]:
    """Return the rules with only those emitting ones whose event is this one, or is not."""
    found: list[JsonObject] = []
    for rule in rules:
        if rule.get("emit"):
            if (_normalize_event(rule) == emit) is wanted:
                found.append(rule)
            continue
        inner = _filter_rules(rule.get("rules", ()), emit, wanted)
        otherwise = _filter_rules(rule.get("otherwise", ()), emit, wanted)
        if inner or otherwise:
            found.append({**rule, "rules": inner, "otherwise": otherwise})
    return found


def _remove_fields(rules: Rules, claimed: set[PathKeys], prefix: PathKeys = ()) -> list[JsonObject]:
    """Return the rules without the fields whose place the manifest reads as something else."""
    found: list[JsonObject] = []
    for rule in rules:
        inner = normalize_path(rule["each"], prefix) if rule.get("each") else prefix
        kept = dict(rule)
        for part in ("fields", "extract"):
            fields = rule.get(part) or {}
            kept[part] = {
                name: value
                for name, value in fields.items()
                if not is_path(value) or normalize_path(value, inner) not in claimed
            }
            if fields and not kept[part]:
                break
        else:
            for part in ("rules", "otherwise"):
                kept[part] = _remove_fields(rule.get(part, ()), claimed, inner)
            found.append(kept)
    return found


def _normalize_conditions(tree: Tree, prefix: PathKeys) -> Conditions:
    parts = tree.conditions if isinstance(tree, AllOf) else (tree,)
    return frozenset(_normalize_condition(part, prefix) for part in parts)


def _normalize_condition(tree: Tree, prefix: PathKeys) -> object:
    match tree:
        case Exists(path):
            return ("exists", normalize_path(path, prefix))
        case Comparison(left, "!=", Literal(None)) if isinstance(left, Path):
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


def _normalize_operand(operand: Path | Literal, prefix: PathKeys) -> object:
    if isinstance(operand, Path):
        return normalize_path(operand, prefix)
    return repr(operand.value)


def is_known_event(emit: str) -> bool:
    """Whether a rule may emit this."""
    return _ALIASES.get(emit, emit) in EVENTS
