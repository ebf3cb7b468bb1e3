"""An array of endpoints: what is left out, when it is tried again, and what is misuse."""

import pytest

from ai_lib.routing import HealthConfig, ModelArray, ModelEndpoint

HEALTH = HealthConfig(max_failures=2, cooldown_seconds=30)


def array_of_two() -> tuple[ModelArray, ModelEndpoint, ModelEndpoint]:
    first, second = ModelEndpoint("house/m", name="a"), ModelEndpoint("house/m", name="b")
    return ModelArray([first, second], health=HEALTH), first, second


def ask(array: ModelArray, at: float) -> str:
    """Begin a call and end it, and return where it went."""
    endpoint = array.plan(at)[0]
    endpoint.state.end_call()
    return endpoint.name


def test_after_so_many_failures_in_a_row_it_is_left_out() -> None:
    array, first, _ = array_of_two()
    first.state.record_failure(0.0, HEALTH)
    first.state.record_success(10.0)
    first.state.record_failure(0.0, HEALTH)
    assert first.healthy
    first.state.record_failure(0.0, HEALTH)
    assert not first.healthy
    assert {ask(array, 1.0) for _ in range(4)} == {"b"}
    assert [one.name for one in array.healthy_endpoints] == ["b"]


def test_when_its_time_is_up_one_call_tries_it() -> None:
    array, first, _ = array_of_two()
    for _ in range(2):
        first.state.record_failure(0.0, HEALTH)
    begun = [array.plan(30.0)[0] for _ in range(6)]
    assert [one.name for one in begun].count("a") == 1
    first.state.record_success(10.0)
    assert first.healthy
    assert {ask(array, 31.0) for _ in range(2)} == {"a", "b"}


def test_a_trial_that_fails_leaves_it_out_as_long_again() -> None:
    array, first, _ = array_of_two()
    for _ in range(2):
        first.state.record_failure(0.0, HEALTH)
    while array.plan(30.0)[0] is not first:
        pass
    first.state.record_failure(31.0, HEALTH)
    first.state.end_call()
    assert {ask(array, 60.0) for _ in range(4)} == {"b"}
    assert "a" in {ask(array, 61.0) for _ in range(4)}


def test_a_trial_that_came_to_nothing_frees_the_way_for_another() -> None:
    array, first, _ = array_of_two()
    for _ in range(2):
        first.state.record_failure(0.0, HEALTH)
    while (endpoint := array.plan(30.0)[0]) is not first:
        endpoint.state.end_call()
    assert not first.state.is_healthy(30.0)
    first.state.end_call()  # cancelled before it was sent
    assert first.state.is_healthy(30.0)


def test_when_all_are_left_out_the_soonest_due_is_tried() -> None:
    array, first, second = array_of_two()
    for at, endpoint in ((5.0, first), (1.0, second)):
        for _ in range(2):
            endpoint.state.record_failure(at, HEALTH)
    assert array.select_endpoint(6.0) is None
    assert [one.name for one in array.plan(6.0)] == ["b", "a"]


def test_by_hand_it_is_left_out_until_further_notice() -> None:
    array, first, _ = array_of_two()
    assert array.mark_unhealthy("a")
    assert not array.is_healthy("a")
    assert array.select_endpoint(1e9) is not first
    assert array.mark_healthy("a")
    assert array.is_healthy("a")
    assert not array.mark_healthy("nobody")
    assert not array.is_healthy("nobody")


def test_what_fits_not_is_not_in_the_plan() -> None:
    array, *_ = array_of_two()
    assert [one.name for one in array.plan(0.0, lambda one: one.name == "b")] == ["b"]
    assert array.plan(0.0, lambda _: False) == []


def test_the_running_mean_follows_the_newest() -> None:
    endpoint = ModelEndpoint("house/m")
    assert endpoint.performance.latency_ms is None
    endpoint.state.record_success(100.0)
    assert endpoint.performance.latency_ms == 100.0
    endpoint.state.record_success(200.0)
    assert endpoint.performance.latency_ms == pytest.approx(120.0)
    endpoint.state.record_failure(0.0, HEALTH)
    assert endpoint.performance.error_rate == pytest.approx(0.2)
    assert endpoint.performance.requests == 3


def test_endpoints_are_added_and_taken_out_and_told_apart() -> None:
    array = ModelArray(["house/m", "house/m"])
    assert [one.name for one in array.endpoints] == ["house/m", "house/m#2"]
    array.add_endpoint(ModelEndpoint("house/other", name="third"))
    assert array.get_endpoint("third") is array.endpoints[2]
    assert array.remove_endpoint("third")
    assert not array.remove_endpoint("third")
    assert len(array) == 2


def test_no_key_is_shown() -> None:
    array = ModelArray([ModelEndpoint("house/m", api_key="sk-canary")])
    assert "sk-canary" not in f"{array!r}{array.endpoints[0]!r}"


def test_misuse_is_told() -> None:
    with pytest.raises(TypeError, match="give a list of endpoints"):
        ModelArray("house/m")
    with pytest.raises(TypeError, match="no ModelEndpoint"):
        ModelArray([3])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="needs a model"):
        ModelEndpoint("")
    with pytest.raises(ValueError, match="a weight is a number from 0 on"):
        ModelEndpoint("house/m", weight=-1)
    with pytest.raises(ValueError, match="no strategy"):
        ModelArray(strategy="best")
    with pytest.raises(ValueError, match="at least"):
        HealthConfig(max_failures=0)


def test_one_endpoint_at_a_time_is_selected_and_none_where_all_are_excluded() -> None:
    array, first, second = array_of_two()
    assert [array.select_endpoint(), array.select_endpoint()] == [first, second]
    for endpoint in (first, second):
        endpoint.state.record_failure(0.0, HEALTH)
        endpoint.state.record_failure(0.0, HEALTH)
    assert array.select_endpoint(1.0) is None
    assert array.select_endpoint(31.0) in (first, second)
