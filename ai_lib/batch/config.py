"""How a batch runs, and how single items are collected into batches."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import msgspec

Item = Any  # an item is the caller's


class BatchConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of `BatchExecutor` and of `BatchCollector`.

    How a batch runs:

    - `max_concurrent`: how many items are under way at once;
    - `fail_fast`: stop at the first error, in place of going on with the others;
    - `timeout`: the seconds one item may take, its retries included;
    - `journal`: a file that lets the batch go on after a crash, see `ai_lib.batch.journal`;
    - `journal_name`: what the batch is called in it, else the name of the function;
    - `journal_key`: gives what identifies an item, where the item itself is not JSON;
    - `result_type`: what results are read back as from the journal, else plain JSON;
    - `fsync`: have each line forced to the disk, so that it outlives a crash of the machine.

    How items are collected:

    - `max_batch_size`: how many items make a batch complete;
    - `max_wait_ms`: how long the first one waits for others;
    - `group_by`: gives the group of an item; a batch has items of one group only.
    """

    max_concurrent: int = 10
    fail_fast: bool = False
    timeout: float | None = None
    journal: str | Path | None = None
    journal_name: str | None = None
    journal_key: Callable[[Item], str] | None = None
    result_type: Any = None
    fsync: bool = False
    max_batch_size: int = 10
    max_wait_ms: float = 100
    group_by: Callable[[Item], Hashable] | None = None

    def __post_init__(self) -> None:
        for name in ("max_concurrent", "max_batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}")
        if self.max_wait_ms < 0:
            raise ValueError(f"max_wait_ms must be 0 or more, not {self.max_wait_ms}")
        if self.timeout is not None and self.timeout <= 0:
            raise ValueError(f"timeout must be seconds above 0, not {self.timeout}")

    @classmethod
    def for_embeddings(cls) -> BatchConfig:
        """Collect 100 items, or what comes in 50 ms."""
        return cls(max_batch_size=100, max_wait_ms=50)

    @classmethod
    def for_chat(cls) -> BatchConfig:
        """Collect 5 items, or what comes in 10 ms."""
        return cls(max_batch_size=5, max_wait_ms=10)
