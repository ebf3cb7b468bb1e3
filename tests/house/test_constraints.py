"""What the README's command installs is exactly what was tested."""

import re
from collections.abc import Iterator

import nox
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.packages import ROOT

RENEW = "run `nox -s constraints`"
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
LINES = (ROOT / "tests" / "constraints.txt").read_text(encoding="utf-8").split("\n")
PINS = [Requirement(line) for line in LINES if line and not line.startswith("#")]
# The groups that can be installed together.
PEERS = (
    "sdk", "workers", "networks", "numbering", "shared_state", "mcp", "web_frameworks", "engines"
)  # fmt: skip
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]


def requirements() -> Iterator[Requirement]:
    """Yield what the core, the `dev` and `docs` extras and the groups of `nox -s full` need."""
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    groups = PROJECT["dependency-groups"]
    peers = [requirement for name in PEERS for requirement in groups[name]]
    yield from map(Requirement, [*project["dependencies"], *extras["dev"], *extras["docs"], *peers])


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_pinned_to_a_version_that_is_allowed(python: str) -> None:
    environment = {"python_version": python}
    versions = {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in PINS
        if pin.marker is None or pin.marker.evaluate(environment)
    }

    needed = [r for r in requirements() if r.marker is None or r.marker.evaluate(environment)]
    unpinned = sorted({r.name for r in needed if canonicalize_name(r.name) not in versions})
    assert unpinned == [], RENEW
    assert [str(r) for r in needed if versions[canonicalize_name(r.name)] not in r.specifier] == []


def test_every_line_is_one_exact_version() -> None:
    assert len(PINS) > 100
    assert [str(pin) for pin in PINS if not re.fullmatch(r"==[^*,]+", str(pin.specifier))] == []


def test_no_index_is_named() -> None:
    assert [line for line in LINES if "://" in line or line.startswith("-")] == []
