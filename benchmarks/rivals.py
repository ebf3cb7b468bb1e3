"""The rivals' environments, one each, because their pins disagree: `python -m benchmarks.rivals`.

Their versions are the dependency group `bench` of pyproject.toml. An environment is built anew when
its pin has changed. What can't be installed is said here, and listed as absent in every report.
"""

import os
import re
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

from benchmarks.machine import ROOT
from benchmarks.report import without_secrets

PLACE = ROOT / ".venv-bench"
_NAME = re.compile(r"[\w.-]+")


def pins() -> dict[str, str]:
    """Return the requirement of each rival, by the name of its package."""
    text = (ROOT / "pyproject.toml").read_text()
    group = re.search(r"^\[dependency-groups\].*?^bench = \[\n(.*?)^\]", text, re.M | re.S)
    found = re.findall(r'^\s+"([^"]+)"', group[1], re.M) if group else []
    return {_name(requirement): requirement for requirement in found}


def _name(requirement: str) -> str:
    found = _NAME.match(requirement)
    assert found is not None, f"{requirement!r} in pyproject.toml is no requirement"
    return found[0]


def python(rival: str) -> Path:
    """Return where a rival's interpreter is, or would be."""
    inside = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return (PLACE / rival).joinpath(*inside)


def absence(rival: str) -> str | None:
    """Return why a rival can't be measured, or None."""
    requirement = pins().get(rival)
    if requirement is None:
        return f"{rival} is not in the dependency group `bench`"
    mark = PLACE / rival / "pin"
    failed = PLACE / rival / "failed"
    if failed.exists():
        return f"{requirement} could not be installed: {failed.read_text()}"
    known = mark.exists() and python(rival).exists()
    if not known or mark.read_text() != requirement:
        return f"{requirement} is not installed: run `python -m benchmarks.rivals`"
    return None


def install(requirements: Mapping[str, str]) -> None:
    """Install what is not there yet; why one can't be is kept for the reports."""
    for rival, requirement in requirements.items():
        if absence(rival) is None:
            continue
        print(f"installing {requirement}", flush=True)
        venv.create(PLACE / rival, clear=True, with_pip=True)
        command = [python(rival), "-m", "pip", "install", "-q", requirement]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            errors = [line for line in done.stderr.split("\n") if line.startswith("ERROR")]
            why = without_secrets((errors or ["pip failed"])[-1])
            (PLACE / rival / "failed").write_text(why)
            print(f"{requirement} can't be installed: {why}", file=sys.stderr)
        else:
            (PLACE / rival / "pin").write_text(requirement)


if __name__ == "__main__":
    install(pins())
