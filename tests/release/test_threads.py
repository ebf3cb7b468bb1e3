"""Sixteen threads share a client with all that it can keep: nothing is lost, nothing mixed up.

On a free-threaded interpreter it runs without the global lock, whatever switched that on again.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import threading

import pytest

from ai_lib_sync import AiClient
from ai_lib_sync.cache import CacheManager
from ai_lib_sync.telemetry import MetricsCollector
from ai_lib_sync.testing import MockProvider, RecordedRequest, Reply
from tests.guards import hang_guard
from tests.house.packages import ROOT

THREADS, CALLS = 16, 25


def hammer() -> None:
    """Make plain and streamed calls from all threads at once, and compare what all of them kept."""
    metrics, wrong = MetricsCollector(), []

    def ask(client: AiClient, number: int) -> None:
        for call in range(CALLS):
            word = f"word{number}x{call}"
            chat = client.chat().user(word)
            text = chat.stream().text() if call % 2 else [chat.execute().content]
            if word not in "".join(text):
                wrong.append(word)

    def echo(request: RecordedRequest) -> Reply:
        return Reply(text=request.text)

    with MockProvider(choose_reply=echo) as mock:
        builder = mock.builder("openai/gpt-5.4-mini").metrics(metrics).cache(CacheManager())
        with builder.max_inflight(THREADS).budget(limit=1e9).build() as client:
            threads = [threading.Thread(target=ask, args=(client, n)) for n in range(THREADS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert client.current_inflight == 0
    assert wrong == []
    figures = metrics.get_snapshot()
    assert figures.total_requests == THREADS * CALLS


def test_threads_share_a_client() -> None:
    with hang_guard(60):
        hammer()


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this interpreter has its global lock"
)
def test_threads_share_a_client_without_the_global_lock() -> None:
    code = (
        "import sys; from tests.release.test_threads import hammer; hammer();"
        "assert not sys._is_gil_enabled()"
    )
    subprocess.run([sys.executable, "-X", "gil=0", "-c", code], cwd=ROOT, check=True, timeout=300)
