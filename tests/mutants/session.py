"""Runs the tests against the mutants of a room, in a copy of the tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from coverage import CoverageData

from tests.mutants.operators import Mutant, choose_mutants, find_mutants

SECONDS = 60  # for one mutant; the time of a loop without end
MOST_TESTS = 60  # the fastest of those that reach it
_LEFT_OUT = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", ".nox", ".venv", "*.pyc")
_PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "timeout=30")


class Outcome(NamedTuple):
    """What became of a mutant."""

    mutant: Mutant
    is_noticed: bool
    is_reached: bool


class Room:
    """One room's mutants, and the tests that reach their lines; faults go into a copy."""

    def __init__(
        self, name: str, root: Path, scratch: Path, folder: str, tests: Sequence[str]
    ) -> None:
        self.name = name
        self._folder = folder
        self.tree = scratch / "tree"
        self._scratch = scratch
        self._tests = tests
        shutil.copytree(root, self.tree, ignore=_LEFT_OUT, symlinks=True)
        self._lines: dict[str, dict[int, list[str]]] = {}
        self._seconds: dict[str, float] = {}

    def choose(self, count: int, seed: str) -> list[Mutant]:
        """Return the room's share of the standing set."""
        folder = self.tree / self._folder
        files = sorted([*folder.rglob("*.py"), *folder.rglob("*.yaml")])
        mutants = [
            mutant
            for file in files
            for mutant in find_mutants(
                file.relative_to(self.tree).as_posix(), file.read_text(encoding="utf-8")
            )
        ]
        return choose_mutants(mutants, count, f"{seed}/{self.name}")

    def map_lines(self) -> None:
        """Run the room's tests once, and note which test reaches which line.

        Raises:
            RuntimeError: they fail without any mutant.
        """
        data, times = self._scratch / "coverage", self._scratch / "times.json"
        settings = {"COVERAGE_FILE": str(data), "MUTANTS_TIMES": str(times)}
        plugin = ("-p", "tests.mutants.reached")
        source = f"--source={self._folder.partition('/')[0]}"
        run = ("-m", "coverage", "run", source, *_PYTEST, *plugin, *self._tests)
        done = self._run(run, 3600, settings)
        if done is None or done.returncode:
            raise RuntimeError(f"the tests of {self.name} fail:\n{done and done.stdout[-2000:]}")
        self._seconds = json.loads(times.read_text("utf-8"))
        covered = CoverageData(str(data))
        covered.read()
        for file in covered.measured_files():
            path = Path(file).relative_to(self.tree).as_posix()
            self._lines[path] = covered.contexts_by_lineno(file)

    def find_tests(self, mutant: Mutant) -> list[str]:
        """Return the tests that reach a mutant's line, fastest first."""
        lines = self._lines.get(mutant.path, {})
        reached = {test for test in lines.get(mutant.line, ()) if test in self._seconds}
        if not reached and (mutant.path.endswith(".yaml") or "" in lines.get(mutant.line, ())):
            # Run at import, or data: any test of the file may notice it.
            contexts = lines.values() if lines else [list(self._seconds)]
            reached = {test for tests in contexts for test in tests if test in self._seconds}
        return sorted(reached, key=lambda test: self._seconds[test])[:MOST_TESTS]

    def try_mutant(self, mutant: Mutant) -> Outcome:
        """Put a fault in, run the tests that reach it, and take it out."""
        tests = self.find_tests(mutant)
        if not tests:
            return Outcome(mutant, False, False)
        file = self.tree / mutant.path
        source = file.read_text(encoding="utf-8")
        file.write_text(mutant.apply(source), encoding="utf-8")
        try:
            if mutant.path.endswith(".yaml"):
                self._run(("-m", "codegen"), SECONDS, {})
            done = self._run((*_PYTEST, "-x", *tests), SECONDS, {})
        finally:
            file.write_text(source, encoding="utf-8")
        return Outcome(mutant, done is None or done.returncode != 0, True)

    def _run(
        self, arguments: Sequence[str], seconds: float, settings: dict[str, str]
    ) -> subprocess.CompletedProcess[str] | None:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **settings}
        command = [sys.executable, *arguments]
        try:
            return subprocess.run(
                command, cwd=self.tree, env=environment, timeout=seconds, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
