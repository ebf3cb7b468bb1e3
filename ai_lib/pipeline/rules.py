"""Compiles the rules of a dialect into one function from a frame to what it says."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from ai_lib.errors.tree import ProtocolError
from ai_lib.protocol.compiled import CompiledRule
from ai_lib.protocol.path import MISSING

Fields = Mapping[str, object]
Emit = Callable[["Sink", int, Fields], None]


class Place(NamedTuple):
    """Where in a reply a finding stands: its candidate, and its position among the parts."""

    candidate: int = 0
    position: int | None = None


Step = Callable[[object, object, Place, "Sink"], None]
_FIRST: Final = Place()


class Sink(Protocol):
    """What takes the findings of rules; each method takes the candidate and the rule's fields."""

    def text(self, candidate: int, fields: Fields) -> None: ...
    def thinking(self, candidate: int, fields: Fields) -> None: ...
    def tool_call(self, candidate: int, fields: Fields) -> None: ...
    def tool_call_end(self, candidate: int, fields: Fields) -> None: ...
    def opaque(self, candidate: int, fields: Fields) -> None: ...
    def foreign_block(self, candidate: int, fields: Fields) -> None: ...
    def metadata(self, candidate: int, fields: Fields) -> None: ...
    def finish(self, candidate: int, fields: Fields) -> None: ...
    def end(self, candidate: int, fields: Fields) -> None: ...
    def error(self, candidate: int, fields: Fields) -> None: ...


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


def compile_rules(rules: tuple[CompiledRule, ...]) -> Callable[[object, Sink], None]:
    """Return the function that tells a sink everything `rules` find in a frame, in their order.

    Raises:
        ProtocolError: a rule emits an event there is none of.
    """
    steps = tuple(_step(rule) for rule in rules)

    def read(frame: object, sink: Sink) -> None:
        for step in steps:
            step(frame, frame, _FIRST, sink)

    return read


def _step(rule: CompiledRule) -> Step:
    step = _emit(rule) if rule.emit else _all(tuple(_step(nested) for nested in rule.rules))
    if rule.match is not None:
        step = _guarded(rule, step)
    return _each(rule, step) if rule.each is not None else step


def _all(steps: tuple[Step, ...]) -> Step:
    def run(node: object, root: object, place: Place, sink: Sink) -> None:
        for step in steps:
            step(node, root, place, sink)

    return run


def _guarded(rule: CompiledRule, step: Step) -> Step:
    holds = rule.match
    assert holds is not None

    def run(node: object, root: object, place: Place, sink: Sink) -> None:
        if holds(node, root):
            step(node, root, place, sink)

    return run


def _each(rule: CompiledRule, step: Step) -> Step:
    assert rule.each is not None
    select, candidate, numbered = rule.each.select, rule.candidate, rule.numbered

    def run(node: object, root: object, place: Place, sink: Sink) -> None:
        for element in select(node, root):
            step(element, root, place, sink)

    def run_placed(node: object, root: object, place: Place, sink: Sink) -> None:
        for position, element in enumerate(select(node, root)):
            found = place.candidate
            if candidate is not None:
                index = candidate.first(element, root)
                found = index if type(index) is int else position
            own = position if numbered else place.position
            step(element, root, Place(found, own), sink)

    return run_placed if candidate is not None or numbered else run


def _emit(rule: CompiledRule) -> Step:
    emit = _EMITS.get(rule.emit or "")
    if emit is None:
        known = ", ".join(_EMITS)
        raise ProtocolError(f"a rule emits {rule.emit!r}; the events are {known}")
    paths = tuple((name, path.first) for name, path in rule.paths)
    literals = dict(rule.literals)
    # An end and an error are news by themselves; everything else is what it says.
    always = not paths or (rule.match is not None and rule.emit in ("StreamEnd", "StreamError"))

    def run(node: object, root: object, place: Place, sink: Sink) -> None:
        found = dict(literals)
        for name, first in paths:
            value = first(node, root)
            if value is not MISSING and value is not None:
                found[name] = value
        if always or len(found) > len(literals):
            if place.position is not None:
                found.setdefault("index", place.position)
            emit(sink, place.candidate, found)

    return run
