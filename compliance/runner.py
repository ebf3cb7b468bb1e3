"""Runs cases and says how each ended."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import msgspec

from ai_lib.errors.exceptions import AiLibError
from compliance.checks import CaseUnsupported, Mismatch
from compliance.contradictions import CONTRADICTIONS
from compliance.executors import EXECUTORS
from compliance.runtime_client import Runtime
from compliance.suite import Case

Status = Literal["passed", "contradicted", "not yet", "failed"]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How one case ended on one runtime. `contradicted`: it fails, as its reason foretells."""

    case: Case
    runtime: Runtime
    status: Status
    reason: str = ""


def run_all(cases: Sequence[Case], runtimes: Sequence[Runtime]) -> list[Result]:
    """Run every case on every runtime."""
    return [run(case, runtime) for case in cases for runtime in runtimes]


def run(case: Case, runtime: Runtime) -> Result:
    """Run one case. A case that a reason excuses must fail: else the reason is out of date."""
    status, reason = _run_case(case, runtime)
    excuse = CONTRADICTIONS.get(case.label)
    if excuse is not None and status == "failed":
        status, reason = "contradicted", excuse
    elif excuse is not None:
        status, reason = "failed", f"it passes, although it is said that {excuse}"
    return Result(case=case, runtime=runtime, status=status, reason=reason)


def _run_case(case: Case, runtime: Runtime) -> tuple[Status, str]:
    executor = EXECUTORS.get(case.type)
    if executor is None:
        return "failed", f"no executor runs cases of the type {case.type!r}"
    try:
        with _environment(case.env):
            executor(case, runtime)
    except CaseUnsupported as missing:
        return "not yet", str(missing)
    except Mismatch as mismatch:
        return "failed", str(mismatch)
    except AiLibError as error:
        return "failed", f"{type(error).__name__}: {error}"
    return "passed", ""


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Run with these variables, and with none that could hold a key or a setting."""
    before = dict(os.environ)
    hidden = [
        name for name in before if name.startswith("AI_") or name.endswith(("_KEY", "_TOKEN"))
    ]
    for name in hidden:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
