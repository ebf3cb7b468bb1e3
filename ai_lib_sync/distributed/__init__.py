# Copied from ai_lib/distributed/__init__.py by codegen; do not edit.
"""State that processes on several machines share: limits, circuits, a cache, budgets."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from .budget import SharedStateBudget as SharedStateBudget
    from .cache import (
        SharedCacheBackend as SharedCacheBackend,
        SharedCacheManager as SharedCacheManager,
    )
    from .circuits import SharedCircuitStorage as SharedCircuitStorage
    from .concurrency import SharedBackpressure as SharedBackpressure
    from .limiter import SharedLimiter as SharedLimiter
    from .state import SharedState as SharedState

_WHERE = {
    "SharedBackpressure": ".concurrency",
    "SharedCacheBackend": ".cache",
    "SharedCacheManager": ".cache",
    "SharedCircuitStorage": ".circuits",
    "SharedLimiter": ".limiter",
    "SharedState": ".state",
    "SharedStateBudget": ".budget",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
