"""`python -m codegen` writes what is derived from the source; with `--check` it only compares.

`python -m codegen prices` compares the bundled prices with a package of prices.
"""

import argparse
import sys
from pathlib import Path

from codegen import disk
from codegen.plan import Plan, build_plan


def main(arguments: list[str] | None = None) -> int:
    """Write or check the project in the current folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m codegen", description=__doc__)
    parser.add_argument(
        "report", nargs="?", choices=("prices",), help="compare our prices, and write nothing"
    )
    parser.add_argument(
        "--check", action="store_true", help="compare only, and fail on a difference"
    )
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the project's folder")
    options = parser.parse_args(arguments)
    if options.report == "prices":
        from codegen.prices import report_prices

        return report_prices()
    plan = build_plan(options.root.resolve())
    return _check(plan) if options.check else _write(plan)


def _write(plan: Plan) -> int:
    for line in disk.write_plan(plan):
        print(line)
    return _report([*map(str, plan.refusals), *disk.find_foreign_files(plan)])


def _check(plan: Plan) -> int:
    unused = [
        f"codegen/renames.py: nobody uses the rename of `{name}`" for name in plan.unused_renames
    ]
    return _report([*map(str, plan.refusals), *disk.find_differences(plan), *unused])


def _report(problems: list[str]) -> int:
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
