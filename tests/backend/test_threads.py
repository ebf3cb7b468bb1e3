"""What is shared by several event loops at once: semaphores, locks and events."""

import asyncio
import gc
import threading

import anyio
import pytest

from ai_lib._runtime.backend import Event, Semaphore, current_runtime, sleep

pytestmark = pytest.mark.async_only


def run_in_threads(count: int, work: object) -> None:
    threads = [
        threading.Thread(
            target=anyio.run, args=(work,), kwargs={"backend": ("asyncio", "trio")[number % 2]}
        )
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_one_semaphore_bounds_several_loops() -> None:
    semaphore = Semaphore(3)
    inside: list[int] = []

    async def one() -> None:
        for _ in range(20):
            async with semaphore:
                inside.append(semaphore.holder_count)
                await sleep(0.0005)

    async def work() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(one)

    run_in_threads(6, work)
    assert len(inside) == 600
    assert max(inside) == 3
    assert semaphore.holder_count == 0


def test_one_event_wakes_several_loops() -> None:
    event = Event()

    async def work() -> None:
        await event.wait()

    timer = threading.Timer(0.05, event.set)
    timer.start()
    run_in_threads(4, work)
    timer.join()


def test_a_place_granted_to_a_dead_loop_goes_to_the_next() -> None:
    semaphore = Semaphore(1)
    loop = asyncio.new_event_loop()

    async def take_and_wait() -> None:
        await semaphore.acquire()
        waiting.append(asyncio.create_task(semaphore.acquire()))
        await asyncio.sleep(0)

    waiting: list[asyncio.Task[None]] = []
    loop.run_until_complete(take_and_wait())
    assert semaphore.waiter_count == 1
    waiting[0]._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    semaphore.release()

    async def take() -> None:
        with anyio.fail_after(1):
            await semaphore.acquire()

    asyncio.run(take())
    assert semaphore.holder_count == 1
    waiting.clear()
    gc.collect()


def test_each_loop_has_a_key() -> None:
    keys: list[object] = []

    async def note() -> None:
        keys.append(current_runtime())
        assert current_runtime() is keys[-1]

    asyncio.run(note())
    asyncio.run(note())
    assert keys[0] is not keys[1]
