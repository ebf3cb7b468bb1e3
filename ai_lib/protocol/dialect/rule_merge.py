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
    RuleDraft,
    as_rule,
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

Keys: TypeAlias = tuple[str | None, ...]
Facts: TypeAlias = frozenset[object]
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


class _Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """One emitting rule of a dialect: what it reads, and under which conditions."""

    emit: str
    reads: Mapping[str, Keys]
    conditions: Facts


def combined(
    dialect: Rules, drafts: Sequence[RuleDraft], candidates: Candidates
) -> list[JsonObject]:
    """Return the dialect's rules with the manifest's own in their place."""
    leaves = tuple(_leaves(dialect, (), frozenset()))
    groups: dict[str, list[JsonObject]] = {}
    claimed: set[Keys] = set()
    rest = list(dialect)
    for emit in (*_BEFORE, *_AFTER):
        own = [draft for draft in drafts if draft.emit == emit]
        new = [draft for draft in own if not _says_nothing_new(draft, leaves)]
        if not new:
            continue
        standing = _filtered(dialect, emit, True)
        rest = _filtered(rest, emit, False)
        if any(_narrows(draft, leaves) for draft in new) and emit != "StreamError":
            new, standing = own, []
        claimed |= {keys for draft in new for keys in _unread(draft, leaves)}
        rules = [_rule(draft, candidates, leaves, bool(standing)) for draft in new]
        groups[emit] = [{"rules": rules, "otherwise": standing} if standing else {"rules": rules}]
    rest = _without(rest, claimed)
    before = [rule for emit in _BEFORE for rule in groups.get(emit, ())]
    after = [rule for emit in _AFTER for rule in groups.get(emit, ())]
    return [*before, *rest, *after]


def joined_calls(drafts: Iterable[RuleDraft]) -> list[RuleDraft]:
    """Join rules that read parts of the same tool call, so that the parts stay together."""
    found: list[RuleDraft] = []
    places: dict[Keys, int] = {}
    for draft in drafts:
        element = _element(draft)
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


def _element(draft: RuleDraft) -> Keys | None:
    """Return which elements a tool call rule reads, when its condition asks for nothing else."""
    if draft.emit != "ToolCall" or conditions(draft) - _existence(draft):
        return None
    ways = [keys_of(value) for value in draft.fields.values() if is_path(value)]
    if not ways or any(None not in way for way in ways):
        return None
    elements = {way[: len(way) - way[::-1].index(None)] for way in ways}
    return elements.pop() if len(elements) == 1 else None


def reads(rules: Rules, emit: str) -> frozenset[Keys]:
    """Return the places from which rules of this event read."""
    leaves = _leaves(rules, (), frozenset())
    return frozenset(keys for leaf in leaves if leaf.emit == emit for keys in leaf.reads.values())


def conditions(draft: RuleDraft) -> Facts:
    """Return the conditions that all have to hold, in a form that compares by meaning."""
    if draft.match is None:
        return frozenset()
    tree, _ = parse_expression(draft.match, trusted=True)
    return _all_of(tree, keys_of(draft.each) if draft.each else ())


def keys_of(path: str | Path, prefix: Keys = ()) -> Keys:
    """Return a path's steps, every index taken for a wildcard; `@` continues `prefix`."""
    compiled = compile_path(path) if isinstance(path, str) else path
    steps = tuple(
        segment.key if isinstance(segment.key, str) else None
        for segment in compiled.syntax.segments
    )
    tail = compiled.text[compiled.syntax.tail :]
    steps = (*steps, tail) if tail else steps
    return (*prefix, *steps) if compiled.syntax.origin == "@" else steps


def _rule(
    draft: RuleDraft, candidates: Candidates, leaves: Sequence[_Leaf], is_first: bool
) -> JsonDict:
    rule = as_rule(draft, candidates)
    new = _new_fields(draft, leaves)
    if not is_first or not new or len(new) == len(draft.fields):
        return rule
    inner = rule
    while "emit" not in inner:
        inner = inner["rules"][0]
    inner["needs"] = new
    return rule


def _says_nothing_new(draft: RuleDraft, leaves: Sequence[_Leaf]) -> bool:
    if not draft.fields:
        return any(
            leaf.emit == draft.emit and conditions(draft) <= leaf.conditions for leaf in leaves
        )
    literals = [v for v in draft.fields.values() if not is_path(v) and v != GENERATED]
    return not literals and not _new_fields(draft, leaves) and not _narrows(draft, leaves)


def _new_fields(draft: RuleDraft, leaves: Sequence[_Leaf]) -> list[str]:
    return [
        name
        for name, value in draft.fields.items()
        if is_path(value) and not any(_reads(leaf, draft, name, value) for leaf in leaves)
    ]


def _unread(draft: RuleDraft, leaves: Sequence[_Leaf]) -> Iterator[Keys]:
    for name in _new_fields(draft, leaves):
        yield keys_of(draft.fields[name])


def _reads(leaf: _Leaf, draft: RuleDraft, name: str, path: str) -> bool:
    return leaf.emit == draft.emit and leaf.reads.get(name) == keys_of(path)


def _narrows(draft: RuleDraft, leaves: Sequence[_Leaf]) -> bool:
    """Whether the rule reads a place of the dialect's, but under a condition it does not have."""
    fields = {name: value for name, value in draft.fields.items() if is_path(value)}
    asked = conditions(draft) - _existence(draft)
    for name, path in fields.items():
        readers = [leaf for leaf in leaves if _reads(leaf, draft, name, path)]
        if readers and not any(asked <= leaf.conditions for leaf in readers):
            return True
    return False


def _existence(draft: RuleDraft) -> Facts:
    """Return those conditions that only say that a field, or a part of its way, is there."""
    ways = [keys_of(value) for value in draft.fields.values() if is_path(value)]

    def is_on_the_way(fact: JsonValue) -> bool:
        kind, *parts = fact
        if kind == "exists":
            return any(way[: len(parts[0])] == parts[0] for way in ways)
        return kind in ("and", "or") and all(is_on_the_way(part) for part in parts[0])

    return frozenset(fact for fact in conditions(draft) if is_on_the_way(fact))


def _leaves(rules: Rules, prefix: Keys, inherited: Facts) -> Iterator[_Leaf]:
    for rule in rules:
        each = rule.get("each")
        inner = keys_of(each, prefix) if each else prefix
        known = inherited
        if match := rule.get("match"):
            known = inherited | _all_of(parse_expression(match, trusted=True)[0], inner)
        if rule.get("emit"):
            fields = {**rule.get("extract", {}), **rule.get("fields", {})}
            yield _Leaf(
                emit=_emit(rule),
                reads={n: keys_of(v, inner) for n, v in fields.items() if is_path(v)},
                conditions=known,
            )
        yield from _leaves(rule.get("rules", ()), inner, known)
        yield from _leaves(rule.get("otherwise", ()), inner, known)


def _emit(rule: JsonObject) -> str:
    emit = str(rule.get("emit"))
    return _ALIASES.get(emit, emit)


def _filtered(rules: Iterable[JsonObject], emit: str, wanted: bool) -> list[JsonObject]:
    """Return the rules with only those emitting ones whose event is this one, or is not."""
    found: list[JsonObject] = []
    for rule in rules:
        if rule.get("emit"):
            if (_emit(rule) == emit) is wanted:
                found.append(rule)
            continue
        inner = _filtered(rule.get("rules", ()), emit, wanted)
        otherwise = _filtered(rule.get("otherwise", ()), emit, wanted)
        if inner or otherwise:
            found.append({**rule, "rules": inner, "otherwise": otherwise})
    return found


def _without(rules: Rules, claimed: set[Keys], prefix: Keys = ()) -> list[JsonObject]:
    """Return the rules without the fields whose place the manifest reads as something else."""
    found: list[JsonObject] = []
    for rule in rules:
        inner = keys_of(rule["each"], prefix) if rule.get("each") else prefix
        kept = dict(rule)
        for part in ("fields", "extract"):
            fields = rule.get(part) or {}
            kept[part] = {
                name: value
                for name, value in fields.items()
                if not is_path(value) or keys_of(value, inner) not in claimed
            }
            if fields and not kept[part]:
                break
        else:
            for part in ("rules", "otherwise"):
                kept[part] = _without(rule.get(part, ()), claimed, inner)
            found.append(kept)
    return found


def _all_of(tree: Tree, prefix: Keys) -> Facts:
    parts = tree.conditions if isinstance(tree, AllOf) else (tree,)
    return frozenset(_fact(part, prefix) for part in parts)


def _fact(tree: Tree, prefix: Keys) -> object:
    match tree:
        case Exists(path):
            return ("exists", keys_of(path, prefix))
        case Comparison(left, "!=", Literal(None)) if isinstance(left, Path):
            return ("exists", keys_of(left, prefix))
        case Comparison(left, operator, right):
            return (operator, _operand(left, prefix), _operand(right, prefix))
        case Not(inner):
            return ("not", _fact(inner, prefix))
        case AllOf(parts):
            return ("and", frozenset(_fact(part, prefix) for part in parts))
        case AnyOf(parts):
            return ("or", frozenset(_fact(part, prefix) for part in parts))
        case Literal(value):
            return ("literal", repr(value))


def _operand(operand: Path | Literal, prefix: Keys) -> object:
    if isinstance(operand, Path):
        return keys_of(operand, prefix)
    return repr(operand.value)


def is_known_event(emit: str) -> bool:
    """Whether a rule may emit this."""
    return _ALIASES.get(emit, emit) in EVENTS
