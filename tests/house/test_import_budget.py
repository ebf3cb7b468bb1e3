"""Importing the library costs next to nothing and does nothing."""

import subprocess
import sys

import pytest

from benchmarks.numbers import import_cost
from tests.house.packages import ROOT

PACKAGES = ["ai_lib", "ai_lib_sync"]
HEAVY = {
    *("httpcore", "ssl", "ruamel", "jsonschema", "jsonpath", "tiktoken", "structlog"),
    *("anyio", "asyncio", "trio", "tenacity", "pybreaker", "aiolimiter", "socket"),
}

_QUIET = """\
import sys, threading
before = threading.active_count()
def opened(event, arguments):
    if event.startswith(("socket.", "_thread.start")):
        raise SystemExit(f"import caused {event}")
sys.addaudithook(opened)
import PACKAGE
assert threading.active_count() == before
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_the_import_takes_less_than_50_ms_and_120_modules(package: str) -> None:
    cost = import_cost(package)

    assert cost.milliseconds < 50
    assert len(cost.modules) < 120


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_heavy_is_loaded(package: str) -> None:
    loaded = {name.split(".")[0] for name in import_cost(package, runs=1).modules}

    assert loaded & HEAVY == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_the_import_says_nothing_starts_no_thread_and_opens_no_socket(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _QUIET.replace("PACKAGE", package)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
