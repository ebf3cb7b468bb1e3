"""Runs a command of either package, and the demo of both."""

import inspect
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

# By name, because neither package imports the other.
PACKAGES: Final = ("ai_lib", "ai_lib_sync")


def run(program: Callable[[], Any]) -> int:
    """Run `program` to its end, on an event loop if it needs one; return its exit code."""
    if not inspect.iscoroutinefunction(program):
        return int(program())
    # The one place that starts an event loop rather than runs on one.
    import asyncio  # noqa: TID251

    import anyio  # noqa: TID251

    try:
        return int(anyio.run(program))
    except asyncio.CancelledError as cancelled:  # what Python 3.10 raises on an interrupt
        raise KeyboardInterrupt from cancelled


def run_demos() -> int:
    """Run the demo of both packages, each in an interpreter of its own; return the exit code."""
    for package in PACKAGES:
        process = subprocess.run([sys.executable, "-m", f"{package}.cli.mock.demo"], check=False)
        if process.returncode:
            return process.returncode
    return 0
