"""Chooses among models, and spreads calls over endpoints."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.routing.array import (
        ModelArray as ModelArray,
    )
    from ai_lib.routing.endpoint import (
        HealthConfig as HealthConfig,
        ModelEndpoint as ModelEndpoint,
    )
    from ai_lib.routing.model_info import (
        ModelCapabilities as ModelCapabilities,
        ModelInfo as ModelInfo,
        PerformanceMetrics as PerformanceMetrics,
        PricingInfo as PricingInfo,
    )
    from ai_lib.routing.model_manager import (
        ModelList as ModelList,
        ModelManager as ModelManager,
        create_anthropic_models as create_anthropic_models,
        create_models as create_models,
        create_openai_models as create_openai_models,
    )
    from ai_lib.routing.selectors import (
        CostBasedSelector as CostBasedSelector,
        LatencyBasedSelector as LatencyBasedSelector,
        LeastConnectionsSelector as LeastConnectionsSelector,
        LoadBalancingStrategy as LoadBalancingStrategy,
        ModelSelectionStrategy as ModelSelectionStrategy,
        PerformanceBasedSelector as PerformanceBasedSelector,
        QualityBasedSelector as QualityBasedSelector,
        RandomSelector as RandomSelector,
        RoundRobinSelector as RoundRobinSelector,
        Selector as Selector,
        WeightedSelector as WeightedSelector,
    )

_WHERE = {
    "CostBasedSelector": "ai_lib.routing.selectors",
    "HealthConfig": "ai_lib.routing.endpoint",
    "LatencyBasedSelector": "ai_lib.routing.selectors",
    "LeastConnectionsSelector": "ai_lib.routing.selectors",
    "LoadBalancingStrategy": "ai_lib.routing.selectors",
    "ModelArray": "ai_lib.routing.array",
    "ModelCapabilities": "ai_lib.routing.model_info",
    "ModelEndpoint": "ai_lib.routing.endpoint",
    "ModelInfo": "ai_lib.routing.model_info",
    "ModelList": "ai_lib.routing.model_manager",
    "ModelManager": "ai_lib.routing.model_manager",
    "ModelSelectionStrategy": "ai_lib.routing.selectors",
    "PerformanceBasedSelector": "ai_lib.routing.selectors",
    "PerformanceMetrics": "ai_lib.routing.model_info",
    "PricingInfo": "ai_lib.routing.model_info",
    "QualityBasedSelector": "ai_lib.routing.selectors",
    "RandomSelector": "ai_lib.routing.selectors",
    "RoundRobinSelector": "ai_lib.routing.selectors",
    "Selector": "ai_lib.routing.selectors",
    "WeightedSelector": "ai_lib.routing.selectors",
    "create_anthropic_models": "ai_lib.routing.model_manager",
    "create_models": "ai_lib.routing.model_manager",
    "create_openai_models": "ai_lib.routing.model_manager",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
