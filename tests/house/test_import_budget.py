"""Importing the library costs next to nothing and does nothing.

One interpreter imports each package in turn, forgets it again, and reports what came with it. What
an import takes in time is a row of `python -m benchmarks.numbers --check`.
"""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.house.packages import ROOT

PACKAGES = ["ai_lib", "ai_lib_sync"]
ROOMS = ["ai_lib.telemetry", "ai_lib_sync.telemetry"]
HEAVY = {
    *("httpcore", "ssl", "ruamel", "jsonschema", "jsonpath", "tiktoken", "structlog"),
    *("anyio", "asyncio", "trio", "tenacity", "pybreaker", "aiolimiter", "socket"),
}

_CHILD = """\
import importlib, json, sys, threading
events = []
def note(event, arguments):
    if event.startswith(("socket.", "_thread.start")):
        events.append(event)
sys.addaudithook(note)
before, threads, report = set(sys.modules), threading.active_count(), {}
for name in sys.argv[1:]:
    events.clear()
    importlib.import_module(name)
    loaded = sorted(set(sys.modules) - before)
    report[name] = {"modules": loaded, "events": list(events)}
    report[name]["threads"] = threading.active_count() - threads
    for module in loaded:
        del sys.modules[module]
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def budgets() -> dict[str, Any]:
    """What each import loads and does."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _CHILD, *PACKAGES, *ROOMS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1, "an import printed something"
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("package", PACKAGES)
def test_the_import_takes_less_than_120_modules_and_none_that_is_heavy(
    package: str, budgets: dict[str, Any]
) -> None:
    modules = budgets[package]["modules"]

    assert package in modules
    assert len(modules) < 120
    assert {name.split(".")[0] for name in modules} & HEAVY == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_the_import_starts_no_thread_and_opens_no_socket(
    package: str, budgets: dict[str, Any]
) -> None:
    assert (budgets[package]["events"], budgets[package]["threads"]) == ([], 0)


@pytest.mark.parametrize("room", ROOMS)
def test_importing_the_telemetry_room_loads_none_of_it(room: str, budgets: dict[str, Any]) -> None:
    assert "logging" not in budgets[room]["modules"]
