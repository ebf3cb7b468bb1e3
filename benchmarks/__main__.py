"""How this library compares: `python -m benchmarks [QUESTION ...]`.

Each question is a file of `benchmarks/questions`. Ratios are to the floor (bare httpcore, SSE split
on blank lines, msgspec), measured in the same run, round by round; see `benchmarks/bench.py`. The
rivals are installed by `python -m benchmarks.rivals`. Targets are stated, not enforced: another
machine, and another load, give other figures.
"""

import argparse
import importlib
import pkgutil
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks import questions, targets
from benchmarks.bench import Bench
from benchmarks.machine import described, load
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
    report = Report(described() | {"versions": _versions(), "date": time.strftime("%Y-%m-%d")})
    began = load()
    with running() as url:
        bench = Bench(url, report, quick=chosen.quick, rivals=chosen.rivals)
        try:
            for name in asked:
                ask(bench, name)
        finally:
            bench.crew.dismiss()
    report.machine["load average"] = [began, load()]
    report.machine["quick"] = chosen.quick
    print(closing(report))
    if chosen.json:
        chosen.json.write_text(report.json() + "\n")
    if chosen.plot:
        chosen.plot.write_text(svg(report))
    return 0


def ask(bench: Bench, name: str) -> None:
    """Measure one question and print its table."""
    module = importlib.import_module(f"benchmarks.questions.{name}")
    bench.question = name
    first, _, rest = (module.__doc__ or "").partition("\n")
    print(f"## {name}: {first}\n{rest}", flush=True)
    module.measure(bench)
    bench.crew.dismiss()
    print(bench.report.table(name), flush=True)
    print(f"\nLoad average: {load()}\n", flush=True)


def closing(report: Report) -> str:
    """Return what stands below the tables: targets, absences, notes, the machine."""
    parts = [f"## Targets\n\n{targets.table(report)}", "## Absent or failed\n"]
    parts += [f"- {who}: {reason}" for who, reason in report.absent.items()] or ["- nobody"]
    parts += ["\n## Notes\n", *(f"- {note}" for note in report.notes)]
    parts += ["\n## Machine\n", *(f"- {name}: {what}" for name, what in report.machine.items())]
    return "\n".join(parts)


def _versions() -> dict[str, str]:
    found = {}
    for name in _OURS:
        try:
            found[name] = version(name)
        except ModuleNotFoundError:
            continue
    return found | {name: pin.rpartition("==")[2] for name, pin in pins().items()}


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=__doc__, formatter_class=form
    )
    parser.add_argument(
        "questions",
        nargs="*",
        choices=[*QUESTIONS, []],
        metavar="QUESTION",
        help=f"which to ask (all): {', '.join(QUESTIONS)}",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds, shorter streams")
    yes_or_no = argparse.BooleanOptionalAction
    parser.add_argument(
        "--rivals", action=yes_or_no, default=True, help="measure the rivals as well"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report here")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it here, as an SVG")
    return parser


if __name__ == "__main__":
    sys.exit(main())
