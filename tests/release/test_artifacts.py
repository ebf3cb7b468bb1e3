"""What is released is the same bytes in two builds, and holds the packages and nothing else."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.house.packages import ROOT

PACKAGES = ("ai_lib", "ai_lib_sync")
MOMENTS = ("0", "1900000000")  # of files: when a clone was made must not matter
_NOT_RELEASED = shutil.ignore_patterns(
    ".*", "__pycache__", "*.pyc", "site", "build", "dist", "*.egg-info"
)


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Build the wheel and the source distribution in two copies of the tree; return the folders."""
    pytest.importorskip("hatchling")
    folders = []
    for number, moment in enumerate(MOMENTS):
        folder = tmp_path_factory.mktemp(f"build{number}")
        tree = folder / f"a{number}" / "tree"
        shutil.copytree(ROOT, tree, ignore=_NOT_RELEASED)
        (tree / ".gitignore").write_bytes((ROOT / ".gitignore").read_bytes())
        for path in tree.rglob("*"):
            os.utime(path, (int(moment), int(moment)))
            if path.is_file() and number:
                path.chmod(0o640)
        command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder / "dist")]
        environment = {
            **os.environ,
            "TZ": ("UTC", "Asia/Tokyo")[number],
            "PYTHONHASHSEED": moment[:1],
        }
        environment.pop("SOURCE_DATE_EPOCH", None)
        subprocess.run(command, cwd=tree, env=environment, check=True, capture_output=True)
        folders.append(folder / "dist")
    return folders


def list_sources(folder: Path) -> set[str]:
    """List the files of the packages that are not documentation."""
    return {
        path.relative_to(folder).as_posix()
        for package in PACKAGES
        for path in (folder / package).rglob("*")
        if path.is_file() and path.suffix not in (".md", ".pyc") and path.name[0] != "."
    }


@pytest.mark.slow
def test_two_builds_are_equal(builds: list[Path]) -> None:
    digests = [
        {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
        for folder in builds
    ]
    assert len(digests[0]) == 2
    assert digests[0] == digests[1]


@pytest.mark.slow
def test_a_wheel_holds_the_packages_and_nothing_that_runs_by_itself(builds: list[Path]) -> None:
    with zipfile.ZipFile(next(builds[0].glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
        entries = wheel.read(next(n for n in names if n.endswith("entry_points.txt"))).decode()
    sources = {name for name in names if ".dist-info/" not in name}
    assert sources == list_sources(ROOT)
    assert {name.rpartition("/")[2] for name in names - sources} == {
        "METADATA", "WHEEL", "RECORD", "entry_points.txt", "LICENSE-MIT", "LICENSE-APACHE",
    }  # fmt: skip
    assert {Path(name).suffix for name in sources} <= {
        ".py", ".yaml", ".json", ".html", ".css", ".js", ".typed", ".svg", "",
    }  # fmt: skip
    lines = [line for line in entries.split("\n") if "=" in line]
    assert {line.split("=")[0].strip() for line in lines} == {"ai-lib"}


@pytest.mark.slow
def test_a_source_distribution_makes_the_same_wheel(builds: list[Path], tmp_path: Path) -> None:
    with tarfile.open(next(builds[0].glob("*.tar.gz"))) as archive:
        members = archive.getmembers()
        assert all(member.isfile() or member.isdir() for member in members)
        archive.extractall(tmp_path, filter="data")
    tree = next(tmp_path.iterdir())
    hidden = {path.name for path in tree.rglob(".*")} - {".gitignore"}
    assert hidden == set()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "d")]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    made, built = next((tmp_path / "d").iterdir()), next(builds[0].glob("*.whl"))
    assert made.read_bytes() == built.read_bytes()


def list_installed(name: str = "ai-lib") -> Iterator[str]:
    """Yield the distributions that an installation without extras brings, by their metadata."""
    seen, todo = set(), [name]
    while todo:
        for text in requires(todo.pop()) or ():
            requirement = Requirement(text)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            key = requirement.name.lower().replace("_", "-")
            if key not in seen:
                seen.add(key)
                todo.append(requirement.name)
                yield key


def test_every_distribution_of_an_installation_has_its_reason() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = text.partition("## What an installation brings")[2].partition("\n## ")[0]
    listed = {line.split("|")[1].strip() for line in rows.split("\n") if line.startswith("| ")}
    # An older Python needs a backport or two.
    backports = {"exceptiongroup", "backports-asyncio-runner", "async-timeout"}
    assert set(list_installed()) - backports == listed - {"distribution"}


def test_no_dependency_has_an_upper_bound() -> None:
    for text in requires("ai-lib") or ():
        requirement = Requirement(text)
        if "docs" in text or "dev" in text:  # not an application's
            continue
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators <= {">=", "!="}, text
