"""Fuzzers of the tool-call assembler: clear wires against a simple model, and sloppy ones."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from ai_lib.errors.exceptions import InvalidToolArguments
from ai_lib.pipeline.assembly.tool_calls import ToolCallAccumulator
from ai_lib.types.events import Event, PartialToolCall, ToolCallEnded, ToolCallStarted

ARGUMENTS = (
    "{}",
    '{"x": 1}',
    '{"s": "}{\\"[", "l": [{"a": null}]}',
    '{"é": "\\u2028☀"}',
    "",
    "{ }",
)
ODD: tuple[Any, ...] = (None, "", 7, [], {}, {"x": 1}, "null", "{", "}", '{"x": 1}', "\ud83d", True)
ODD_INDEX: tuple[Any, ...] = (None, 0, 1, 2, "0", "1", -1, 1.5, "x", [], True, 10**30, "9" * 4400)


def model(chance: Random) -> None:
    """Of a wire that says clearly which call a piece is of, every call comes out, whole, once."""
    count = chance.randrange(1, 5)
    calls = [
        (f"id{n}", chance.choice(("go", "stop")), chance.choice(ARGUMENTS)) for n in range(count)
    ]
    known_by = chance.choice(("index", "id", "both"))
    fragments = [list(_pieces(n, call, known_by, chance)) for n, call in enumerate(calls)]
    together = chance.random() < 0.5
    in_turn = [fragment for each in fragments for fragment in each]
    events = _assembled(_mixed(fragments, chance) if together else in_turn)
    found = {e.tool_call_id: (e.tool_name, dict(e.arguments)) for e in _ended(events)}
    wanted = {call: (name, json.loads(text or "{}")) for call, name, text in calls}
    assert found == wanted, fragments
    _orderly(events)


def _pieces(
    number: int, call: tuple[str, str, str], known_by: str, chance: Random
) -> Iterator[dict[str, Any]]:
    own, name, text = call
    mark = {"index": {"index": number}, "id": {"id": own}, "both": {"index": number, "id": own}}
    yield {"index": number if known_by != "id" else None, "id": own, "name": name, "arguments": ""}
    at = 0
    while at < len(text):
        size = chance.randrange(1, 8)
        again = {"name": name} if chance.random() < 0.2 else {}
        yield {**mark[known_by], **again, "arguments": text[at : at + size]}
        at += size


def _mixed(lists: list[list[Any]], chance: Random) -> list[Any]:
    left, found = [list(one) for one in lists], []
    while left:
        one = chance.choice(left)
        found.append(one.pop(0))
        left = [each for each in left if each]
    return found


def sloppy(chance: Random) -> None:
    """Whatever the pieces are, calls begin once, end once, and hold what was given out of them."""
    events: list[Event] = []
    tools = ToolCallAccumulator(candidate=0, max_argument_bytes=10**6)
    for _ in range(chance.randrange(12)):
        if chance.random() < 0.1:
            _end(tools, events, chance.choice(ODD_INDEX))
            continue
        tools.add(
            events,
            id=chance.choice(("a", "b", *ODD)),
            name=chance.choice(("go", "stop", "st", *ODD)),
            arguments=chance.choice(('{"x"', ":1}", '{"y": [', "]}", *ARGUMENTS, *ODD)),
            index=chance.choice(ODD_INDEX),
            total=chance.choice((None, None, None, *ODD)),
            name_complete=chance.choice((None, True)),
            signature=chance.choice((None, "s", 7)),
        )
    _end(tools, events, None)
    done = len(events)
    _end(tools, events, None)
    assert len(events) == done
    _orderly(events)


def _end(tools: ToolCallAccumulator, events: list[Event], index: object) -> None:
    try:
        tools.end(events, index)
    except InvalidToolArguments as error:
        assert error.raw  # noqa: PT017 (of an error that need not come)


def _assembled(fragments: list[dict[str, Any]]) -> list[Event]:
    tools = ToolCallAccumulator()
    events: list[Event] = []
    for fragment in fragments:
        tools.add(events, **fragment)
    tools.end(events)
    return events


def _ended(events: list[Event]) -> list[ToolCallEnded]:
    return [event for event in events if isinstance(event, ToolCallEnded)]


def _orderly(events: list[Event]) -> None:
    begun: dict[int, str] = {}
    texts: dict[int, str] = {}
    over: set[int] = set()
    for event in events:
        if isinstance(event, ToolCallStarted):
            assert event.index == len(begun)
            assert event.tool_call_id not in begun.values()
            begun[event.index] = event.tool_call_id
        elif isinstance(event, PartialToolCall):
            assert event.index is not None
            assert event.index not in over
            assert event.tool_call_id == begun[event.index]
            texts[event.index] = texts.get(event.index, "") + event.arguments
        elif isinstance(event, ToolCallEnded):
            assert event.index not in over
            assert event.tool_call_id == begun[event.index]
            over.add(event.index)
            text = texts.get(event.index, "").strip()
            assert repr(dict(event.arguments)) == repr(
                json.loads(text) if text not in ("", "null") else {}
            )
