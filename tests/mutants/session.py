"""Runs the tests against the mutants of a room, in a copy of the tree.

Each mutant is tried in a child forked from a process that has imported all that is not ours, with
the tests that reach its line, fastest first, until one fails.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from coverage import CoverageData

from codegen.data import compile_document, get_compiled_path
from tests.mutants.operators import Mutant, choose_mutants, find_mutants

SECONDS = 30  # of the processor, for one mutant: the time of a loop without end
MOST_SECONDS = 240  # on the clock, for one that waits for ever
MOST_TESTS = 100  # the fastest of those that reach it
MOST_UNSURE = 500  # the fastest of those that may see what an import did
_LEFT_OUT = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", ".nox", ".venv", "*.pyc")
# One event loop: what a fault does is the same on the other.
_OPTIONS = ("-q", "-p", "no:cacheprovider", "-k", "not trio")
# Plugins are imported before.
_CHILD = ("-x", "-o", "timeout=60", "-W", "ignore::pytest.PytestAssertRewriteWarning")
# What the tests import beside us; it is imported once.
_WARM = (
    "aiolimiter", "anyio.pytest_plugin", "certifi", "h11", "httpcore", "httptools", "hypothesis",
    "_hypothesis_pytestplugin", "jsonschema", "msgspec", "numpy", "pybreaker", "pydantic",
    "pytest_timeout", "referencing", "respx", "ruamel.yaml", "structlog", "tenacity", "tiktoken",
    "trio", "trustme", "xdist.plugin",
)  # fmt: skip


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
        for recordings in root.parent.glob("shared"):
            (scratch / "shared").symlink_to(recordings.resolve())
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
        self._measure()
        if not self._pass(self._sort(self._seconds)[:MOST_TESTS]):
            raise RuntimeError(f"the tests of {self.name} fail in a forked child")

    def _measure(self) -> None:
        data, times = self._scratch / "coverage", self._scratch / "times.json"
        source = f"--source={self._folder.partition('/')[0]}"
        command = [sys.executable, "-m", "coverage", "run", source, "-m", "pytest", *_OPTIONS]
        command += ["-p", "tests.mutants.reached", *self._tests]
        environment = {**os.environ, "COVERAGE_FILE": str(data), "MUTANTS_TIMES": str(times)}
        # It leaves the compiled tests to the children.
        environment |= {"PYTHONPATH": str(self.tree), "PYTHONDONTWRITEBYTECODE": ""}
        done = subprocess.run(
            command, cwd=self.tree, env=environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"the tests of {self.name} fail:\n{done.stdout[-2000:]}")
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
        if mutant.path.endswith(".yaml"):
            # Data: those that name the document, else any.
            stem = Path(mutant.path).stem
            return self._sort({test for test in self._seconds if stem in test} or self._seconds)
        if not reached and "" in lines.get(mutant.line, ()):
            # Run at import: any test may notice it, those of the room's own folder at the latest.
            entered = {test for tests in lines.values() for test in tests if test in self._seconds}
            first = self._sort(entered)[:MOST_TESTS]
            own = {test for test in self._seconds if test.startswith(self._tests[0])}
            return [*first, *self._sort(own.difference(first))[:MOST_UNSURE]]
        return self._sort(reached)[:MOST_TESTS]

    def _sort(self, tests: set[str] | dict[str, float]) -> list[str]:
        return sorted(tests, key=lambda test: self._seconds[test])

    def try_mutant(self, mutant: Mutant) -> Outcome:
        """Put a fault in, run the tests that reach it, and take it out."""
        tests = self.find_tests(mutant)
        if not tests:
            return Outcome(mutant, False, False)
        file = self.tree / mutant.path
        kept = {file: file.read_text(encoding="utf-8")}
        if mutant.path.endswith(".yaml"):
            compiled = self.tree / get_compiled_path(mutant.path)
            kept[compiled] = compiled.read_text(encoding="utf-8")
        file.write_text(mutant.apply(kept[file]), encoding="utf-8")
        try:
            if mutant.path.endswith(".yaml"):
                compiled.write_text(compile_document(self.tree, mutant.path), encoding="utf-8")
            return Outcome(mutant, not self._pass(tests), True)
        finally:
            for path, text in kept.items():
                path.write_text(text, encoding="utf-8")

    def _pass(self, tests: Sequence[str]) -> bool:
        """Whether the tests pass, in a child of this process."""
        for name in _WARM:
            with suppress(ImportError):
                importlib.import_module(name)
        arguments = self.tree, [*_OPTIONS, *_CHILD, *tests]
        child = multiprocessing.get_context("fork").Process(target=_run_tests, args=arguments)
        child.start()
        child.join(MOST_SECONDS)
        if child.is_alive():
            child.kill()
            child.join()
        return child.exitcode == 0


def _run_tests(tree: Path, arguments: list[str]) -> None:
    """Run the tests of a tree, in a child that has nothing of ours imported."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    os.chdir(tree)
    for name in list(sys.modules):
        if name.partition(".")[0] in ("ai_lib", "ai_lib_sync", "codegen", "tests", "toy"):
            del sys.modules[name]
    sys.path.insert(0, str(tree))
    os.environ["PYTHONPATH"] = str(tree)
    # What a fault changed must not stay in a compiled file.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.dont_write_bytecode = True
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        with redirect_stdout(nowhere), redirect_stderr(nowhere):
            code = int(pytest.main(arguments))
    os._exit(code)
