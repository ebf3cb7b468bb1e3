# Generated from tests/resilience/test_fallback.py by codegen; do not edit.
"""A chain of targets: in order, as far as an error allows, and every step is told."""

from collections.abc import Callable

import pytest

from ai_lib_sync._runtime.backend import checkpoint
from ai_lib_sync.errors import (
    CapabilityError,
    CircuitOpenError,
    ConnectionLost,
    RemoteError,
    classify_http_error,
)
from ai_lib_sync.resilience import FallbackChain, FallbackConfig
from tests._sync.resilience.clock import FakeClock


def answered(status: int) -> RemoteError:
    return RemoteError(f"{status}", status_code=status, standard_code=classify_http_error(status))


def target(outcome: object, asked: list[str], name: str) -> Callable[[], object]:
    def ask() -> object:
        asked.append(name)
        checkpoint()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return ask


def chain(asked: list[str], **outcomes: object) -> FallbackChain[object]:
    made: FallbackChain[object] = FallbackChain()
    for name, outcome in outcomes.items():
        made.add_target(name, target(outcome, asked, name))
    return made


def test_the_first_that_answers_is_the_last_that_is_asked() -> None:
    asked: list[str] = []
    steps: list[tuple[str, str, str]] = []
    made = chain(asked, a=answered(503), b=CircuitOpenError("open"), c="hello", d="never")
    value = made.run(lambda *step: steps.append((step[0], step[1], step[2].error_type)))
    assert value == "hello"
    assert asked == ["a", "b", "c"]
    assert steps == [("a", "b", "overloaded"), ("b", "c", "overloaded")]


def test_an_error_that_no_other_target_cures_ends_it() -> None:
    asked: list[str] = []
    with pytest.raises(RemoteError, match="400"):
        chain(asked, a=answered(400), b="hello").run()
    assert asked == ["a"]


def test_a_refused_key_is_tried_elsewhere() -> None:
    assert chain([], a=answered(401), b="hello").run() == "hello"


def test_one_that_cannot_be_asked_is_passed_over_and_hides_nothing() -> None:
    asked: list[str] = []
    unable = CapabilityError("takes no tools", capability="tools")
    with pytest.raises(RemoteError, match="503"):
        chain(asked, a=answered(503), b=unable).run()
    assert chain(asked, a=answered(503), b=unable, c="hello").run() == "hello"
    with pytest.raises(CapabilityError):
        chain(asked, a=unable, b="never").run()


def test_weight_and_switches_decide_who_is_asked() -> None:
    asked: list[str] = []
    made = chain(asked, a="a", b="b")
    made.add_target("c", target("c", asked, "c"), weight=2.0)
    assert made.run() == "c"
    made.set_enabled("c", False)
    assert made.run() == "a"
    assert made.remove_target("a")
    assert not made.remove_target("a")
    assert [one.name for one in made.get_targets()] == ["b"]
    assert not made.set_enabled("a", True)


def test_the_result_holds_value_and_errors() -> None:
    found = chain([], a=answered(503), b="hello").execute()
    assert (found.success, found.value, found.target_used) == (True, "hello", "b")
    assert found.targets_tried == ("a", "b")
    assert found.errors["a"].error_type == "overloaded"
    failed = chain([], a=answered(503), b=answered(500)).execute()
    assert (failed.success, failed.value, failed.target_used) == (False, None, None)
    assert list(failed.errors) == ["a", "b"]


def test_a_chain_without_targets_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="add_target"):
        FallbackChain[object]().run()


def test_several_tries_a_target_and_a_pause_between_targets() -> None:
    clock = FakeClock()
    asked: list[str] = []
    config = FallbackConfig(max_attempts_per_target=2, delay_between_targets_ms=250)
    made: FallbackChain[object] = FallbackChain(config, pause=clock.sleep)
    made.add_target("a", target(answered(503), asked, "a"))
    made.add_target("b", target(ConnectionLost("?", request_sent=True), asked, "b"))
    made.add_target("c", target("hello", asked, "c"))
    assert made.run() == "hello"
    assert asked == ["a", "a", "b", "c"]
    assert clock.slept == [0.25, 0.25]
