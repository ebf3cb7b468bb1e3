"""How this library compares: `python -m benchmarks [QUESTION ...]`.

Each question is a file of `benchmarks/questions`. Ratios are to the floor (bare httpcore, SSE split
on blank lines, msgspec), measured in the same run, round by round; see `benchmarks/bench.py`. The
rivals are installed by `python -m benchmarks.rivals`. Targets are stated, not enforced: another
machine, and another load, give other figures.
"""

import argparse
import pkgutil
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import questions
from benchmarks.bench import Bench
from benchmarks.machine import described, load, pace
from benchmarks.page import closing, machine, page, question
from benchmarks.plot import svg
from benchmarks.report import Report
from benchmarks.rivals import pins
from benchmarks.server import running

QUESTIONS = tuple(found.name for found in pkgutil.iter_modules(questions.__path__))
_OURS = ("ai-lib", "httpcore", "h11", "httptools", "msgspec", "anyio", "trio")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write what was asked for."""
    chosen = _parser().parse_args(arguments)
    asked = chosen.questions or QUESTIONS
    if unknown := set(asked) - set(QUESTIONS):
        print(f"no such question: {', '.join(unknown)}; there are {', '.join(QUESTIONS)}")
        return 2
    report = Report(described() | {"versions": _versions(), "date": time.strftime("%Y-%m-%d")})
    if chosen.onto and chosen.onto.exists():
        report.keep(Report.read(chosen.onto.read_text()), asked)
    before = _state()
    with running() as url:
        bench = Bench(url, report, quick=chosen.quick, rivals=chosen.rivals)
        try:
            for name in asked:
                _ask(bench, name)
                _write(report, chosen)
        finally:
            bench.crew.dismiss()
    report.machine |= {name: [was, _state()[name]] for name, was in before.items()}
    report.machine["quick"] = chosen.quick
    print("\n".join([closing(report), machine(report)]))
    _write(report, chosen)
    return 0


def _ask(bench: Bench, name: str) -> None:
    bench.question = name
    import_module(f"benchmarks.questions.{name}").measure(bench)
    bench.crew.dismiss()
    print(f"{question(bench.report, name)}\nLoad average: {load()}\n", flush=True)


def _write(report: Report, chosen: argparse.Namespace) -> None:
    found = [name for name in QUESTIONS if any(row.question == name for row in report.rows)]
    for path, text in (
        (chosen.json, report.json() + "\n"),
        (chosen.plot, svg(report)),
        (chosen.page, page(report, found, chosen.plot and chosen.plot.name)),
    ):
        if path:
            path.write_text(text)


def _state() -> dict[str, float | None]:
    return {"load average": load(), "a million additions, ms of CPU": pace()}


def _versions() -> dict[str, str]:
    found = {}
    for name in _OURS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found | {name: pin.rpartition("==")[2] for name, pin in pins().items()}


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=__doc__, formatter_class=form
    )
    say = parser.add_argument
    say("questions", nargs="*", metavar="QUESTION", help=f"of {', '.join(QUESTIONS)}; else all")
    say("--quick", action="store_true", help="fewer rounds")
    say("--rivals", action=argparse.BooleanOptionalAction, default=True, help="the rivals as well")
    say("--json", type=Path, metavar="FILE", help="write the report here")
    say("--plot", type=Path, metavar="FILE", help="draw it here, as an SVG")
    say("--page", type=Path, metavar="FILE", help="write it here, as a page")
    say("--onto", type=Path, metavar="FILE", help="keep the other questions of this report")
    return parser


if __name__ == "__main__":
    sys.exit(main())
