"""Events are a closed union, and the functions that the type checker reads have an arm for each."""

import inspect
from typing import get_args

import ai_lib
import ai_lib_sync
from tests.types import closed_union


def test_every_event_has_an_arm() -> None:
    for package, function in (
        (ai_lib, closed_union.name_all_events),
        (ai_lib_sync, closed_union.name_all_events_blocking),
    ):
        events = {event.__name__ for event in get_args(package.Event)}
        source = inspect.getsource(function)
        assert events == {name for name in events if f".{name}():" in source}
        assert len(events) == source.count("case ") - 1


def test_an_event_is_named_by_its_arm() -> None:
    event = ai_lib.PartialContentDelta(content="Hi")
    assert closed_union.name_all_events(event) == "PartialContentDelta"
