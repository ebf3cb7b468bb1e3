"""BatchResult and BatchItem: the results and errors of a batch and of one item."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, Generic, TypeVar

import msgspec

R = TypeVar("R")

_MAX_ROWS: Final = 20


class BatchItem(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """The result or the error of item number `index`.

    `resumed` is true when the result comes from the journal and the item did not run; `latency_ms`
    is then 0.
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
    """The results of all items. `results` has one entry for each item, in their order.

    `errors` has the error of each failed item, by its position. `unfinished` has the positions of
    the items that `fail_fast` ended or that never began. At the positions of both, `results` has
    None, which may be a result elsewhere. `resumed_count` results come from the journal.
    """

    results: Sequence[R | None] = ()
    errors: Mapping[int, Exception] = {}
    unfinished: frozenset[int] = frozenset()
    total_time_ms: float = 0.0
    resumed_count: int = 0

    @property
    def successful_count(self) -> int:
        """The number of items with a result."""
        return len(self.results) - len(self.errors) - len(self.unfinished)

    @property
    def failed_count(self) -> int:
        """The number of items with an error."""
        return len(self.errors)

    @property
    def all_successful(self) -> bool:
        """Whether every item has a result."""
        return not self.errors and not self.unfinished

    def _repr_html_(self) -> str:
        from ai_lib.types.display import format_duration
        from ai_lib.types.markup.html import render_note, render_table

        rows = [
            (index, _state(self, index), _summary(self, index)) for index in self._shown_positions
        ]
        parts = [f"{self.successful_count:,} of {len(self.results):,} done"]
        parts += [f"{self.failed_count:,} failed"] if self.errors else []
        parts += [f"{len(self.unfinished):,} not finished"] if self.unfinished else []
        parts += [f"{self.resumed_count:,} from the journal"] if self.resumed_count else []
        parts += [format_duration(self.total_time_ms)]
        hidden_count = len(self.results) - len(rows)
        parts += [f"{hidden_count:,} not shown"] if hidden_count else []
        return render_table(("item", "state", "result"), rows) + render_note(" · ".join(parts))

    @property
    def _shown_positions(self) -> list[int]:
        """Failed items first, as they are what a reader looks for; the others fill the table."""
        failures = [*self.errors, *sorted(self.unfinished)][: _MAX_ROWS // 2]
        successes = (index for index in range(len(self.results)) if index not in failures)
        return sorted([*failures, *islice(successes, _MAX_ROWS - len(failures))])

    def get_successful_results(self) -> list[R]:
        """Return the results of the items that have one, in order."""
        return [
            result  # type: ignore[misc]
            for index, result in enumerate(self.results)
            if index not in self.errors and index not in self.unfinished
        ]

    def get_errors(self) -> list[tuple[int, Exception]]:
        """Return the positions and errors of the failed items, in order."""
        return sorted(self.errors.items())


def _state(batch: BatchResult[R], index: int) -> str:
    if index in batch.errors:
        return "failed"
    return "not finished" if index in batch.unfinished else "done"


def _summary(batch: BatchResult[R], index: int) -> str:
    error, result = batch.errors.get(index), batch.results[index]
    if error is not None:
        return f"{type(error).__name__}: {error}"
    if index in batch.unfinished:
        return ""
    content = getattr(result, "content", result)
    return content if isinstance(content, str) else repr(content)


def make_result(items: Iterable[BatchItem[R]], count: int, total_time_ms: float) -> BatchResult[R]:
    """Return the result of a batch of `count` items, of which `items` are finished."""
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
