"""What was measured, as values: rows, who was absent, and the whole report as JSON or a table."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median, quantiles


@dataclass(frozen=True)
class Spread:
    """The median of some rounds, with their quartiles."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise one value a round."""
        if len(values) < 2:
            return cls(values[0], values[0], values[0])
        low, _, high = quantiles(values, n=4, method="inclusive")
        return cls(median(values), low, high)

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f}-{self.high:.2f})"


@dataclass(frozen=True)
class Row:
    """One contender in one case.

    `ratio` and `wall_ratio` are medians of the rounds' ratios to `floor`, of CPU time and of time
    on the clock. `value` is what one unit cost, in `unit`, `extra` what of that is over the floor;
    `rate` is how many a second on the clock.
    """

    question: str
    case: str
    contender: str
    floor: str
    ratio: Spread
    wall_ratio: Spread
    value: Spread
    unit: str
    extra: Spread | None = None
    rate: float | None = None
    peak: int | None = None
    rounds: int = 0

    def __str__(self) -> str:
        cells = (
            self.case,
            self.contender,
            str(self.ratio),
            str(self.wall_ratio),
            f"{self.value.middle:,.4g} {self.unit}",
            "" if self.extra is None else f"{self.extra.middle:+,.3g} {self.unit}",
            "" if self.rate is None else f"{self.rate:,.0f}/s",
            "" if self.peak is None else f"{self.peak / 2**20:.1f} MiB",
        )
        return f"| {' | '.join(cells)} |"


_HEAD = "| case | who | CPU, ratio to floor | clock, ratio | each | over floor | rate | peak |\n"


@dataclass
class Report:
    """Everything one run found."""

    machine: dict[str, object]
    rows: list[Row] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    bends: dict[str, float] = field(default_factory=dict)

    def find(self, question: str, case: str, contender: str) -> Row | None:
        """Return one row, if it was measured."""
        wanted = (question, case, contender)
        found = (row for row in self.rows if (row.question, row.case, row.contender) == wanted)
        return next(found, None)

    def keep(self, earlier: "Report", but: Sequence[str]) -> None:
        """Take over what an earlier report found of all questions but these."""
        self.rows += [row for row in earlier.rows if row.question not in but]
        self.notes += [note for note in earlier.notes if _question(note) not in (None, *but)]
        kept = earlier.absent.items()
        self.absent |= {at: why for at, why in kept if _question(at) not in (None, *but)}
        if "arguments" not in but:
            self.bends |= earlier.bends

    def table(self, question: str) -> str:
        """Return a question's rows as a Markdown table."""
        rows = [str(row) for row in self.rows if row.question == question]
        return _HEAD + "|---|---|---|---|---|---|---|---|\n" + "\n".join(rows)

    def json(self) -> str:
        """Return all of it as JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def read(cls, text: str) -> "Report":
        """Read what `json` wrote."""
        found = json.loads(text)
        return cls(**{**found, "rows": [_row(row) for row in found["rows"]]})


def _question(text: str) -> str | None:
    """Return the question of a text that begins with `question, case`, or None."""
    name, comma, _ = text.partition(",")
    return name if comma else None


def _row(fields: dict[str, object]) -> Row:
    spread = ("ratio", "wall_ratio", "value", "extra")
    read = {name: Spread(**fields[name]) for name in spread if fields[name] is not None}  # type: ignore[arg-type]
    return Row(**{**fields, **read})  # type: ignore[arg-type]


def without_secrets(text: str) -> str:
    """Return a rival's last words with this machine's paths and addresses taken out, cut short."""
    text = re.sub(r"https?://\S+", "an address", text)
    return re.sub(r"(/[\w.-]+){2,}/", ".../", text)[:160]
