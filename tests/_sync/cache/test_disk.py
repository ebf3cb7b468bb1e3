# Generated from tests/cache/test_disk.py by codegen; do not edit.
"""The disk cache keeps its bound, and outlives processes that are killed and files that break."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ai_lib_sync._runtime.backend import run_all
from ai_lib_sync.cache import DiskCache
from ai_lib_sync.errors import CacheError
from ai_lib_sync.types import ChatResponse
from tests.cache.samples import Clock, reply
from tests.house.packages import ROOT


def _worker(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.cache.worker", str(path), name, str(count)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_reply_outlives_the_object_and_comes_back_equal(tmp_path: Path) -> None:
    known = reply()
    first = DiskCache(tmp_path / "deep" / "cache.db")
    first.set("k", known)
    first.close()
    second = DiskCache(tmp_path / "deep" / "cache.db")
    found = second.get("k")
    assert type(found) is ChatResponse
    assert found == known
    assert second.delete("k")
    assert not second.delete("k")
    second.close()


def test_an_entry_lives_as_long_as_it_was_told(tmp_path: Path) -> None:
    clock = Clock()
    cache = DiskCache(tmp_path, default_ttl=10, clock=clock)
    cache.set("a", 1)
    cache.set("b", 2, ttl=float("inf"))
    cache.set("c", 3, ttl=0)
    assert cache.get("c") is None
    clock.at += 10
    assert not cache.exists("a")
    assert cache.get("a") is None
    assert cache.cleanup_expired() == 1
    assert cache.get("b") == 2
    cache.close()


def test_a_damaged_value_is_a_miss_and_is_deleted(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.set("k", "v")
    cache._store.put("k", b"\xc1", None, 0.0)
    assert cache.exists("k")
    assert cache.get("k") is None
    assert not cache.exists("k")
    cache.close()


def test_the_file_keeps_its_bound_and_the_least_used_go(tmp_path: Path) -> None:
    clock = Clock()
    cache = DiskCache(tmp_path / "c.db", max_size_bytes=200_000, clock=clock)
    cache.set("kept", "k")
    for number in range(400):
        clock.at += 20
        cache.set(f"{number}", "x" * (number * 37 % 9000))
        assert cache.get("kept") == "k"
        assert (tmp_path / "c.db").stat().st_size <= 200_000
    assert cache.evictions > 100
    assert cache.get("399") is not None
    assert cache.get("0") is None
    cache.set("huge", "x" * 300_000)
    assert cache.get("huge") is None
    assert cache.get("kept") == "k"
    cache.clear()
    assert cache.get("kept") is None
    assert cache.size_bytes() < 30_000
    log = tmp_path / "c.db-wal"
    assert not log.exists() or log.stat().st_size <= 2 * 1024 * 1024
    cache.close()


@pytest.mark.parametrize("damage", ["head", "middle", "schema", "empty"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "c.db"
    first = DiskCache(path)
    for number in range(100):
        first.set(f"{number}", "x" * 2000)
    first.close()
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
        assert second.get(f"{number}") in (None, "x" * 2000)
    second.set("new", "value")
    assert second.get("new") == "value"
    second.close()


def test_a_place_that_can_not_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    cache = DiskCache(tmp_path / "file" / "c.db")
    with pytest.raises(CacheError, match=r"c\.db can't be used"):
        cache.get("k")
    with pytest.raises(ValueError, match="at least"):
        DiskCache(tmp_path / "c.db", max_size_bytes=1000)


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE theirs (x)")
    theirs.commit()
    theirs.close()
    content = path.read_bytes()
    cache = DiskCache(path)
    with pytest.raises(CacheError, match="no such table"):
        cache.set("k", 1)
    cache.close()
    assert path.read_bytes() == content


def test_many_at_once_in_one_process(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)

    def work() -> None:
        cache.set("same", "v")
        assert cache.get("same") == "v"

    run_all([work] * 50, 10)
    cache.close()


def test_several_processes_share_one_file(tmp_path: Path) -> None:
    workers = [_worker(tmp_path / "c.db", name, 150) for name in ("one", "two", "three")]
    said = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert all(text.endswith("through\n") for text in said)
    cache = DiskCache(tmp_path / "c.db")
    assert cache.get("one 149") == ["one", 149, "x" * 500]
    cache.close()


def test_a_process_killed_while_it_writes_harms_nothing(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "c.db")
    cache.set("before", "kept")
    for turn in range(3):
        worker = _worker(tmp_path / "c.db", f"{turn}", 1_000_000)
        assert worker.stdout is not None
        assert worker.stdout.readline() == "under way\n"
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        assert cache.get("before") == "kept"
        assert cache.get(f"{turn} 20") == [f"{turn}", 20, "x" * 500]
    cache.set("after", "written")
    assert cache.get("after") == "written"
    cache.close()
