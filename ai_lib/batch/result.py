"""What came of a batch, and of one item of it."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, Generic, TypeVar

import msgspec

R = TypeVar("R")

_MOST: Final = 20


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

    def _repr_html_(self) -> str:
        from ai_lib.types.display import time_in_words
        from ai_lib.types.markup.html import note, table

        rows = [(index, _state(self, index), _gist(self, index)) for index in self._shown()]
        parts = [f"{self.successful_count:,} of {len(self.results):,} done"]
        parts += [f"{self.failed_count:,} failed"] if self.errors else []
        parts += [f"{len(self.unfinished):,} not finished"] if self.unfinished else []
        parts += [f"{self.resumed_count:,} from the journal"] if self.resumed_count else []
        parts += [time_in_words(self.total_time_ms)]
        left = len(self.results) - len(rows)
        parts += [f"{left:,} not shown"] if left else []
        return table(("item", "state", "result"), rows) + note(" · ".join(parts))

    def _shown(self) -> list[int]:
        """Failures first: they are what one looks for."""
        failed = [*self.errors, *sorted(self.unfinished)][: _MOST // 2]
        rest = (index for index in range(len(self.results)) if index not in failed)
        return sorted([*failed, *islice(rest, _MOST - len(failed))])

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


def _state(batch: BatchResult[R], index: int) -> str:
    if index in batch.errors:
        return "failed"
    return "not finished" if index in batch.unfinished else "done"


def _gist(batch: BatchResult[R], index: int) -> str:
    error, result = batch.errors.get(index), batch.results[index]
    if error is not None:
        return f"{type(error).__name__}: {error}"
    if index in batch.unfinished:
        return ""
    content = getattr(result, "content", result)
    return content if isinstance(content, str) else repr(content)


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
