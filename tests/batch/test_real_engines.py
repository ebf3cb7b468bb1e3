"""20,000 prompts on Dask's and Ray's workers: one is killed, the driver is killed and goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.resilience.house import said
from tests.servers.scripted import Exchange, ScriptedServer

pytestmark = [pytest.mark.slow, pytest.mark.async_only, pytest.mark.timeout(900)]

COUNT = int(os.environ.get("ENGINE_PROMPTS", "20000"))
DRIVER = """
import json, os, sys
from ai_lib_sync.batch import BatchConfig, DaskEngine, RayEngine, batch_execute
from ai_lib_sync.client import AiClient
from ai_lib_sync.resilience import RetryConfig

def main():
    name, url, journal, count, kill_after = sys.argv[1:6]
    builder = AiClient.builder().model("openai/gpt-4o").base_url(url)
    builder = builder.with_retry(RetryConfig.no_retry())
    prompts = [f"prompt {number}" for number in range(int(count))]
    if name == "dask":
        from distributed import Client, LocalCluster
        cluster = LocalCluster(n_workers=4, threads_per_worker=1, processes=True,
                               dashboard_address=None, silence_logs=50)
        engine = DaskEngine(Client(cluster), chunk_size=50, max_chunks=16)
        pids = [worker.process.pid for worker in cluster.workers.values()]
    else:
        import ray
        ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
        engine = RayEngine(chunk_size=50, max_chunks=16, options={"num_cpus": 1})
        pids = []
    def on_progress(finished, total):
        if finished % 1000 == 0 or finished == int(kill_after):
            print(json.dumps({"finished": finished, "pids": pids}), flush=True)
    result = batch_execute(prompts, builder, on=engine, on_progress=on_progress,
                           config=BatchConfig(journal=journal, max_concurrent=8))
    print(json.dumps({"errors": {i: type(e).__name__ for i, e in result.errors.items()},
                      "good": result.successful_count, "resumed": result.resumed_count,
                      "right": sum(r is not None and r.content == p
                                   for r, p in zip(result.results, prompts))}), flush=True)
    os._exit(0)

if __name__ == "__main__":
    main()
"""


class Echo(ScriptedServer):
    """Answers with the prompt, and counts how often each came."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.peers: dict[str, None] = {}
        super().__init__(self._answer)

    def _answer(self, exchange: Exchange) -> None:
        text = json.loads(exchange.received.body)["messages"][-1]["content"]
        self.asked[text] += 1
        exchange.reply(said(text), headers="content-type: application/json\r\n")


def start(folder: Path, name: str, server: Echo, kill_after: int) -> subprocess.Popen[str]:
    """Start a driver in a process group of its own."""
    (folder / "driver.py").write_text(DRIVER, "utf-8")
    arguments = [name, server.url, str(folder / "run.jsonl"), str(COUNT), str(kill_after)]
    command = [sys.executable, str(folder / "driver.py"), *arguments]
    environment = {
        **os.environ,
        "OPENAI_API_KEY": "k",
        "RAY_AUTH_MODE": "disabled",
        # Before 3.11.9, Python 3.11 may deadlock when a thread is started while Dask's profiler
        # looks at all frames: https://github.com/python/cpython/issues/106883
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
        "PYTHONPATH": os.getcwd(),
    }
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )


def read_until(driver: subprocess.Popen[str], finished: int) -> dict[str, Any]:
    """Return the first report of at least so many finished items, or the last report."""
    assert driver.stdout is not None
    for line in driver.stdout:
        if line.startswith("{"):
            report: dict[str, Any] = json.loads(line)
            if report.get("finished", COUNT) >= finished:
                return report
    raise AssertionError("the driver ended without a report")


def find_worker(name: str, report: dict[str, Any], driver: subprocess.Popen[str]) -> int:
    """Return the process id of one worker that is sending."""
    if name == "dask":
        return int(report["pids"][0])
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if line.startswith(b"ray::work_on") and os.getsid(int(entry.name)) == driver.pid:
            return int(entry.name)
    raise AssertionError("Ray runs no worker")


@pytest.mark.parametrize("name", ["dask", "ray"])
def test_no_item_is_lost_or_run_twice(name: str, tmp_path: Path) -> None:
    pytest.importorskip("distributed" if name == "dask" else "ray")
    server = Echo()
    try:
        first = start(tmp_path, name, server, COUNT // 4)
        report = read_until(first, COUNT // 4)
        os.kill(find_worker(name, report, first), signal.SIGKILL)
        read_until(first, COUNT // 2)
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
        threading.Event().wait(2.0)
        lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_bytes().split(b"\n")[1:]
                 if line.endswith(b"}")]  # fmt: skip
        done = {line["item"] for line in lines if "error" not in line}
        doubted = {line["item"] for line in lines if "error" in line}
        before = Counter(server.asked)
        second = start(tmp_path, name, server, 0)
        final = read_until(second, COUNT)
        while "good" not in final:
            final = read_until(second, COUNT)
        second.communicate()
    finally:
        server.close()
    print(name, {key: value for key, value in final.items() if key != "errors"},  # noqa: T201
          f"in doubt after the kill: {len(doubted)}, journal: {len(done)}, "
          f"asked twice: {sum(count > 1 for count in server.asked.values())}")  # fmt: skip
    assert final["good"] == final["right"] == COUNT
    assert final["resumed"] == len(done)
    # What the journal has is never rerun; what was in flight at a kill may have been sent.
    assert all(server.asked[f"prompt {item}"] == before[f"prompt {item}"] for item in done)
    assert 0 < len(doubted) <= 50 * 16
    assert all(before[f"prompt {item}"] <= 1 for item in doubted)
