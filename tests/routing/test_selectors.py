"""Each way to choose puts candidates in the order its name promises."""

import threading
from collections import Counter
from datetime import date

import pytest

from ai_lib._runtime import forks
from ai_lib.protocol.manifest.lifecycle import ModelLifecycle
from ai_lib.routing import (
    CostBasedSelector,
    LatencyBasedSelector,
    LeastConnectionsSelector,
    LoadBalancingStrategy,
    ModelArray,
    ModelCapabilities,
    ModelEndpoint,
    ModelInfo,
    ModelSelectionStrategy,
    PerformanceBasedSelector,
    PerformanceMetrics,
    PricingInfo,
    QualityBasedSelector,
    RandomSelector,
    RoundRobinSelector,
    Selector,
    WeightedSelector,
)
from ai_lib.routing.selectors import Strategy, drop_retired, make_selector


def model(name: str, **facts: object) -> ModelInfo:
    return ModelInfo(name=name, provider="house", **facts)  # type: ignore[arg-type]


def priced(name: str, taken: float | None, given: float | None, currency: str = "USD") -> ModelInfo:
    pricing = PricingInfo(input_cost_per_1k=taken, output_cost_per_1k=given, currency=currency)
    return model(name, pricing=pricing)


def names(models: list[ModelInfo]) -> list[str]:
    return [one.name for one in models]


def test_round_robin_gives_each_its_turn() -> None:
    selector, models = RoundRobinSelector(), [model("a"), model("b"), model("c", weight=9.0)]
    assert [names(selector.order(models))[0] for _ in range(6)] == ["a", "b", "c", "a", "b", "c"]
    assert names(selector.order(models)) == ["a", "b", "c"]
    assert names(selector.order(models)) == ["b", "c", "a"]


def test_who_comes_later_has_no_turn_before_its_time() -> None:
    selector, models = RoundRobinSelector(), [model("a"), model("b")]
    assert [names(selector.order(models))[0] for _ in range(4)] == ["a", "b", "a", "b"]
    models.append(model("c"))
    assert [names(selector.order(models))[0] for _ in range(6)] == ["a", "b", "c", "a", "b", "c"]


def test_weights_are_shares_and_are_spread_out() -> None:
    selector, models = WeightedSelector(), [model("a", weight=5.0), model("b"), model("c")]
    firsts = [names(selector.order(models))[0] for _ in range(7)]
    assert Counter(firsts) == {"a": 5, "b": 1, "c": 1}
    assert "aaaa" not in "".join(firsts)


def test_a_weight_of_nothing_is_only_for_when_there_is_nothing_else() -> None:
    selector, models = WeightedSelector(), [model("a"), model("b", weight=0.0)]
    assert {names(selector.order(models))[0] for _ in range(5)} == {"a"}
    assert names(selector.order([models[1]])) == ["b"]


def test_the_cheapest_is_first_and_the_unknown_last() -> None:
    models = [
        priced("unknown", None, None),
        priced("half", 0.1, None),
        priced("dear", 0.01, 0.03),
        priced("free", 0.0, 0.0),
        priced("cheap", 0.001, 0.002),
    ]
    ordered = names(CostBasedSelector().order(models))
    assert ordered == ["free", "cheap", "dear", "unknown", "half"]


def test_prices_in_another_currency_compare_at_a_rate_or_not_at_all() -> None:
    models = [priced("yuan", 0.002, 0.002, "CNY"), priced("dollar", 0.001, 0.001)]
    assert names(CostBasedSelector().order(models)) == ["dollar", "yuan"]
    assert names(CostBasedSelector(rates={"CNY": 0.14}).order(models)) == ["yuan", "dollar"]


def test_the_best_is_by_stated_quality_whatever_it_costs() -> None:
    models = [
        model("cheap", quality=3.0),
        model("dear", quality=1.0, pricing=PricingInfo(output_cost_per_1k=9.0)),
        model("unknown", pricing=PricingInfo(output_cost_per_1k=99.0)),
        model("middle", quality=2.0),
    ]
    assert names(QualityBasedSelector().order(models)) == ["cheap", "middle", "dear", "unknown"]


def test_among_equals_the_current_then_the_newest_then_the_largest_is_best() -> None:
    newer, older = (
        ModelLifecycle(released_on=date(2026, 9, 1)),
        ModelLifecycle(released_on=date(2026, 1, 1)),
    )
    models = [
        model("old", quality=4, status="deprecated", lifecycle=newer),
        model("undated", quality=4),
        model("large", quality=4, capabilities=ModelCapabilities(context_window=1000)),
        model("older", quality=4, lifecycle=older),
        model("newer", quality=4, lifecycle=newer),
    ]
    assert names(QualityBasedSelector().order(models)) == [
        *("newer", "older", "large", "undated", "old"),
    ]


@pytest.mark.parametrize(
    "strategy", [*ModelSelectionStrategy, *LoadBalancingStrategy], ids=lambda one: str(one)
)
def test_no_strategy_selects_a_retired_model(strategy: Strategy) -> None:
    gone = ModelLifecycle(retires_on=date(2000, 1, 1))
    pricing = PricingInfo(input_cost_per_1k=0, output_cost_per_1k=0)
    retired = [
        model("said", status="retired", quality=9, pricing=pricing, weight=1e6),
        model("dated", lifecycle=gone, quality=9, pricing=pricing, weight=1e6),
    ]
    selector = make_selector(strategy)
    living = model("living")
    for _ in range(5):
        assert selector.select([*retired, living]) is living
    assert selector.select(retired) is None


def test_what_is_retired_depends_on_the_day() -> None:
    soon = model(
        "soon", lifecycle=ModelLifecycle(status="deprecated", retires_on=date(2027, 1, 14))
    )
    assert drop_retired([soon], date(2027, 1, 13)) == [soon]
    assert drop_retired([soon], date(2027, 1, 14)) == []


def test_the_fastest_is_first_and_the_unmeasured_before() -> None:
    models = [
        model("slow", performance=PerformanceMetrics(latency_ms=900.0)),
        model("fast", performance=PerformanceMetrics(latency_ms=100.0, error_rate=0.95)),
        model("new"),
    ]
    soon = model("soon", performance=PerformanceMetrics(latency_ms=0.5))
    assert names(PerformanceBasedSelector().order([soon, models[2]])) == ["new", "soon"]
    assert names(LatencyBasedSelector().order(models)) == ["new", "fast", "slow"]
    # 100 ms of which one in twenty succeeds takes 2 s.
    assert names(PerformanceBasedSelector().order(models)) == ["new", "slow", "fast"]


def test_lots_follow_the_weights_and_the_seed() -> None:
    models = [model("a", weight=3.0), model("b"), model("never", weight=0.0)]
    selector = RandomSelector(seed=1)
    firsts = Counter(names(selector.order(models))[0] for _ in range(2000))
    assert firsts["never"] == 0
    assert 1350 <= firsts["a"] <= 1650
    again = [RandomSelector(seed=4).order(models) for _ in range(2)]
    assert again[0] == again[1]


def test_nothing_to_choose_from_is_none() -> None:
    for strategy in (*ModelSelectionStrategy, *LoadBalancingStrategy):
        selector = make_selector(strategy)
        assert selector.select([]) is None
        only = model("a")
        assert selector.select([only]) is only


def test_a_strategy_may_be_a_word_or_a_selector_of_ones_own() -> None:
    class Last(Selector):
        def order(self, candidates):  # type: ignore[no-untyped-def]
            return list(candidates)[::-1]

    own = Last()
    assert make_selector(own) is own
    assert isinstance(make_selector("least_connections"), LeastConnectionsSelector)
    assert names(own.order([model("a"), model("b")])) == ["b", "a"]
    with pytest.raises(ValueError, match="no strategy 'best'; there are round_robin"):
        make_selector("best")


@pytest.mark.parametrize("strategy", ["round_robin", "least_connections"])
def test_sixty_four_threads_are_spread_exactly(strategy: str) -> None:
    """Each of 64 threads begins ten calls and ends none: every endpoint has the same number."""
    endpoints = [ModelEndpoint("house/m", name=name) for name in "abcd"]
    array = ModelArray(endpoints, strategy=strategy)
    start = threading.Barrier(64)

    def begin() -> None:
        start.wait()
        for _ in range(10):
            array.plan(0.0)

    threads = [threading.Thread(target=begin) for _ in range(64)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.in_flight for one in array.endpoints] == [160, 160, 160, 160]


def test_the_least_busy_is_next_by_its_weight() -> None:
    array = ModelArray(
        [ModelEndpoint("house/m", name="a", weight=2), ModelEndpoint("house/m", name="b")],
        strategy=LoadBalancingStrategy.LEAST_CONNECTIONS,
    )
    firsts = [array.plan(0.0)[0].name for _ in range(9)]
    assert Counter(firsts) == {"a": 6, "b": 3}
    for _ in range(6):
        array.endpoints[0].state.end_call()
    assert array.plan(0.0)[0].name == "a"


def test_what_always_fails_is_the_slowest_of_all() -> None:
    def measured(name: str, latency: float | None, errors: float | None) -> ModelInfo:
        performance = PerformanceMetrics(latency_ms=latency, error_rate=errors, requests=9)
        return model(name, performance=performance)

    broken, slow = measured("broken", 1.0, 1.0), measured("slow", 900.0, 0.0)
    halved, quick = measured("halved", 100.0, 0.5), measured("quick", 150.0, None)
    order = names(PerformanceBasedSelector().order([broken, slow, halved, quick]))
    assert order.index("quick") < order.index("halved") < order.index("slow")
    assert order[-1] == "broken"


def test_turns_and_endpoints_are_made_anew_in_a_forked_child() -> None:
    for state in (WeightedSelector(), RoundRobinSelector(), ModelEndpoint("house/m").state):
        assert any(reference() is state for reference in list(forks._renewables)), type(state)
