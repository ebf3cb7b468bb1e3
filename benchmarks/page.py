"""A report as a page of the documentation: what was compared, how, and what came of it."""

import importlib
from collections.abc import Sequence

from benchmarks import targets
from benchmarks.report import Report
from benchmarks.roster import NOISE

_HEAD = """\
# Comparisons

What a call costs with this library, with others, and with next to nothing: the *floor*, bare
httpcore with its own connection pool, server-sent events split on blank lines, and
`msgspec.json.decode`. All talk to the same provider on the loopback, in a process and on a core of
its own. Written by `python -m benchmarks`; the rows are from {date}.

How to read it: every figure is a median over rounds, with the quartiles in brackets. In a round
each contender does the same work once, and a ratio is formed within a round, so that what slows
the machine for a while slows both sides. **CPU** is the CPU time of the whole client process,
divided by its floor's: it is the main figure. The **clock** depends on who else wanted the core.
`floor-trio`, `floor-blocking` and `floor-messages` are the floor on trio, without an event loop,
and in Anthropic's dialect; each row is compared with the floor that does its work its way. *Peak*
is resident memory. In fresh interpreters all packages have been compiled to bytecode before, as
an installer does it.

## Run it again

```bash
pip install -e ".[dev]"
python -m benchmarks.rivals                      # an environment for each rival, as pinned
python -m benchmarks --page docs/comparisons.md --plot docs/comparisons.svg  # all of it
python -m benchmarks chunks --quick --no-rivals  # one question, in fewer rounds, without them
python -m benchmarks.profiling ai_lib stream bulk-5000
```

`--json FILE` writes the figures, `--plot FILE` draws them, `--onto FILE` keeps what an earlier
report found of the other questions. `nox -s bench -- ...` does the same. What the figures are made
of, and what would move those that miss their target, is in [Where the time goes](performance.md).

"""


def page(report: Report, questions: Sequence[str], plot: str | None = None) -> str:
    """Return the page, with these questions in this order, and where its plot is."""
    parts = [_HEAD.format(date=report.machine["date"])]
    if plot:
        parts.append(f"![CPU time of everyone, relative to the floor]({plot})\n")
    parts += [machine(report), closing(report)]
    parts += [question(report, name) for name in questions]
    return "\n".join(parts)


def question(report: Report, name: str) -> str:
    """Return a question, how it is measured, and its table."""
    module = importlib.import_module(f"benchmarks.questions.{name}")
    first, _, rest = (module.__doc__ or "").partition("\n")
    return f"## {name}: {first}\n{rest}\n{report.table(name)}\n"


def closing(report: Report) -> str:
    """Return the targets, who was absent, and the notes."""
    absent = [f"- {who}: {reason}" for who, reason in report.absent.items()]
    notes = [f"- {note}" for note in report.notes]
    found = ["## Targets\n", targets.table(report), "", "## Absent or failed\n"]
    return "\n".join(
        [*found, *(absent or ["- nobody"]), "", "## Notes\n", *(notes or ["- none"]), ""]
    )


def machine(report: Report) -> str:
    """Return the machine, its load, the versions, and how far a client is from itself."""
    lines = [f"- {name}: {_plain(what)}" for name, what in report.machine.items()]
    for row in report.rows:
        if row.contender in NOISE:
            lines.append(f"- noise ({row.question}): a client came out at {row.ratio} of itself")
    return "\n".join(["## Machine\n", *lines, ""])


def _plain(what: object) -> str:
    if isinstance(what, dict):
        return ", ".join(f"{name} {value}" for name, value in what.items())
    if isinstance(what, list):
        return " before, ".join(map(str, what)) + " after"
    return str(what)
