# Copied from ai_lib/tokens/__init__.py by codegen; do not edit.
"""Counts tokens and their cost: before a call, after it, and within a budget."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.tokens.budget import (
        Budget as Budget,
        BudgetStats as BudgetStats,
    )
    from ai_lib.tokens.cost_estimate import (
        estimate_cost as estimate_cost,
    )
    from ai_lib.tokens.counter import (
        TokenCounter as TokenCounter,
    )
    from ai_lib.tokens.pricing import (
        ModelPricing as ModelPricing,
        get_model_pricing as get_model_pricing,
    )
    from ai_lib.tokens.shared_budget import (
        SharedBudget as SharedBudget,
        SharedReservation as SharedReservation,
    )
    from ai_lib.tokens.window_fit import (
        FittedConversation as FittedConversation,
        fit as fit,
    )
    from ai_lib.types.cost import (
        CostBounds as CostBounds,
        CostEstimate as CostEstimate,
        TokenCount as TokenCount,
    )

_WHERE = {
    "Budget": "ai_lib.tokens.budget",
    "BudgetStats": "ai_lib.tokens.budget",
    "CostBounds": "ai_lib.types.cost",
    "CostEstimate": "ai_lib.types.cost",
    "FittedConversation": "ai_lib.tokens.window_fit",
    "ModelPricing": "ai_lib.tokens.pricing",
    "SharedBudget": "ai_lib.tokens.shared_budget",
    "SharedReservation": "ai_lib.tokens.shared_budget",
    "TokenCount": "ai_lib.types.cost",
    "TokenCounter": "ai_lib.tokens.counter",
    "estimate_cost": "ai_lib.tokens.cost_estimate",
    "fit": "ai_lib.tokens.window_fit",
    "get_model_pricing": "ai_lib.tokens.pricing",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
