"""The long form: `python -m tests.fuzz NAME --minutes 5`, or `--seed N` for one case.

`NAME` may be `all`, which then shares the minutes. `--engine atheris` follows what code is reached
(`pip install atheris`), `--engine hypothesis` makes a failing case small.
"""

import argparse
import sys
import time

from tests.fuzz import engine


def main(arguments: list[str] | None = None) -> int:
    """Run fuzzers; 1 when one fails, whose seed is said."""
    engines = argparse.ArgumentParser(add_help=False)
    engines.add_argument("--engine", choices=["seeds", "atheris", "hypothesis"], default="seeds")
    with engine.watched(engines.parse_known_args(arguments)[0].engine == "atheris"):
        from tests.fuzz.names import FUZZERS
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__, parents=[engines]
    )
    parser.add_argument("name", choices=[*FUZZERS, "all"])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, help="run this one case and no more")
    parser.add_argument("--corpus", help="the folder in which atheris keeps what it finds")
    given = parser.parse_args(arguments)
    names = list(FUZZERS) if given.name == "all" else [given.name]
    seconds, first = given.minutes * 60 / len(names), int(time.time()) * 1000
    try:
        for name in names:
            if given.seed is not None:
                engine.once(name, FUZZERS[name], given.seed)
            elif given.engine == "atheris":
                engine.by_coverage(FUZZERS[name], seconds, given.corpus)
            elif given.engine == "hypothesis":
                engine.by_hypothesis(FUZZERS[name], int(seconds * 100))
            else:
                count = engine.by_seeds(name, FUZZERS[name], first, seconds)
                sys.stderr.write(f"{name}: {count} cases, none failed\n")
    except engine.Failed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
