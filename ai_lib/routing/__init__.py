"""Chooses among models, and spreads calls over endpoints."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.routing.array import (
        ModelArray as ModelArray,
    )
    from ai_lib.routing.endpoint import (
        ModelEndpoint as ModelEndpoint,
    )
    from ai_lib.routing.info import (
        ModelCapabilities as ModelCapabilities,
        ModelInfo as ModelInfo,
        PerformanceMetrics as PerformanceMetrics,
        PricingInfo as PricingInfo,
    )
    from ai_lib.routing.live import (
        HealthConfig as HealthConfig,
    )
    from ai_lib.routing.model_list import (
        ModelList as ModelList,
    )
    from ai_lib.routing.models import (
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
    "HealthConfig": "ai_lib.routing.live",
    "LatencyBasedSelector": "ai_lib.routing.selectors",
    "LeastConnectionsSelector": "ai_lib.routing.selectors",
    "LoadBalancingStrategy": "ai_lib.routing.selectors",
    "ModelArray": "ai_lib.routing.array",
    "ModelCapabilities": "ai_lib.routing.info",
    "ModelEndpoint": "ai_lib.routing.endpoint",
    "ModelInfo": "ai_lib.routing.info",
    "ModelList": "ai_lib.routing.model_list",
    "ModelManager": "ai_lib.routing.models",
    "ModelSelectionStrategy": "ai_lib.routing.selectors",
    "PerformanceBasedSelector": "ai_lib.routing.selectors",
    "PerformanceMetrics": "ai_lib.routing.info",
    "PricingInfo": "ai_lib.routing.info",
    "QualityBasedSelector": "ai_lib.routing.selectors",
    "RandomSelector": "ai_lib.routing.selectors",
    "RoundRobinSelector": "ai_lib.routing.selectors",
    "Selector": "ai_lib.routing.selectors",
    "WeightedSelector": "ai_lib.routing.selectors",
    "create_anthropic_models": "ai_lib.routing.models",
    "create_models": "ai_lib.routing.models",
    "create_openai_models": "ai_lib.routing.models",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
