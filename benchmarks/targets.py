"""What this library is built to, and whether a report shows it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.report import Report, Row


@dataclass(frozen=True)
class Verdict:
    """One target for one contender, with what was measured."""

    target: str
    contender: str
    measured: str
    held: bool

    def __str__(self) -> str:
        verdict = "holds" if self.held else "**missed**"
        return f"| {self.target} | {self.contender} | {self.measured} | {verdict} |"


@dataclass(frozen=True)
class Target:
    """The most a figure of one case may be."""

    text: str
    question: str
    case: str
    most: float
    figure: Callable[[Row], float] = lambda row: row.ratio.middle
    who: tuple[str, ...] = ("ai_lib", "ai_lib-trio", "ai_lib_sync", "ai_lib-messages")
    unit: str = ""

    def verdicts(self, report: Report) -> Iterator[Verdict]:
        """Yield a verdict for each contender that was measured."""
        for name in self.who:
            if row := report.find(self.question, self.case, name):
                value = self.figure(row)
                yield Verdict(self.text, name, f"{value:.3g}{self.unit}", value <= self.most)


def _value(row: Row) -> float:
    return row.value.middle


def _extra(row: Row) -> float:
    return row.extra.middle if row.extra else 0.0


_TARGETS = (
    Target("chunk, bulk: at most 1.25", "chunks", "bulk", 1.25),
    Target("chunk, one frame per HTTP chunk: at most 0.5", "chunks", "framed", 0.5),
    *(
        Target(f"tool arguments, {count} pieces: at most 1.3", "arguments", f"{count} pieces", 1.3)
        for count in (1000, 4000, 8000)
    ),
    Target("requests, one at a time: at most 0.6", "requests", "1 in flight", 0.6),
    Target("100 streams: at most 0.6", "streams", "100 streams", 0.6),
    Target(
        "first token, paced: at most 1.05",
        "first_token",
        "paced",
        1.05,
        lambda row: row.wall_ratio.middle,
    ),
    Target("cold start: at most 1.3", "cold_start", "first answer", 1.3),
    Target("import: under 50 ms", "imports", "import", 50, _value, unit=" ms"),
    Target(
        "everything on: at most 40 us a call",
        "executor",
        "everything on",
        40,
        _extra,
        who=("ai_lib-everything",),
        unit=" us",
    ),
    Target("memory: under 1 KB a call", "memory", "2,000 calls", 1000, _value, unit=" B"),
)


def verdicts(report: Report) -> list[Verdict]:
    """Return what a report says of every target it measured."""
    found = [verdict for target in _TARGETS for verdict in target.verdicts(report)]
    for name, off in report.bends.items():
        if name.startswith("ai_lib"):
            text = "tool arguments: linear to 5 %"
            found.append(Verdict(text, name, f"{off:+.1%}", abs(off) <= 0.05))
    return [*found, *_rate(report), *_off(report)]


def _rate(report: Report) -> Iterator[Verdict]:
    """64 in flight: ten times the requests a second of the vendor's own client."""
    other = report.find("requests", "64 in flight", "openai")
    for name in ("ai_lib", "ai_lib-trio", "ai_lib_sync"):
        row = report.find("requests", "64 in flight", name)
        if row and other and row.rate and other.rate:
            times, less = row.rate / other.rate, other.value.middle / row.value.middle
            text = "64 in flight: 10 times the openai SDK's rate"
            yield Verdict(text, name, f"{times:.1f} times; CPU {less:.1f} times", times >= 10)


def _off(report: Report) -> Iterator[Verdict]:
    """Nothing measurable: not above the upper quartile of a client against itself."""
    row = report.find("off", "switched off", "ai_lib-off")
    noise = report.find("off", "switched off", "ai_lib-again")
    if row and noise:
        text = "switched off: no more than noise"
        measured = f"{row.ratio}, noise {noise.ratio}"
        yield Verdict(text, "ai_lib-off", measured, row.ratio.middle <= noise.ratio.high)


def table(report: Report) -> str:
    """Return the verdicts as a Markdown table."""
    lines = ["| target | who | measured | |", "|---|---|---|---|", *map(str, verdicts(report))]
    return "\n".join(lines)
