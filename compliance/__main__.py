"""`python -m compliance`: runs the suite, prints a table by type, fails when a case does."""

import argparse
import sys
from pathlib import Path

from compliance.report import format_table
from compliance.runner import run_all
from compliance.runtime_client import RUNTIMES
from compliance.suite import find_suite, load_cases


def main(arguments: list[str] | None = None) -> int:
    """Run the suite; give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m compliance", description=__doc__)
    parser.add_argument("--dir", type=Path, help="the suite's folder (default: COMPLIANCE_DIR)")
    parser.add_argument("--runtime", choices=RUNTIMES, action="append", help="default: all three")
    parser.add_argument("--type", help="run the cases of one input type only")
    parser.add_argument("--verbose", action="store_true", help="show every case")
    options = parser.parse_args(arguments)
    suite = find_suite(options.dir)
    cases = [case for case in load_cases(suite) if options.type in (None, case.type)]
    print(f"{len(cases)} cases in {suite}")
    results = run_all(cases, options.runtime or list(RUNTIMES))
    print(format_table(results, verbose=options.verbose))
    return 1 if any(result.status == "failed" for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
