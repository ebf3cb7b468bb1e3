"""BatchCollector: collects items from many callers, and processes them together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from threading import Lock as PlainLock
from typing import Generic, TypeVar

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.batch.config import BatchConfig
from ai_lib.errors.exceptions import BatchError

from .._runtime.backend import Event, Semaphore, fail_after, now
from .._runtime.workers import as_worker

G = TypeVar("G")
R = TypeVar("R")
GroupExecutor = Callable[["list[G]"], "Awaitable[Sequence[R]] | Sequence[R]"]


class _Member(Generic[G, R]):
    """One caller's item; `signal` wakes the caller when it is done, or is to lead the group."""

    def __init__(self, item: G) -> None:
        self.item = item
        self.signal = Semaphore(0)
        self.is_done = False
        self.result: R | None = None
        self.error: Exception | None = None


class _Group(Generic[G, R]):
    """Items that are processed together; the leader is the caller that waits and then calls."""

    def __init__(self, key: Hashable, ends: float) -> None:
        self.key = key
        self.ends = ends
        self.members: list[_Member[G, R]] = []
        self.leader: _Member[G, R] | None = None
        self.full = Event()
        self.over = Event()


class BatchCollector(ForkedState, Generic[G, R]):
    """Collects items, and calls `executor` with the list of them.

    It calls when there are `max_batch_size` items, or when the first has waited `max_wait_ms`. The
    executor returns one result for each item, in the same order.

        async with BatchCollector(BatchConfig.for_embeddings(), embed_all) as collector:
            vector = await collector.add("a text")

    Nothing runs in the background: the first caller waits, and calls the executor for all. When
    that caller is cancelled, another one becomes the leader, and may call again for the others.
    """

    def __init__(
        self, config: BatchConfig | None = None, executor: GroupExecutor[G, R] | None = None
    ) -> None:
        self.config = config or BatchConfig()
        self._executor = executor
        self._lock = PlainLock()
        self._open: dict[Hashable, _Group[G, R]] = {}
        self._groups: set[_Group[G, R]] = set()
        self._stopped = False
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Renew the lock; the items that wait are the parent's."""
        super().renew_in_child()
        self._open, self._groups = {}, set()

    def set_executor(self, executor: GroupExecutor[G, R]) -> None:
        """Set the executor of the following calls."""
        self._executor = executor

    def get_pending_count(self) -> int:
        """Return the number of items that wait for their result."""
        with self._lock:
            return sum(len(group.members) for group in self._groups)

    async def add(self, item: G) -> R:
        """Return the item's result, once its batch was processed.

        Raises:
            RuntimeError: the collector was stopped, or has no executor.
            BatchError: the executor returned another number of results.
            Exception: what the executor raised, to each caller of the batch.
        """
        group, member = self._join(item)
        try:
            while not member.is_done:
                if group.leader is member:
                    await self._lead(group)
                else:
                    await member.signal.acquire()
        finally:
            self._leave(group, member)
        if member.error is not None:
            raise member.error
        return member.result  # type: ignore[return-value]

    async def flush(self) -> None:
        """Process the collected items now, and return when they are done."""
        with self._lock:
            groups = list(self._groups)
        for group in groups:
            self._close(group)
        for group in groups:
            await group.over.wait()

    async def stop(self) -> None:
        """Take no more items, and return when the present ones are done."""
        with self._lock:
            self._stopped = True
        await self.flush()

    async def __aenter__(self) -> BatchCollector[G, R]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _join(self, item: G) -> tuple[_Group[G, R], _Member[G, R]]:
        key = self.config.group_by(item) if self.config.group_by is not None else None
        member: _Member[G, R] = _Member(item)
        with self._lock:
            if self._stopped:
                raise RuntimeError("the collector was stopped; it takes no more items")
            if self._executor is None:
                raise RuntimeError("set an executor first: it processes the batches")
            group = self._open.get(key)
            if group is None:
                group = self._open[key] = _Group(key, now() + self.config.max_wait_ms / 1000)
                group.leader = member
                self._groups.add(group)
            group.members.append(member)
            is_full = len(group.members) >= self.config.max_batch_size
        if is_full:
            self._close(group)
        return group, member

    def _close(self, group: _Group[G, R]) -> None:
        """Add nothing more to the group, and wake its leader."""
        with self._lock:
            if self._open.get(group.key) is group:
                del self._open[group.key]
        group.full.set()

    async def _lead(self, group: _Group[G, R]) -> None:
        """Wait until the group is complete, then process it."""
        try:
            with fail_after(max(0.0, group.ends - now())):
                await group.full.wait()
        except TimeoutError:
            pass
        self._close(group)
        members = list(group.members)
        try:
            results = await self._call([member.item for member in members])
        except Exception as error:  # noqa: BLE001 (raised to each caller)
            for member in members:
                member.error = error
        else:
            for member, result in zip(members, results, strict=True):
                member.result = result
        for member in members:
            member.is_done = True
            member.signal.release()

    async def _call(self, items: list[G]) -> Sequence[R]:
        assert self._executor is not None
        results = await as_worker(self._executor, 1)(items)
        if len(results) != len(items):
            raise BatchError(
                f"the executor returned {len(results)} results for {len(items)} items; it must "
                "return one for each, in their order"
            )
        return results

    def _leave(self, group: _Group[G, R], member: _Member[G, R]) -> None:
        """Remove a member; another becomes the leader when the leader leaves too early."""
        with self._lock:
            group.members.remove(member)
            remaining = group.members
            if not remaining:
                self._groups.discard(group)
                if self._open.get(group.key) is group:
                    del self._open[group.key]
            next_leader = None
            if group.leader is member and remaining and not member.is_done:
                next_leader = group.leader = remaining[0]
        if not remaining:
            group.over.set()
        if next_leader is not None:
            next_leader.signal.release()
