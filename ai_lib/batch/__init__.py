"""Batches: many items at once, within bounds, resumable after a crash."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.batch.config import (
        BatchConfig as BatchConfig,
    )
    from ai_lib.batch.engines import (
        BatchEngine as BatchEngine,
        DaskEngine as DaskEngine,
        RayEngine as RayEngine,
    )
    from ai_lib.client.batches.format import (
        ProviderBatchStatus as ProviderBatchStatus,
    )
    from ai_lib.client.batches.result import (
        BatchItem as BatchItem,
        BatchResult as BatchResult,
    )

    from ..client.batches.provider_batch import (
        ProviderBatch as ProviderBatch,
    )
    from .chat_batch import (
        batch_as_completed as batch_as_completed,
        batch_execute as batch_execute,
    )
    from .collector import (
        BatchCollector as BatchCollector,
    )
    from .executor import (
        BatchExecutor as BatchExecutor,
    )
    from .runner import (
        Completed as Completed,
    )

_WHERE = {
    "BatchCollector": ".collector",
    "BatchConfig": "ai_lib.batch.config",
    "BatchEngine": "ai_lib.batch.engines",
    "BatchExecutor": ".executor",
    "BatchItem": "ai_lib.client.batches.result",
    "BatchResult": "ai_lib.client.batches.result",
    "Completed": ".runner",
    "DaskEngine": "ai_lib.batch.engines",
    "ProviderBatch": "..client.batches.provider_batch",
    "ProviderBatchStatus": "ai_lib.client.batches.format",
    "RayEngine": "ai_lib.batch.engines",
    "batch_as_completed": ".chat_batch",
    "batch_execute": ".chat_batch",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
