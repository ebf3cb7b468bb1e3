"""The disk cache keeps its bound, and outlives processes that are killed and files that break."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ai_lib._runtime.backend import run_all
from ai_lib.cache import DiskCache
from ai_lib.errors import CacheError
from ai_lib.types import ChatResponse
from tests.cache.samples import Clock, reply
from tests.house.packages import ROOT


def _worker(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.cache.worker", str(path), name, str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


async def test_a_reply_outlives_the_object_and_comes_back_equal(tmp_path: Path) -> None:
    known = reply()
    first = DiskCache(tmp_path / "deep" / "cache.db")
    await first.set("k", known)
    await first.close()
    second = DiskCache(tmp_path / "deep" / "cache.db")
    found = await second.get("k")
    assert type(found) is ChatResponse
    assert found == known
    assert await second.delete("k")
    assert not await second.delete("k")
    await second.close()


async def test_an_entry_lives_as_long_as_it_was_told(tmp_path: Path) -> None:
    clock = Clock()
    cache = DiskCache(tmp_path, default_ttl=10, clock=clock)
    await cache.set("a", 1)
    await cache.set("b", 2, ttl=float("inf"))
    await cache.set("c", 3, ttl=0)
    assert await cache.get("c") is None
    clock.at += 10
    assert not await cache.exists("a")
    assert await cache.get("a") is None
    assert await cache.cleanup_expired() == 1
    assert await cache.get("b") == 2
    await cache.close()


async def test_a_damaged_value_is_a_miss_and_is_deleted(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    await cache.set("k", "v")
    cache._store.put("k", b"\xc1", None, 0.0)
    assert await cache.exists("k")
    assert await cache.get("k") is None
    assert not await cache.exists("k")
    await cache.close()


async def test_the_file_keeps_its_bound_and_the_least_used_go(tmp_path: Path) -> None:
    clock = Clock()
    cache = DiskCache(tmp_path / "c.db", max_size_bytes=200_000, clock=clock)
    await cache.set("kept", "k")
    for number in range(400):
        clock.at += 20
        await cache.set(f"{number}", "x" * (number * 37 % 9000))
        assert await cache.get("kept") == "k"
        assert (tmp_path / "c.db").stat().st_size <= 200_000
    assert cache.evictions > 100
    assert await cache.get("399") is not None
    assert await cache.get("0") is None
    await cache.set("huge", "x" * 300_000)
    assert await cache.get("huge") is None
    assert await cache.get("kept") == "k"
    await cache.clear()
    assert await cache.get("kept") is None
    assert await cache.size_bytes() < 30_000
    log = tmp_path / "c.db-wal"
    assert not log.exists() or log.stat().st_size <= 2 * 1024 * 1024
    await cache.close()


@pytest.mark.parametrize("damage", ["head", "middle", "schema", "empty"])
async def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "c.db"
    first = DiskCache(path)
    for number in range(100):
        await first.set(f"{number}", "x" * 2000)
    await first.close()
    content = path.read_bytes()
    middle = len(content) // 2
    junk = b"\xa5" * 40_000
    broken = {
        "head": b"\0" * 200 + content[200:],
        "middle": content[: middle - 20_000] + junk + content[middle + 20_000 :],
        # SQLite quotes it in its error, which Python then can't decode.
        "schema": content.replace(b"CREATE INDEX", b"CREATE INDE\xf5"),
        "empty": b"",
    }
    path.write_bytes(broken[damage])
    second = DiskCache(path)
    for number in range(100):
        assert await second.get(f"{number}") in (None, "x" * 2000)
    await second.set("new", "value")
    assert await second.get("new") == "value"
    await second.close()


async def test_a_place_that_can_not_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    cache = DiskCache(tmp_path / "file" / "c.db")
    with pytest.raises(CacheError, match=r"c\.db can't be used"):
        await cache.get("k")
    with pytest.raises(ValueError, match="at least"):
        DiskCache(tmp_path / "c.db", max_size_bytes=1000)


async def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE theirs (x)")
    theirs.commit()
    theirs.close()
    content = path.read_bytes()
    cache = DiskCache(path)
    with pytest.raises(CacheError, match="no such table"):
        await cache.set("k", 1)
    await cache.close()
    assert path.read_bytes() == content


async def test_many_at_once_in_one_process(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)

    async def work() -> None:
        await cache.set("same", "v")
        assert await cache.get("same") == "v"

    await run_all([work] * 50, 10)
    await cache.close()


async def test_several_processes_share_one_file(tmp_path: Path) -> None:
    workers = [_worker(tmp_path / "c.db", name, 150) for name in ("one", "two", "three")]
    said = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert all(text.endswith("through\n") for text in said)
    cache = DiskCache(tmp_path / "c.db")
    assert await cache.get("one 149") == ["one", 149, "x" * 500]
    await cache.close()


async def test_a_process_killed_while_it_writes_harms_nothing(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "c.db")
    await cache.set("before", "kept")
    for turn in range(3):
        worker = _worker(tmp_path / "c.db", f"{turn}", 1_000_000)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "under way\n"
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        assert await cache.get("before") == "kept"
        assert await cache.get(f"{turn} 20") == [f"{turn}", 20, "x" * 500]
    await cache.set("after", "written")
    assert await cache.get("after") == "written"
    await cache.close()
