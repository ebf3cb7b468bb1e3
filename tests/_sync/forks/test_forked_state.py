# Generated from tests/forks/test_forked_state.py by codegen; do not edit.
"""Locks that other threads held at a fork, files, servers and flights: a child has its own."""

from __future__ import annotations

import os
import threading
import urllib.request
from functools import partial
from pathlib import Path

import pytest

from ai_lib._runtime import forks
from ai_lib.batch.journal import Journal
from ai_lib.errors.exceptions import JournalError
from ai_lib_sync._runtime.backend import run_all
from ai_lib_sync.batch import BatchConfig
from ai_lib_sync.cache import CacheManager, DiskCache
from ai_lib_sync.client import worker_client
from ai_lib_sync.telemetry import MetricsCollector, PrometheusExporter
from tests._sync.forks.conversation import EchoServer, count_wrong
from tests._sync.forks.test_forked_clients import builder_for
from tests.forks.children import Child, run_in_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def _plain_locks() -> list[threading.Lock]:
    """Every lock of every object that a child is to make anew, and of those within them."""
    owners = [owner for reference in list(forks._renewables) if (owner := reference())]
    owners += [v for o in owners for v in vars(o).values() if isinstance(v, forks.ForkedState)]
    owners += [v for o in owners for v in vars(o).values() if isinstance(v, forks.ForkedState)]
    values = {id(v): v for owner in owners for v in vars(owner).values()}
    return [value for value in values.values() if type(value) in forks._LOCKS]


def test_locks_that_another_thread_held_are_free_in_the_child(
    server: EchoServer, tmp_path: Path
) -> None:
    cache = CacheManager(backend=DiskCache(tmp_path / "cache"))
    builder = builder_for(server).production_ready().metrics(MetricsCollector()).cache(cache)
    client = builder.budget(limit=5.0, unknown_price="allow").build()
    client.chat().user("before").execute()
    # A worker's client is dropped by the child, whose finalizers must not wait for these locks.
    (worker_client(builder_for(server))).chat().user("before").execute()
    suspended = {id(s) for r in list(forks._suspendables) if (s := r())}
    in_use = {id(s._in_use) for r in list(forks._suspendables) if (s := r())}  # type: ignore[attr-defined]
    assert suspended
    locks = [lock for lock in _plain_locks() if id(lock) not in in_use]
    assert len(locks) > 8
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        for lock in locks:
            lock.acquire()
        held.set()
        done.wait()
        for lock in locks:
            lock.release()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = Child(partial(count_wrong, client, "child", 3))
    done.set()
    thread.join()
    assert child.result() == 0
    child.end()
    client.close()
    cache.close()


def test_a_child_waits_for_no_request_of_the_parent(server: EchoServer) -> None:
    client = builder_for(server).cache(CacheManager()).build()
    children: list[Child] = []

    def lead() -> None:
        client.chat().user("wait").execute()

    def fork() -> None:
        while not server.received:
            _turn()
        children.append(Child(partial(count_wrong, client, "child", 2)))
        assert children[0].result() == 0
        server.release.set()

    run_all([lead, fork], 2)
    children[0].end()
    assert count_wrong(client, "parent") == 0
    client.close()


def _turn() -> None:
    from ai_lib_sync._runtime.backend import sleep

    sleep(0)


def test_a_child_opens_a_cache_file_anew(tmp_path: Path) -> None:
    path = tmp_path / "cache"
    cache = DiskCache(path)
    cache.set("key", "of the parent")

    def use() -> tuple[object, object]:
        inherited = _descriptors_of(path)
        found = cache.get("key")
        cache.set("key", "of the child")
        cache.close()
        return inherited, found

    assert run_in_child(use) == ([], "of the parent")
    assert cache.get("key") == "of the child"
    cache.set("key", "again of the parent")

    def read() -> object:
        return cache.get("key")

    assert run_in_child(read) == "again of the parent"
    cache.close()


def _descriptors_of(path: Path) -> list[str]:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return []
    targets = (os.readlink(entry) for entry in folder.iterdir() if entry.is_symlink())
    return [target for target in targets if target.startswith(str(path))]


def test_a_journal_stays_the_parents(tmp_path: Path) -> None:
    config = BatchConfig(journal=tmp_path / "journal")
    journal = Journal(config, "batch", 2)

    def write() -> str:
        try:
            journal.write(0, "item", "of the child", None)
        except JournalError as error:
            return str(error)
        return "written"

    child = Child(write, lingers=True)
    assert "forked" in str(child.result())
    journal.write(0, "item", "of the parent", None)
    journal.close()
    again = Journal(config, "batch", 2)  # no child keeps its lock
    result = again.find_result(0, "item")
    assert result is not None
    assert result.value == "of the parent"
    again.close()
    child.end()


def test_a_child_stops_no_exporter_of_the_parents() -> None:
    exporter = PrometheusExporter(MetricsCollector(), port=0).start()
    assert run_in_child(exporter.stop) is None
    assert exporter.is_running
    with urllib.request.urlopen(exporter.endpoint, timeout=10) as response:
        assert response.status == 200
    exporter.stop()
