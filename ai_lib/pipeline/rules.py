"""Compiles the rules of a dialect into one function from a frame to what it says."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from ai_lib.errors.tree import ProtocolError
from ai_lib.protocol.compiled import CompiledRule
from ai_lib.protocol.path import MISSING, Path

Fields = Mapping[str, object]
Emit = Callable[["Sink", int, Fields], None]
Step = Callable[[object, object, int, "Sink"], bool]  # whether it found something


class Sink(Protocol):
    """What takes the findings of rules; each method takes the candidate and the rule's fields."""

    def text(self, candidate: int, fields: Fields) -> None: ...
    def thinking(self, candidate: int, fields: Fields) -> None: ...
    def tool_call(self, candidate: int, fields: Fields) -> None: ...
    def tool_call_end(self, candidate: int, fields: Fields) -> None: ...
    def foreign_block(self, candidate: int, fields: Fields) -> None: ...
    def metadata(self, candidate: int, fields: Fields) -> None: ...
    def finish(self, candidate: int, fields: Fields) -> None: ...
    def end(self, candidate: int, fields: Fields) -> None: ...
    def error(self, candidate: int, fields: Fields) -> None: ...
    def made_id(self, element: object, is_new: bool) -> str | None: ...


_EMITS: Final[Mapping[str, Emit]] = {
    "PartialContentDelta": lambda sink, candidate, fields: sink.text(candidate, fields),
    "ThinkingDelta": lambda sink, candidate, fields: sink.thinking(candidate, fields),
    "ToolCall": lambda sink, candidate, fields: sink.tool_call(candidate, fields),
    "ToolCallStarted": lambda sink, candidate, fields: sink.tool_call(candidate, fields),
    "PartialToolCall": lambda sink, candidate, fields: sink.tool_call(candidate, fields),
    "ToolCallEnded": lambda sink, candidate, fields: sink.tool_call_end(candidate, fields),
    "ForeignBlock": lambda sink, candidate, fields: sink.foreign_block(candidate, fields),
    "Metadata": lambda sink, candidate, fields: sink.metadata(candidate, fields),
    "UsageReport": lambda sink, candidate, fields: sink.metadata(candidate, fields),
    "FinalCandidate": lambda sink, candidate, fields: sink.finish(candidate, fields),
    "StreamEnd": lambda sink, candidate, fields: sink.end(candidate, fields),
    "StreamError": lambda sink, candidate, fields: sink.error(candidate, fields),
}


def compile_rules(rules: tuple[CompiledRule, ...]) -> Callable[[object, Sink], None]:
    """Return the function that tells a sink everything `rules` find in a frame, in their order.

    Raises:
        ProtocolError: a rule emits an event there is none of.
    """
    steps = tuple(_step(rule) for rule in rules)

    def read(frame: object, sink: Sink) -> None:
        for step in steps:
            step(frame, frame, 0, sink)

    return read


def _step(rule: CompiledRule) -> Step:
    step = _emit(rule) if rule.emit else _all(tuple(_step(nested) for nested in rule.rules))
    if rule.otherwise:
        step = _first(step, _all(tuple(_step(nested) for nested in rule.otherwise)))
    if rule.match is not None:
        step = _guarded(rule, step)
    return _each(rule, step) if rule.each is not None else step


def _all(steps: tuple[Step, ...]) -> Step:
    def run(node: object, root: object, candidate: int, sink: Sink) -> bool:
        found = False
        for step in steps:
            if step(node, root, candidate, sink):
                found = True
        return found

    return run


def _first(step: Step, otherwise: Step) -> Step:
    def run(node: object, root: object, candidate: int, sink: Sink) -> bool:
        return step(node, root, candidate, sink) or otherwise(node, root, candidate, sink)

    return run


def _guarded(rule: CompiledRule, step: Step) -> Step:
    holds = rule.match
    assert holds is not None

    def run(node: object, root: object, candidate: int, sink: Sink) -> bool:
        return holds(node, root) and step(node, root, candidate, sink)

    return run


def _each(rule: CompiledRule, step: Step) -> Step:
    assert rule.each is not None
    select, place = rule.each.select, rule.candidate

    def run(node: object, root: object, candidate: int, sink: Sink) -> bool:
        found = False
        for element in select(node, root):
            if step(element, root, candidate, sink):
                found = True
        return found

    def run_candidates(node: object, root: object, candidate: int, sink: Sink) -> bool:
        assert place is not None
        found = False
        for position, element in enumerate(select(node, root)):
            index = place.first(element, root)
            if step(element, root, index if type(index) is int else position, sink):
                found = True
        return found

    return run if place is None else run_candidates


def _emit(rule: CompiledRule) -> Step:
    emit = _EMITS.get(rule.emit or "")
    if emit is None:
        known = ", ".join(_EMITS)
        raise ProtocolError(f"a rule emits {rule.emit!r}; the events are {known}")
    if rule.levels or rule.generated or rule.needs:
        return _emit_walking(rule, emit)
    paths = tuple((name, path.first) for name, _, path in rule.paths)
    literals = dict(rule.literals)

    def run(node: object, root: object, candidate: int, sink: Sink) -> bool:
        found = dict(literals)
        for name, first in paths:
            value = first(node, root)
            if value is not MISSING and value is not None:
                found[name] = value
        if paths and len(found) == len(literals):
            return False
        emit(sink, candidate, found)
        return True

    return run


def _emit_walking(rule: CompiledRule, emit: Emit) -> Step:
    """One event for every element that the fields share; see `plan_walk`."""
    paths = tuple((name, level, path.first) for name, level, path in rule.paths)
    needs, generated, literals = rule.needs, rule.generated, dict(rule.literals)

    def run(node: object, root: object, candidate: int, sink: Sink) -> bool:
        fired = False
        for trail in _trails(rule.levels, node, root):
            read = {name: first(trail[level], root) for name, level, first in paths}
            found = {name: value for name, value in read.items() if value not in (MISSING, None)}
            if not found if not needs else needs.isdisjoint(found):
                continue
            for name in generated:
                if "index" not in found:
                    found[name] = sink.made_id(trail[-1], "tool_name" in found)
            emit(sink, candidate, {**literals, **found})
            fired = True
        return fired

    return run


def _trails(levels: tuple[Path, ...], node: object, root: object) -> Iterable[tuple[object, ...]]:
    trails: list[tuple[object, ...]] = [(node,)]
    for level in levels:
        trails = [(*trail, one) for trail in trails for one in level.select(trail[-1], root)]
    return trails
