"""Compiles the rules of a dialect into one function that reads a frame."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias
from weakref import WeakKeyDictionary

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.pipeline.rules.fan_out import FIRST, FanOut, Position, Step
from ai_lib.pipeline.rules.prefilter import emits_without_fields, may_match
from ai_lib.pipeline.rules.sink import FindingKind, FindingSink
from ai_lib.protocol.compiled import CompiledResponse, CompiledRule
from ai_lib.protocol.query.path import MISSING, First, JsonPath
from ai_lib.types.json import JsonDict

RuleReader: TypeAlias = Callable[[object, FindingSink], None]
"""Gives a sink everything that rules find in a decoded frame."""

_READERS: Final[WeakKeyDictionary[CompiledResponse, RuleReader]] = WeakKeyDictionary()
_FINAL_READERS: Final[WeakKeyDictionary[CompiledResponse, RuleReader]] = WeakKeyDictionary()

# Providers send objects of few kinds; where there are more, every rule runs each time.
_MOST_KINDS: Final = 64
_MOST_MEMBERS: Final = 64
_EXCEPT: Final = "except"

_KINDS: Final[Mapping[str, FindingKind]] = {
    "PartialContentDelta": "text",
    "ThinkingDelta": "thinking",
    "ToolCall": "tool_call",
    "ToolCallStarted": "tool_call",
    "PartialToolCall": "tool_call",
    "ToolCallEnded": "tool_call_end",
    "OpaqueContent": "opaque",
    "Citation": "citation",
    "Source": "source",
    "LogprobsDelta": "logprobs",
    "MediaContent": "media",
    "ForeignBlock": "provider_block",
    "HostedToolStarted": "hosted_start",
    "HostedToolDelta": "hosted_delta",
    "HostedToolEnded": "hosted_result",
    "Metadata": "metadata",
    "UsageReport": "metadata",
    "FinalCandidate": "finish",
    "StreamEnd": "end",
    "StreamError": "error",
}


def get_rule_reader(response: CompiledResponse) -> RuleReader:
    """Return `compile_rules` of a response's rules, compiled once. Raises as it does."""
    read = _READERS.get(response)
    if read is None:
        read = _READERS[response] = compile_rules(response.rules)
    return read


def get_final_reader(response: CompiledResponse) -> RuleReader | None:
    """Return the reader of closing frames, compiled once; None where there are no such rules."""
    if not response.finals:
        return None
    read = _FINAL_READERS.get(response)
    if read is None:
        read = _FINAL_READERS[response] = compile_rules(response.finals)
    return read


def compile_rules(rules: tuple[CompiledRule, ...]) -> RuleReader:
    """Return the function that gives a sink everything `rules` find in a frame, in their order.

    Raises:
        ProtocolError: a rule emits an unknown event.
    """
    run = _run_all(rules, at_root=True)

    def read(frame: object, sink: FindingSink) -> None:
        run(frame, frame, FIRST, sink)

    return read


def _compile_rule(rule: CompiledRule, at_root: bool) -> Step:
    at_root = at_root and rule.each is None
    step = _compile_emit(rule) if rule.emit else _run_all(rule.rules, at_root)
    if rule.otherwise:
        step = _run_either(step, _run_all(rule.otherwise, at_root))
    if rule.match is not None:
        step = _add_condition(rule, step)
    return _run_for_each(rule, step) if rule.each is not None else step


def _run_all(rules: tuple[CompiledRule, ...], at_root: bool) -> Step:
    """Return the step that runs all rules in their order, except those that can't match."""
    steps = tuple(_compile_rule(rule, at_root) for rule in rules)
    if len(steps) == 1:
        return steps[0]
    steps_by_members: dict[tuple[str, ...], tuple[Step, ...]] = {}

    def select_steps(members: tuple[str, ...]) -> tuple[Step, ...]:
        if len(steps_by_members) == _MOST_KINDS or len(members) > _MOST_MEMBERS:
            return steps
        pairs = zip(rules, steps, strict=True)
        matching = tuple(step for rule, step in pairs if may_match(rule, members, at_root))
        return steps_by_members.setdefault(members, matching)

    def run(node: object, root: object, position: Position, sink: FindingSink) -> bool:
        selected = steps
        if isinstance(node, dict):
            members = tuple(node)
            remembered = steps_by_members.get(members)
            selected = select_steps(members) if remembered is None else remembered
        has_found = False
        for step in selected:
            if step(node, root, position, sink):
                has_found = True
        return has_found

    return run


def _run_either(step: Step, otherwise: Step) -> Step:
    def run(node: object, root: object, position: Position, sink: FindingSink) -> bool:
        return step(node, root, position, sink) or otherwise(node, root, position, sink)

    return run


def _add_condition(rule: CompiledRule, step: Step) -> Step:
    assert rule.match is not None
    holds = rule.match.condition

    def run(node: object, root: object, position: Position, sink: FindingSink) -> bool:
        return holds(node, root) and step(node, root, position, sink)

    return run


def _run_for_each(rule: CompiledRule, step: Step) -> Step:
    assert rule.each is not None
    if rule.candidate is not None or rule.numbered or rule.index is not None:
        fan_out = FanOut(rule.each, rule.candidate, numbered=rule.numbered, index=rule.index)
        return fan_out.wrap_step(step)
    select, first = rule.each.select, rule.each.first

    def run_once(node: object, root: object, position: Position, sink: FindingSink) -> bool:
        element = first(node, root)
        return element is not MISSING and step(element, root, position, sink)

    def run(node: object, root: object, position: Position, sink: FindingSink) -> bool:
        has_found = False
        for element in select(node, root):
            if step(element, root, position, sink):
                has_found = True
        return has_found

    return run_once if rule.each.is_singular else run


def _compile_emit(rule: CompiledRule) -> Step:
    kind = _KINDS.get(rule.emit or "")
    if kind is None:
        events = ", ".join(_KINDS)
        raise ProtocolError(f"a rule emits {rule.emit!r}; the events are {events}")
    always = emits_without_fields(rule)
    if rule.levels or rule.generated or rule.needs:
        return _emit_for_each_trail(rule, kind, always and not rule.levels)
    paths = tuple((name, _get_reader(rule, name, path)) for name, _, path in rule.paths)
    literals = _list_literals(rule)
    if len(paths) == 1 and not literals and not always:
        return _emit_single_field(*paths[0], kind)

    def run(node: object, root: object, position: Position, sink: FindingSink) -> bool:
        fields = literals.copy()
        for name, first in paths:
            value = first(node, root)
            if value is not MISSING and value is not None:
                fields[name] = value
        if not always and len(fields) == len(literals):
            return False
        if position.index is not None:
            fields.setdefault("index", position.index)
        sink.add(kind, position.candidate, fields)
        return True

    return run


def _emit_single_field(name: str, first: First, kind: FindingKind) -> Step:
    """Return the step of a rule that has one field."""

    def run(node: object, root: object, position: Position, sink: FindingSink) -> bool:
        value = first(node, root)
        if value is MISSING or value is None:
            return False
        if position.index is None or name == "index":
            sink.add(kind, position.candidate, {name: value})
        else:
            sink.add(kind, position.candidate, {name: value, "index": position.index})
        return value != ""  # an empty text says nothing: `otherwise` is read

    return run


def _emit_for_each_trail(rule: CompiledRule, kind: FindingKind, always: bool) -> Step:
    """Return the step that emits once for every element that the fields share.

    The elements are those of the rule's `levels`, see `ai_lib.protocol.shared_paths`.
    """
    paths = tuple((name, level, _get_reader(rule, name, path)) for name, level, path in rule.paths)
    needs, generated, literals = rule.needs, rule.generated, _list_literals(rule)

    def run(node: object, root: object, position: Position, sink: FindingSink) -> bool:
        has_emitted = False
        for trail in _find_trails(rule.levels, node, root):
            values = {name: first(trail[level], root) for name, level, first in paths}
            fields = {name: value for name, value in values.items() if value not in (MISSING, None)}
            if needs.isdisjoint(fields) if needs else not (fields or always):
                continue
            if position.index is not None:
                fields.setdefault("index", position.index)
            for name in generated:
                if "index" not in fields:
                    fields[name] = sink.id_for(trail[-1], "tool_name" in fields)
            sink.add(kind, position.candidate, {**literals, **fields})
            has_emitted = True
        return has_emitted

    return run


def _list_literals(rule: CompiledRule) -> dict[str, object]:
    return {name: value for name, value in rule.literals if name != _EXCEPT}


def _get_reader(rule: CompiledRule, name: str, path: JsonPath) -> First:
    """Return what reads a field; objects are read without the members that `except` lists."""
    known_members = dict(rule.literals).get(_EXCEPT)
    if name not in ("extra", "patch") or not isinstance(known_members, list):
        return path.first
    first, names = path.first, [str(member).split(".") for member in known_members]
    tree: JsonDict = {}
    for keys in names:
        inner = tree
        for key in keys:
            inner = inner.setdefault(key, {})

    def read_extra(node: object, root: object = None) -> object:
        value = first(node, root)
        return _remove_members(value, tree) if isinstance(value, dict) else MISSING

    return read_extra


def _remove_members(value: JsonDict, known_members: JsonDict) -> object:
    """Return an object without the known members; MISSING when nothing is left that says more."""
    extra: JsonDict = {}
    for name, member in value.items():
        inner = known_members.get(name)
        if inner is None:
            if member is not None:
                extra[name] = member
        elif inner and isinstance(member, dict):
            inner_extra = _remove_members(member, inner)
            if inner_extra is not MISSING:
                extra[name] = inner_extra
    return extra or MISSING


def _find_trails(
    levels: tuple[JsonPath, ...], node: object, root: object
) -> Iterable[tuple[object, ...]]:
    trails: list[tuple[object, ...]] = [(node,)]
    for level in levels:
        trails = [
            (*trail, element) for trail in trails for element in level.select(trail[-1], root)
        ]
    return trails
