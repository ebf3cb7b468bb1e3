"""The numbers this house is built to, measured: `python -m benchmarks.numbers [--check]`.

Lines are counted without docstrings in functions, with them in files; `__init__.py` files, which
are tables, and the error tree are left out of the sizes.
"""

import argparse
import ast
import functools
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path
from statistics import median, quantiles

from benchmarks.names import find_offences
from codegen.project import Project
from codegen.source import Source, find_imports

ROOT = Path(__file__).parent.parent
IMPORT_RUNS = 9
TOO_HEAVY = frozenset({"httpcore", "ssl", "ruamel", "jsonschema", "jsonpath", "tiktoken"})

_COST = """\
import sys, time
before, start = set(sys.modules), time.perf_counter()
import {package}
spent = time.perf_counter() - start
loaded = set(sys.modules) - before
print(spent * 1000, *loaded)
"""


@dataclass(frozen=True)
class ImportCost:
    """What importing a package adds to a bare interpreter."""

    milliseconds: float
    modules: frozenset[str]


@dataclass(frozen=True)
class Number:
    """One row: the values measured, and the most each may be."""

    measure: str
    limits: tuple[float, ...]
    values: tuple[float, ...]
    unit: str = ""
    note: str = ""

    @property
    def missed(self) -> bool:
        """Whether a value is over its limit."""
        return any(value > limit for value, limit in zip(self.values, self.limits, strict=True))

    def __str__(self) -> str:
        mark = " **missed**" if self.missed else ""
        return f"| {self.measure} | {self._row(self.limits)} | {self._row(self.values)}{mark} |"

    def _row(self, values: Sequence[float]) -> str:
        row = " / ".join(f"{value:.4g}{self.unit}" for value in values)
        return f"{row} {self.note}" if self.note and values is self.values else row


class House:
    """The library's source, read once."""

    def __init__(self, root: Path = ROOT) -> None:
        self.project = Project(root)
        self.sources = [s for s in self.project.library.values() if not s.is_package]

    @cached_property
    def sized(self) -> list[Source]:
        """The files whose size counts."""
        return [s for s in self.sources if "/errors/" not in s.path]

    def files(self) -> Number:
        """Measure lines per file."""
        lines = [s.text.count("\n") for s in self.sized]
        longest = max(self.sized, key=lambda s: s.text.count("\n"))
        values = (median(lines), max(lines))
        return Number("file, lines: median / longest", (150, 450), values, note=f"({longest.path})")

    def functions(self) -> Number:
        """Measure lines per function."""
        sizes = [_size(f) for s in self.sized for f in ast.walk(s.tree) if isinstance(f, _FUNCTION)]
        values = (median(sizes), quantiles(sizes, n=10)[-1], max(sizes))
        return Number("function, lines: median / 90th / longest", (8, 28, 50), values)

    def cycles(self) -> Number:
        """Look for modules that import each other."""
        try:
            TopologicalSorter(self._edges()).prepare()
        except CycleError as error:
            return Number("import cycles", (0,), (1,), note="(" + " <- ".join(error.args[1]) + ")")
        return Number("import cycles", (0,), (0,))

    def twins(self) -> Number:
        """Measure how much of the library waits."""
        share = 100 * len(self.project.twins) / len(self.sources)
        return Number("modules that need a twin", (25,), (share,), "%")

    def anys(self) -> Number:
        """Count `Any` in annotations."""
        found = sum(_anys(source.tree) for source in self.sources)
        lines = sum(source.text.count("\n") for source in self.sources)
        return Number("`Any` per 1,000 lines", (3,), (1000 * found / lines,))

    def folders(self) -> Number:
        """Count the modules of each folder."""
        counts = Counter(s.path.rpartition("/")[0] for s in self.sources)
        fullest, count = counts.most_common(1)[0]
        return Number("fullest folder, modules", (17,), (count,), note=f"({fullest})")

    def class_names(self) -> Number:
        """Count the classes that no noun of the field names."""
        return Number("invented class names", (0,), (self._offences("class"),))

    def locals(self) -> Number:
        """Measure how often a local variable does not say what it holds."""
        lines = sum(source.text.count("\n") for source in self.sources)
        share = 1000 * self._offences("local") / lines
        return Number("vague locals per 1,000 lines", (1,), (share,))

    def _offences(self, rule: str) -> int:
        offences = (offence for source in self.sources for offence in find_offences(source))
        return sum(offence.rule == rule for offence in offences)

    def _edges(self) -> dict[str, set[str]]:
        """Return what each module imports, without what the import contracts leave out."""
        library = self.project.library
        left_out = _read_ignored_imports(ROOT / "pyproject.toml")
        return {
            module: {
                target
                for target, _ in map(self.project.resolve_import, find_imports(source))
                if target in library and target != module and (module, target) not in left_out
            }
            for module, source in library.items()
        }


def _read_ignored_imports(path: Path) -> set[tuple[str, str]]:
    ignored = re.findall(r'^    "(\S+) -> (\S+)",$', path.read_text(encoding="utf-8"), re.MULTILINE)
    return set(ignored)


def import_cost(package: str, runs: int = IMPORT_RUNS) -> ImportCost:
    """Import a package in fresh interpreters; give the median time and the modules it loads."""
    command = [sys.executable, "-c", _COST.format(package=package)]
    outputs = [
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
        for _ in range(runs)
    ]
    return ImportCost(
        milliseconds=median(float(output[0]) for output in outputs),
        modules=frozenset(outputs[-1][1:]),
    )


def public_names(path: str) -> list[str]:
    """List the public attributes of a class, given as `module:name`, inherited ones included."""
    module, _, name = path.partition(":")
    return [
        attribute for attribute in dir(getattr(import_module(module), name)) if attribute[0] != "_"
    ]


def numbers(house: House) -> list[Number]:
    """Measure everything."""
    measures: list[Callable[[], Number]] = [
        house.files,
        house.functions,
        house.cycles,
        house.twins,
        house.anys,
        _client_names,
        house.folders,
        house.class_names,
        house.locals,
        _call_path,
        *_counts(),
        *(lambda package=package: _import(package) for package in ("ai_lib", "ai_lib_sync")),
    ]
    return [measure() for measure in measures]


def _client_names() -> Number:
    count = len(public_names("ai_lib.client:AiClient"))
    return Number("public names of `AiClient`", (26,), (count,))


def _call_path() -> Number:
    from benchmarks.call_path import measure_call_path

    path = measure_call_path()
    values = (len(path.frames), len(path.files_to_write), len(path.files))
    measure = "plain call: own frames to the socket / files entered to it / in all"
    return Number(measure, (22, 34, 50), values)


def _counts() -> list[Callable[[], Number]]:
    from benchmarks.counts import COMMITTED, RUNTIMES, measure_counts

    def read(kind: str) -> Number:
        limits = tuple(round(count * 1.05, 1) for count in COMMITTED[kind])
        measure = f"functions called for a {kind}: {' / '.join(RUNTIMES)}"
        return Number(measure, limits, counted[kind])

    counted = measure_counts()
    return [functools.partial(read, kind) for kind in COMMITTED]


def _import(package: str) -> Number:
    cost = import_cost(package)
    heavy = sorted(TOO_HEAVY & {name.split(".")[0] for name in cost.modules})
    note = f"(loads {', '.join(heavy)})" if heavy else ""
    values = (cost.milliseconds, len(cost.modules), len(heavy))
    return Number(f"`import {package}`: ms / modules / heavy ones", (50, 120, 0), values, note=note)


_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def _size(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def _anys(tree: ast.Module) -> int:
    return sum(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(tree))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; give 1 where `--check` is asked for and a number is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.numbers", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    chosen = parser.parse_args(arguments)
    rows = numbers(House())
    print("| measure | at most | measured |\n|---|---|---|")
    for row in rows:
        print(row)
    if not chosen.check:
        return 0
    untold = find_untold(rows, (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    for line in untold:
        print(line, file=sys.stderr)
    return int(bool(untold) or any(row.missed for row in rows))


def find_untold(rows: Sequence[Number], document: str) -> list[str]:
    """Return what the table of `ARCHITECTURE.md` lacks, or says otherwise than was measured.

    Sizes may drift by a quarter before the table is due again. Times are not compared, nor calls,
    which are fewer where the bytes of a response come at once.
    """
    written = {line.split("|")[1].strip(): line for line in document.split("\n") if line[:1] == "|"}
    untold = []
    for row in rows:
        if row.measure not in written:
            untold.append(f"ARCHITECTURE.md lacks the row {row}")
        elif "ms" not in row.measure and "functions called" not in row.measure:
            cell = written[row.measure].split("|")[3].split("(")[0]
            said = [float(value) for value in re.findall(r"\d+(?:\.\d+)?", cell)]
            pairs = zip(said, row.values, strict=True)
            if any(abs(value - now) > max(2.0, now / 4) for value, now in pairs):
                untold.append(f"ARCHITECTURE.md says {cell.strip()} where it is {row}")
    return untold


if __name__ == "__main__":
    sys.exit(main())
