"""Engines that run a batch's chunks in other processes: Dask and Ray."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from importlib import import_module
from typing import Any, Protocol

import msgspec

from ai_lib.errors.exceptions import RequestError

Outcomes = Any  # a list of a package's batch items
Work = Callable[["Chunk"], Outcomes]


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Some prompts of a batch, each with its position."""

    prompts: tuple[tuple[int, Any], ...]


class BatchEngine(Protocol):
    """Runs chunks in other processes; give it to `batch_execute(on=...)`.

    `chunk_size` is how many prompts are sent at once.
    """

    @property
    def chunk_size(self) -> int:
        """The number of prompts of one chunk."""
        ...

    def run(self, work: Work, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, Outcomes | None]]:
        """Call `work` with each chunk in some process, and yield each chunk with its outcomes, as
        they come. None says that the chunk's worker was lost while it was under way.

        Closing the iterator cancels what is under way.
        """
        ...


class DaskEngine(msgspec.Struct, frozen=True):
    """Runs a batch on the workers of Dask (extra `dask`).

    `client` is a `distributed.Client`, the address of a scheduler, or None for the current client.
    A chunk whose worker was lost runs again only with `retry_in_doubt`.
    """

    client: Any = None
    chunk_size: int = 20
    retry_in_doubt: bool = False
    max_chunks: int = 64

    def run(self, work: Work, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, Outcomes | None]]:
        """Run the chunks; at most `max_chunks` are submitted at once. See `BatchEngine`."""
        distributed = _import_distributed()
        client = self.client
        is_own = isinstance(client, str)
        if client is None:
            client = distributed.get_client()
        elif is_own:
            client = distributed.Client(client, set_as_default=False)
        futures: dict[Any, Chunk] = {}
        remaining = iter(chunks)
        completed = distributed.as_completed(raise_errors=False)
        name = uuid.uuid4().hex

        def submit(chunk: Chunk) -> None:
            mark = f"ai-lib-{name}-{uuid.uuid4().hex}"
            future = client.submit(_run_once, work, chunk, mark, pure=False, retries=0)
            futures[future] = chunk
            completed.add(future)

        try:
            for chunk in _take(remaining, self.max_chunks):
                submit(chunk)
            while futures:
                future = next(completed)
                chunk = futures.pop(future)
                outcomes = _read_future(future)
                if outcomes is None and self.retry_in_doubt:
                    submit(chunk)
                    continue
                for further in _take(remaining, 1):
                    submit(further)
                yield chunk, outcomes
        finally:
            if futures:
                client.cancel(list(futures))
            if is_own:
                client.close()


def _import_distributed() -> Any:
    # By its name as a text: a type checker would find this library's room of that name.
    try:
        return import_module("distributed")
    except ImportError as error:
        raise RequestError("dask is not installed: pip install 'ai-lib[dask]'") from error


def _run_once(work: Work, chunk: Chunk, mark: str) -> Outcomes | None:
    """Run a chunk, unless a worker that is gone has begun it: Dask sends it on by itself."""
    started = _import_distributed().Event(mark)
    if started.is_set():
        return None
    started.set()
    return work(chunk)


def _read_future(future: Any) -> Outcomes | None:
    """Return what came of a chunk, None when its worker was lost, perhaps with its outcomes.

    Dask runs such a chunk again by itself, and `_run_once` then says that it was begun.
    """
    try:
        return future.result()
    except (_import_distributed().KilledWorker, CancelledError):
        return None


class RayEngine(msgspec.Struct, frozen=True, kw_only=True):
    """Runs a batch as tasks of Ray (extra `ray`), on the cluster that `ray.init` has joined.

    `options` are those of a Ray task, such as `num_cpus`. A chunk whose worker was lost runs again
    only with `retry_in_doubt`.
    """

    chunk_size: int = 20
    retry_in_doubt: bool = False
    max_chunks: int = 64
    options: dict[str, Any] = {}

    def run(self, work: Work, chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, Outcomes | None]]:
        """Run the chunks; at most `max_chunks` are submitted at once. See `BatchEngine`."""
        try:
            import ray
        except ImportError as error:
            raise RequestError("ray is not installed: pip install 'ai-lib[ray]'") from error
        task = ray.remote(**{"num_cpus": 1, **self.options, "max_retries": 0})(work_on)
        references: dict[Any, Chunk] = {}
        remaining = iter(chunks)
        try:
            for chunk in _take(remaining, self.max_chunks):
                references[task.remote(work, chunk)] = chunk
            while references:
                (reference,), _ = ray.wait(list(references), num_returns=1)
                chunk = references.pop(reference)
                try:
                    outcomes = ray.get(reference)
                except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError):
                    outcomes = None
                    if self.retry_in_doubt:
                        references[task.remote(work, chunk)] = chunk
                        continue
                for further in _take(remaining, 1):
                    references[task.remote(work, further)] = further
                yield chunk, outcomes
        finally:
            for reference in references:
                ray.cancel(reference)


def work_on(work: Work, chunk: Chunk) -> Outcomes:
    """Run a chunk in one of Ray's workers."""
    return work(chunk)


def _take(chunks: Iterator[Chunk], count: int) -> Iterator[Chunk]:
    for _ in range(count):
        chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk
