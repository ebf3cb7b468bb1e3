"""What came of a batch, and of one item of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

R = TypeVar("R")


class BatchItem(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """What came of item number `index`: a result or an error.

    `resumed` says that it was not run, as the journal had its result; `latency_ms` is then 0.
    """

    index: int
    result: R | None = None
    error: Exception | None = None
    latency_ms: float = 0.0
    resumed: bool = False

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return self.error is None


class BatchResult(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """What came of all items. `results` has one place for each item, in their order.

    `errors` has the error of each item that failed, by its position; `unfinished` the positions
    of those that `fail_fast` ended or never began. At both, `results` has None, which may be a
    result elsewhere. `resumed_count` of the results come from the journal.
    """

    results: Sequence[R | None] = ()
    errors: Mapping[int, Exception] = {}
    unfinished: frozenset[int] = frozenset()
    total_time_ms: float = 0.0
    resumed_count: int = 0

    @property
    def successful_count(self) -> int:
        """How many items have a result."""
        return len(self.results) - len(self.errors) - len(self.unfinished)

    @property
    def failed_count(self) -> int:
        """How many items have an error."""
        return len(self.errors)

    @property
    def all_successful(self) -> bool:
        """Whether every item has a result."""
        return not self.errors and not self.unfinished

    def get_successful_results(self) -> list[R]:
        """Return the results that there are, in order."""
        return [
            result  # type: ignore[misc]
            for index, result in enumerate(self.results)
            if index not in self.errors and index not in self.unfinished
        ]

    def get_errors(self) -> list[tuple[int, Exception]]:
        """Return the positions and errors of the items that failed, in order."""
        return sorted(self.errors.items())


def result_of(items: Iterable[BatchItem[R]], count: int, total_time_ms: float) -> BatchResult[R]:
    """Return the result of a batch of `count` items, of which these are done."""
    results: list[R | None] = [None] * count
    errors: dict[int, Exception] = {}
    missing = set(range(count))
    resumed = 0
    for item in items:
        missing.discard(item.index)
        resumed += item.resumed
        if item.error is not None:
            errors[item.index] = item.error
        else:
            results[item.index] = item.result
    return BatchResult(
        results=results,
        errors=dict(sorted(errors.items())),
        unfinished=frozenset(missing),
        total_time_ms=total_time_ms,
        resumed_count=resumed,
    )
