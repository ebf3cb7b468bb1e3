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
        exit_code = _run_demo(package)
        if exit_code:
            return exit_code
    return 0


def _run_demo(package: str) -> int:
    """Run one demo. In a session of its own it hears no Ctrl-C, which only this process answers."""
    command = [sys.executable, "-m", f"{package}.cli.mock.demo"]
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            return process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
