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
    if not mark.exists() or mark.read_text() != requirement:
        return f"{requirement} is not installed: run `python -m benchmarks.rivals`"
    return None


def install(requirements: Mapping[str, str]) -> dict[str, str]:
    """Install what is not there yet; return what failed, with pip's last words."""
    failed = {}
    for rival, requirement in requirements.items():
        if absence(rival) is None:
            continue
        print(f"installing {requirement}", flush=True)
        venv.create(PLACE / rival, clear=True, with_pip=True)
        command = [python(rival), "-m", "pip", "install", "-q", requirement]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            failed[rival] = (done.stderr.strip() or "pip failed").rpartition("\n")[2]
            print(f"{requirement} can't be installed: {failed[rival]}", file=sys.stderr)
        else:
            (PLACE / rival / "pin").write_text(requirement)
    return failed


if __name__ == "__main__":
    sys.exit(bool(install(pins())))
