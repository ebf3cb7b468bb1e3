"""A pytest plugin that notes which test reaches which line, and how long each test takes.

`coverage run -m pytest -p tests.mutants.reached`. The times go to the file MUTANTS_TIMES names.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

_seconds: dict[str, float] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Count the lines of each test for itself."""
    running = coverage.Coverage.current()
    if running is not None:
        running.switch_context(item.nodeid)
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note the time; a test that is skipped or fails can notice nothing."""
    if report.when == "call" and report.passed:
        _seconds[report.nodeid] = report.duration


def pytest_sessionfinish() -> None:
    """Write the times."""
    if name := os.environ.get("MUTANTS_TIMES"):
        Path(name).write_text(json.dumps(_seconds), "utf-8")
