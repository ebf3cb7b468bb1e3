"""Tool calls out of fragments, however sloppily they are sent (protocol.md, "Tool calls")."""

import random
from time import thread_time
from timeit import timeit

import pytest

from ai_lib.errors.exceptions import InvalidToolArguments, ResponseTooLarge
from ai_lib.pipeline import ToolCallAccumulator
from ai_lib.types.events import Event, PartialToolCall, ToolCallEnded, ToolCallStarted
from ai_lib.types.json import JsonDict

MADE = "made here"  # stands for an id of our own


def f(
    id: object = None, name: object = None, arguments: object = None, index: object = None
) -> JsonDict:
    """One fragment."""
    return {"id": id, "name": name, "arguments": arguments, "index": index}


def p(arguments: str, index: object = None) -> JsonDict:
    """A fragment that is a piece of arguments and no more."""
    return f(arguments=arguments, index=index)


def assembled(*fragments: JsonDict) -> list[Event]:
    """Give the events of these fragments and of the end."""
    accumulator = ToolCallAccumulator()
    events: list[Event] = []
    for fragment in fragments:
        accumulator.add(events, **fragment)
    accumulator.end(events)
    return events


def calls(*fragments: JsonDict) -> list[tuple[str, str, JsonDict]]:
    """Give id, name and arguments of every call in these fragments."""
    ended = [event for event in assembled(*fragments) if isinstance(event, ToolCallEnded)]
    ended.sort(key=lambda event: event.index)
    wire = {fragment["id"] for fragment in fragments}
    return [(e.id if e.id in wire else MADE, e.name, dict(e.arguments)) for e in ended]


STREAMS: dict[str, tuple[list[JsonDict], list[tuple[str, str, JsonDict]]]] = {
    "start, then pieces by index": (
        [f("a", "go", "", 0), p('{"x"', 0), p(":1}", 0)],
        [("a", "go", {"x": 1})],
    ),
    "another tool under the same index, its arguments later": (
        [f("a", "go", '{"x":1}', 0), f(None, "stop", "", 0), p('{"y":2}', 0)],
        [("a", "go", {"x": 1}), (MADE, "stop", {"y": 2})],
    ),
    "another tool under the same index, in pieces": (
        [f(None, "go", '{"x"', 0), p(":1}", 0), f(None, "stop", "", 0), p('{"y"', 0), p(":2}", 0)],
        [(MADE, "go", {"x": 1}), (MADE, "stop", {"y": 2})],
    ),
    "whole at once": ([f("a", "go", '{"x":1}', 0)], [("a", "go", {"x": 1})]),
    "arguments as an object": ([f("a", "go", {"x": {"y": [1]}})], [("a", "go", {"x": {"y": [1]}})]),
    "two calls, pieces mixed": (
        [f("a", "go", "", 0), f("b", "stop", "", 1),
         p('{"y"', 1), p('{"x"', 0), p(":2}", 1), p(":1}", 0)],
        [("a", "go", {"x": 1}), ("b", "stop", {"y": 2})],
    ),
    "index missing, id on every piece": (
        [f("a", "go", '{"x"'), f("b", "stop", '{"y"'), f("a", None, ":1}"), f("b", None, ":2}")],
        [("a", "go", {"x": 1}), ("b", "stop", {"y": 2})],
    ),
    "index null, id on the first piece only": (
        [f("a", "go", ""), f(None, None, '{"x"'), f(None, None, ":1}"), f("b", "stop", '{"y":2}')],
        [("a", "go", {"x": 1}), ("b", "stop", {"y": 2})],
    ),
    "neither id nor index: a name opens": (
        [f(None, "go", '{"x":1}'), f(None, "stop", '{"y"'), f(None, None, ":2}")],
        [(MADE, "go", {"x": 1}), (MADE, "stop", {"y": 2})],
    ),
    "neither id nor index: the same function twice": (
        [f(None, "go", {"x": 1}), f(None, "go", {"x": 1})],
        [(MADE, "go", {"x": 1}), (MADE, "go", {"x": 1})],
    ),
    "the same index for parallel calls": (
        [f("a", "go", '{"x":1}', 0), f("b", "stop", '{"y"', 0), p(":2}", 0)],
        [("a", "go", {"x": 1}), ("b", "stop", {"y": 2})],
    ),
    "the same index and name, told apart by their ids alone": (
        [f("a", "go", None, 0), f("b", "go", None, 0), p("{}", 0), f("c", "go", '{"x":1}', 0)],
        [("a", "go", {}), ("b", "go", {}), ("c", "go", {"x": 1})],
    ),
    "the same index and the same call twice, by its ids": (
        [f("a", "go", '{"x":1}', 0), f("b", "go", '{"x":1}', 0)],
        [("a", "go", {"x": 1}), ("b", "go", {"x": 1})],
    ),
    "an index and nothing else, before and after a call": (
        [f(index=0), f(None, None, "", 1), f("a", "go", "{}", 0), f(index=0), f(index=1)],
        [("a", "go", {})],
    ),
    "the same index, without ids": (
        [f(None, "go", '{"x":1}', 0), f(None, "stop", '{"y":2}', 0)],
        [(MADE, "go", {"x": 1}), (MADE, "stop", {"y": 2})],
    ),
    "the same index and name: a second value opens": (
        [f(None, "go", '{"x":1}', 0), f(None, "go", '{"x":2}', 0)],
        [(MADE, "go", {"x": 1}), (MADE, "go", {"x": 2})],
    ),
    "a second value, after white space": (
        [f(None, "go", '{"x":1}', 0), p("\n", 0), p('{"x":2}', 0)],
        [(MADE, "go", {"x": 1}), (MADE, "go", {"x": 2})],
    ),
    "id and name on every piece": (
        [f("a", "go", '{"x"', 0), f("a", "go", ":1", 0), f("a", "go", "}", 0)],
        [("a", "go", {"x": 1})],
    ),
    "the whole call said again": (
        [f("a", "go", '{"x":1}', 0), f("a", "go", '{"x":1}', 0)],
        [("a", "go", {"x": 1})],
    ),
    "the same object said again": (
        [f("a", "go", {"x": 1}, 0), f("a", "go", {"x": 1}, 0)],
        [("a", "go", {"x": 1})],
    ),
    "an id used for two calls": (
        [f("a", "go", '{"x"', 0), f("a", "stop", '{"y"', 1),
         f("a", None, ":1}", 0), f("a", None, ":2}", 1)],
        [("a", "go", {"x": 1}), (MADE, "stop", {"y": 2})],
    ),
    "an id used for two calls, without index": (
        [f("a", "go", {"x": 1}), f("a", "stop", {"y": 2})],
        [("a", "go", {"x": 1}), (MADE, "stop", {"y": 2})],
    ),
    "empty ids": (
        [f("", "go", "", 0), f("", "", '{"x":1}', 0), f("", "stop", "{}", 1)],
        [(MADE, "go", {"x": 1}), (MADE, "stop", {})],
    ),
    "an id that comes after the arguments began": (
        [f(None, "go", '{"x"', 0), f("a", None, ":1}", 0)],
        [(MADE, "go", {"x": 1})],
    ),
    "an id that comes before the arguments": (
        [f(None, "go", None, 0), f("a", None, '{"x":1}', 0)],
        [("a", "go", {"x": 1})],
    ),
    "a name in pieces": (
        [f("a", "get_", "", 0), f(None, "wea", "", 0), f(None, "ther", None, 0), p("{}", 0)],
        [("a", "get_weather", {})],
    ),
    "a name said again while arguments come": (
        [f("a", "go", "{", 0), f(None, "go", "}", 0)],
        [("a", "go", {})],
    ),
    "no arguments at all": ([f("a", "go", None, 0)], [("a", "go", {})]),
    "empty arguments": ([f("a", "go", "", 0), p("", 0)], [("a", "go", {})]),
    "blank arguments": ([f("a", "go", " \n", 0)], [("a", "go", {})]),
    "null for arguments": ([f("a", "go", "null", 0)], [("a", "go", {})]),
    "an empty object": ([f("a", "go", {}, 0)], [("a", "go", {})]),
    "no arguments, then another call": (
        [f("a", "go", "", 0), f("b", "stop", '{"y":2}', 1)],
        [("a", "go", {}), ("b", "stop", {"y": 2})],
    ),
    "an index as text": (
        [f("a", "go", "", "0"), f("b", "stop", "", "1"), p('{"x":1}', "0")],
        [("a", "go", {"x": 1}), ("b", "stop", {})],
    ),
    "indexes that begin at 1 and skip": (
        [f("a", "go", "{}", 1), f("b", "stop", "{}", 4)],
        [("a", "go", {}), ("b", "stop", {})],
    ),
    "values of the wrong type": (
        [f(7, ["go"], 3.5, {}), f("a", "go", "{}", None), f(7, ["go"], 3.5, {})],
        [("a", "go", {})],
    ),
    "braces and quotes in strings": (
        [f("a", "go", '{"x":"}\\', 0), p('"{', 0), p('"}', 0), p("\n", 0)],
        [("a", "go", {"x": '}"{'})],
    ),
    "a string that ends in a backslash": (
        [f("a", "go", '{"x":"\\\\"', 0), p('}', 0), f("b", "stop", '{"y":2}', 0)],
        [("a", "go", {"x": "\\"}), ("b", "stop", {"y": 2})],
    ),
    "a piece that looks like a beginning": (
        [f("a", "go", '{"x":', 0), p('{"y":', 0), p("{}}}", 0)],
        [("a", "go", {"x": {"y": {}}})],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fragments", "expected"), STREAMS.values(), ids=list(STREAMS))
def test_calls_are_assembled(
    fragments: list[JsonDict], expected: list[tuple[str, str, JsonDict]]
) -> None:
    assert calls(*fragments) == expected


@pytest.mark.parametrize("fragments", [s[0] for s in STREAMS.values()], ids=list(STREAMS))
def test_events_are_in_order_and_agree(fragments: list[JsonDict]) -> None:
    events = assembled(*fragments)
    starts = [event for event in events if isinstance(event, ToolCallStarted)]
    assert [event.index for event in starts] == list(range(len(starts)))
    assert len({event.id for event in starts}) == len(starts)
    for start in starts:
        own = [e for e in events if getattr(e, "index", None) == start.index]
        assert own[0] is start
        assert isinstance(own[-1], ToolCallEnded)
        assert all(isinstance(event, PartialToolCall) for event in own[1:-1])
        assert {event.tool_call_id for event in own} == {start.id}  # type: ignore[union-attr]
        assert own[-1].name == start.name


def test_a_call_is_announced_when_its_arguments_begin() -> None:
    events: list[Event] = []
    accumulator = ToolCallAccumulator(candidate=2)
    accumulator.add(events, **f("a", "go", "", 0))
    assert events == []
    accumulator.add(events, **p("{", 0))
    assert events == [
        ToolCallStarted(candidate=2, tool_call_id="a", tool_name="go", index=0),
        PartialToolCall(candidate=2, tool_call_id="a", index=0, arguments="{"),
    ]


def test_a_call_whose_name_is_known_to_be_whole_is_announced_at_once() -> None:
    events: list[Event] = []
    ToolCallAccumulator().add(events, **f("a", "go", "", 0), name_complete=True)
    assert events == [ToolCallStarted(tool_call_id="a", tool_name="go", index=0)]


def test_a_call_can_end_by_itself_and_ends_once() -> None:
    events: list[Event] = []
    accumulator = ToolCallAccumulator()
    accumulator.add(events, **f("a", "go", "{}", 3))
    accumulator.add(events, **f("b", "stop", "{}", 4))
    accumulator.end(events, 3)
    assert [type(event) for event in events].count(ToolCallEnded) == 1
    accumulator.end(events, 3)
    accumulator.end(events, 99)
    assert [type(event) for event in events].count(ToolCallEnded) == 1
    accumulator.end(events)
    accumulator.end(events)
    assert [e.id for e in events if isinstance(e, ToolCallEnded)] == ["a", "b"]


def test_an_end_without_a_known_index_ends_nothing() -> None:
    events: list[Event] = []
    accumulator = ToolCallAccumulator()
    accumulator.add(events, **f("a", "go", "{", 0))
    accumulator.end(events, "not an index")
    accumulator.add(events, **p("}", 0))
    accumulator.end(events)
    assert events[-1] == ToolCallEnded(tool_call_id="a", tool_name="go", index=0, arguments={})


def test_the_signature_comes_with_the_end_whenever_it_was_sent() -> None:
    events: list[Event] = []
    accumulator = ToolCallAccumulator()
    accumulator.add(events, **f("a", "go", "{}", 0))
    accumulator.add(events, index=0, signature="opaque")
    accumulator.end(events)
    assert events[-1].as_tool_call_ended.signature == "opaque"


def test_all_of_the_arguments_said_once_more_change_nothing() -> None:
    for pieces in (['{"x":', "1}"], ['{"x":'], []):
        events: list[Event] = []
        accumulator = ToolCallAccumulator()
        accumulator.add(events, **f("a", "go", "", 0))
        for piece in pieces:
            accumulator.add(events, **p(piece, 0))
        accumulator.add(events, index=0, total='{"x":1}')
        accumulator.end(events)
        assert events[-1].as_tool_call_ended.arguments == {"x": 1}


BROKEN = {
    "cut off": '{"x": "abc',
    "no object": "[1, 2]",
    "a string": '"x"',
    "no JSON": "x=1",
    "two values": '{"x": 1} {"y": 2}',
    "not a number": '{"x": NaN}',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=list(BROKEN))
def test_broken_arguments_raise_with_the_text_as_it_came(text: str) -> None:
    accumulator = ToolCallAccumulator()
    events: list[Event] = []
    accumulator.add(events, **f("a", "go", text, 0))
    with pytest.raises(InvalidToolArguments) as caught:
        accumulator.end(events)
    assert (caught.value.raw, caught.value.tool_call_id, caught.value.tool_name) == (
        text,
        "a",
        "go",
    )


def test_broken_arguments_of_one_call_leave_the_others_whole() -> None:
    accumulator = ToolCallAccumulator()
    events: list[Event] = []
    accumulator.add(events, **f("a", "go", "{", 0))
    accumulator.add(events, **f("b", "stop", '{"y":2}', 1))
    with pytest.raises(InvalidToolArguments):
        accumulator.end(events)
    assert [e.id for e in events if isinstance(e, ToolCallEnded)] == ["b"]


def test_arguments_over_their_bound_are_refused() -> None:
    accumulator = ToolCallAccumulator(max_argument_bytes=100)
    with pytest.raises(ResponseTooLarge):
        for _ in range(11):
            accumulator.add([], **f("a", "go", "0123456789", 0))


def _pieces(size: int, count: int) -> list[str]:
    noise = random.Random(1).choices('ab{}[]\\"', k=size)
    text = '{"x":"' + "".join("\\" + c if c in '\\"' else c for c in noise) + '"}'
    step = len(text) // count + 1
    return [text[at : at + step] for at in range(0, len(text), step)]


@pytest.mark.parametrize("name", [None, "write_file"], ids=["index alone", "name every time"])
def test_the_cost_is_linear_in_the_pieces(name: str | None) -> None:
    def run(pieces: list[str]) -> None:
        accumulator = ToolCallAccumulator()
        events: list[Event] = []
        accumulator.add(events, **f("a", "write_file", "", 0))
        for piece in pieces:
            accumulator.add(events, **f(None, name, piece, 0))
        accumulator.end(events)

    few, many = _pieces(50_000, 2_000), _pieces(200_000, 8_000)
    once = min(timeit(lambda: run(few), timer=thread_time, number=1) for _ in range(7))
    four_times = min(timeit(lambda: run(many), timer=thread_time, number=1) for _ in range(7))
    assert four_times < once * 9  # 4 when linear, 16 when quadratic


@pytest.mark.parametrize("index", ["9" * 4400, "9" * 30, -1, 0.5, True, []])
def test_an_index_that_is_none_is_passed_over(index: object) -> None:
    assert calls(f("a", "go", '{"x": 1}', index)) == [("a", "go", {"x": 1})]


def test_half_a_character_in_an_object_of_arguments_is_refused() -> None:
    with pytest.raises(InvalidToolArguments):
        assembled(f("a", "go", {"x": "\ud83d"}))
