"""What in our own house is measured without a provider: batches, and loading manifests."""

from collections.abc import Awaitable, Callable


class Tasks:
    """The floor of a batch: five workers of an event loop take items from one iterator."""

    def __init__(self, url: str) -> None:
        del url

    async def batch(self, count: str) -> int:
        from ai_lib._runtime.backend import run_all

        items, done = iter(range(int(count))), []

        async def work() -> None:
            for item in items:
                done.append(await _nothing(item))

        await run_all([work] * 5, 5)
        return len(done)


class Batch:
    """A BatchExecutor with as many workers."""

    def __init__(self, url: str) -> None:
        del url

    async def batch(self, count: str) -> int:
        from ai_lib.batch import BatchExecutor

        operation: Callable[[int], Awaitable[int]] = _nothing
        executor = BatchExecutor(operation, max_concurrent=5)
        return len((await executor.execute(range(int(count)))).results)


async def _nothing(item: int) -> int:
    return item


class Documents:
    """The floor of loading manifests: the same bundled files, read and decoded."""

    def __init__(self, url: str) -> None:
        del url

    async def load(self, _: str) -> int:
        import msgspec

        from benchmarks.machine import ROOT

        paths = sorted((ROOT / "ai_lib/protocol/manifests").glob("*.json"))
        return len([msgspec.json.decode(path.read_bytes()) for path in paths])


class Manifests:
    """Every bundled manifest, loaded and compiled by a fresh loader."""

    def __init__(self, url: str) -> None:
        del url

    async def load(self, _: str) -> int:
        from ai_lib.protocol import ProtocolLoader
        from ai_lib.protocol.bundle import list_bundled_names

        loader = ProtocolLoader()
        return len([await loader.load_provider(name) for name in list_bundled_names("manifests")])
