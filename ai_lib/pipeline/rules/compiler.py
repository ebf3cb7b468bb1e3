"""Compiles the rules of a dialect into one function from a frame to what it says."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final
from weakref import WeakKeyDictionary

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.pipeline.rules.fan_out import FIRST, FanOut, Position, Step
from ai_lib.pipeline.rules.prefilter import is_news_by_itself, may_find
from ai_lib.pipeline.rules.sink import Fields, FindingSink
from ai_lib.protocol.compiled import CompiledResponse, CompiledRule
from ai_lib.protocol.query.path import MISSING, First, Path

Emit = Callable[[FindingSink, int, Fields], None]


_READERS: Final[WeakKeyDictionary[CompiledResponse, Callable[[object, FindingSink], None]]] = (
    WeakKeyDictionary()
)


# Providers send few kinds of objects; who sends more gets every rule asked each time.
_MOST_KINDS: Final = 64
_MOST_MEMBERS: Final = 64

_EMITS: Final[Mapping[str, Emit]] = {
    "PartialContentDelta": lambda sink, candidate, fields: sink.text(candidate, fields),
    "ThinkingDelta": lambda sink, candidate, fields: sink.thinking(candidate, fields),
    "ToolCall": lambda sink, candidate, fields: sink.tool_call(candidate, fields),
    "ToolCallStarted": lambda sink, candidate, fields: sink.tool_call(candidate, fields),
    "PartialToolCall": lambda sink, candidate, fields: sink.tool_call(candidate, fields),
    "ToolCallEnded": lambda sink, candidate, fields: sink.tool_call_end(candidate, fields),
    "OpaqueContent": lambda sink, candidate, fields: sink.opaque(candidate, fields),
    "ForeignBlock": lambda sink, candidate, fields: sink.foreign_block(candidate, fields),
    "Metadata": lambda sink, candidate, fields: sink.metadata(candidate, fields),
    "UsageReport": lambda sink, candidate, fields: sink.metadata(candidate, fields),
    "FinalCandidate": lambda sink, candidate, fields: sink.finish(candidate, fields),
    "StreamEnd": lambda sink, candidate, fields: sink.end(candidate, fields),
    "StreamError": lambda sink, candidate, fields: sink.error(candidate, fields),
}


def reader_of(reply: CompiledResponse) -> Callable[[object, FindingSink], None]:
    """Return `compile_rules` of a reply's rules, made when first asked for. Raises as it does."""
    read = _READERS.get(reply)
    if read is None:
        read = _READERS[reply] = compile_rules(reply.rules)
    return read


def compile_rules(rules: tuple[CompiledRule, ...]) -> Callable[[object, FindingSink], None]:
    """Return the function that tells a sink everything `rules` find in a frame, in their order.

    Raises:
        ProtocolError: a rule emits an event there is none of.
    """
    run = _all(rules, at_root=True)

    def read(frame: object, sink: FindingSink) -> None:
        run(frame, frame, FIRST, sink)

    return read


def _step(rule: CompiledRule, at_root: bool) -> Step:
    at_root = at_root and rule.each is None
    step = _emit(rule) if rule.emit else _all(rule.rules, at_root)
    if rule.otherwise:
        step = _first(step, _all(rule.otherwise, at_root))
    if rule.match is not None:
        step = _guarded(rule, step)
    return _each(rule, step) if rule.each is not None else step


def _all(rules: tuple[CompiledRule, ...], at_root: bool) -> Step:
    """All rules in their order, but those that find nothing where an object has its members."""
    steps = tuple(_step(rule, at_root) for rule in rules)
    if len(steps) == 1:
        return steps[0]
    known: dict[tuple[str, ...], tuple[Step, ...]] = {}

    def learned(members: tuple[str, ...]) -> tuple[Step, ...]:
        if len(known) == _MOST_KINDS or len(members) > _MOST_MEMBERS:
            return steps
        asked = zip(rules, steps, strict=True)
        found = tuple(step for rule, step in asked if may_find(rule, members, at_root))
        return known.setdefault(members, found)

    def run(node: object, root: object, place: Position, sink: FindingSink) -> bool:
        chosen = steps
        if isinstance(node, dict):
            members = tuple(node)
            found_before = known.get(members)
            chosen = learned(members) if found_before is None else found_before
        found = False
        for step in chosen:
            if step(node, root, place, sink):
                found = True
        return found

    return run


def _first(step: Step, otherwise: Step) -> Step:
    def run(node: object, root: object, place: Position, sink: FindingSink) -> bool:
        return step(node, root, place, sink) or otherwise(node, root, place, sink)

    return run


def _guarded(rule: CompiledRule, step: Step) -> Step:
    assert rule.match is not None
    holds = rule.match.condition

    def run(node: object, root: object, place: Position, sink: FindingSink) -> bool:
        return holds(node, root) and step(node, root, place, sink)

    return run


def _each(rule: CompiledRule, step: Step) -> Step:
    assert rule.each is not None
    if rule.candidate is not None or rule.numbered:
        return FanOut(rule.each, rule.candidate, numbered=rule.numbered).over(step)
    select, first = rule.each.select, rule.each.first

    def run_one(node: object, root: object, place: Position, sink: FindingSink) -> bool:
        element = first(node, root)
        return element is not MISSING and step(element, root, place, sink)

    def run(node: object, root: object, place: Position, sink: FindingSink) -> bool:
        found = False
        for element in select(node, root):
            if step(element, root, place, sink):
                found = True
        return found

    return run_one if rule.each.is_singular else run


def _emit(rule: CompiledRule) -> Step:
    emit = _EMITS.get(rule.emit or "")
    if emit is None:
        known = ", ".join(_EMITS)
        raise ProtocolError(f"a rule emits {rule.emit!r}; the events are {known}")
    always = is_news_by_itself(rule)
    if rule.levels or rule.generated or rule.needs:
        return _emit_walking(rule, emit, always and not rule.levels)
    paths = tuple((name, path.first) for name, _, path in rule.paths)
    literals = dict(rule.literals)
    if len(paths) == 1 and not literals and not always:
        return _emit_one(*paths[0], emit)

    def run(node: object, root: object, place: Position, sink: FindingSink) -> bool:
        found = literals.copy()
        for name, first in paths:
            value = first(node, root)
            if value is not MISSING and value is not None:
                found[name] = value
        if not always and len(found) == len(literals):
            return False
        if place.position is not None:
            found.setdefault("index", place.position)
        emit(sink, place.candidate, found)
        return True

    return run


def _emit_one(name: str, first: First, emit: Emit) -> Step:
    """The event of a rule that says one thing."""

    def run(node: object, root: object, place: Position, sink: FindingSink) -> bool:
        value = first(node, root)
        if value is MISSING or value is None:
            return False
        if place.position is None or name == "index":
            emit(sink, place.candidate, {name: value})
        else:
            emit(sink, place.candidate, {name: value, "index": place.position})
        return True

    return run


def _emit_walking(rule: CompiledRule, emit: Emit, always: bool) -> Step:
    """One event for every element that the fields share; see `plan_shared_paths`."""
    paths = tuple((name, level, path.first) for name, level, path in rule.paths)
    needs, generated, literals = rule.needs, rule.generated, dict(rule.literals)

    def run(node: object, root: object, place: Position, sink: FindingSink) -> bool:
        fired = False
        for trail in _trails(rule.levels, node, root):
            read = {name: first(trail[level], root) for name, level, first in paths}
            found = {name: value for name, value in read.items() if value not in (MISSING, None)}
            if needs.isdisjoint(found) if needs else not (found or always):
                continue
            if place.position is not None:
                found.setdefault("index", place.position)
            for name in generated:
                if "index" not in found:
                    found[name] = sink.made_id(trail[-1], "tool_name" in found)
            emit(sink, place.candidate, {**literals, **found})
            fired = True
        return fired

    return run


def _trails(levels: tuple[Path, ...], node: object, root: object) -> Iterable[tuple[object, ...]]:
    trails: list[tuple[object, ...]] = [(node,)]
    for level in levels:
        trails = [(*trail, one) for trail in trails for one in level.select(trail[-1], root)]
    return trails
