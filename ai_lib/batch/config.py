"""BatchConfig: how a batch runs, and how single items are collected into batches."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import msgspec

from ai_lib.types.wire import check_optional_seconds

Item = Any  # an item is the caller's


class BatchConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of `BatchExecutor` and of `BatchCollector`.

    How a batch runs:

    - `max_concurrent`: the number of items under way at once;
    - `fail_fast`: whether the batch stops at the first error;
    - `timeout`: the seconds one item may take, its retries included;
    - `journal`: a file with which the batch continues after a crash, see `ai_lib.batch.journal`;
    - `journal_name`: the batch's name in the journal; the default is the name of the function;
    - `journal_key`: a function that returns the identity of an item that is not JSON;
    - `result_type`: the type of results read from the journal; the default is plain JSON;
    - `fsync`: whether each line is forced to the disk, to survive a crash of the machine.

    How items are collected:

    - `max_batch_size`: the number of items that complete a batch;
    - `max_wait_ms`: how long the first item waits for others, in milliseconds;
    - `group_by`: a function that returns the group of an item; a batch has items of one group.
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
        if not self.max_wait_ms >= 0:
            raise ValueError(f"max_wait_ms must be 0 or more, not {self.max_wait_ms}")
        check_optional_seconds("the timeout", self.timeout)

    @classmethod
    def for_embeddings(cls) -> BatchConfig:
        """Return a config that collects up to 100 items in at most 50 ms."""
        return cls(max_batch_size=100, max_wait_ms=50)

    @classmethod
    def for_chat(cls) -> BatchConfig:
        """Return a config that collects up to 5 items in at most 10 ms."""
        return cls(max_batch_size=5, max_wait_ms=10)
