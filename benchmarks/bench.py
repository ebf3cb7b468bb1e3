"""One run: pairs contenders with their floor, round by round, and gathers the rows.

In each round every contender does the same order once, in an order that turns with the rounds;
a ratio is formed within a round, so what slows the machine for a while slows both sides of it. The
first round warms up and is not counted. Rivals take part in the first rounds only.
"""

from collections.abc import Callable, Iterable, Sequence
from statistics import median

from benchmarks.crew import ContenderFailed, Crew, Measure
from benchmarks.report import Report, Row, Spread, without_secrets
from benchmarks.roster import RIVALS, ROSTER

Take = Callable[[str], Measure]
UNITS = {"us": 1e6, "ms": 1e3, "s": 1.0}


class Bench:
    """What a question asks of a run: `paired` measures one case of it."""

    def __init__(self, url: str, report: Report, *, quick: bool, rivals: bool) -> None:
        self.url = url
        self.report = report
        self.quick = quick
        self.crew = Crew(url)
        self.question = ""
        self._rivals = rivals
        # They are many times the floor: their median needs no more rounds, and theirs are long.
        self._enough = 1 if quick else 3

    def rounds(self, count: int) -> int:
        """Return how many rounds to run: a third of them when it must be quick."""
        return max(3, count // 3) if self.quick else count

    def rivals(self, *but: str) -> list[str]:
        """Return the rivals that are here; those that are not are noted as absent."""
        if not self._rivals:
            return []
        for name in RIVALS:
            if reason := ROSTER[name].absence:
                self.report.absent[name] = reason
        gone = {*self.report.absent, *but}
        return [name for name in RIVALS if name not in gone]

    def paired(
        self,
        case: str,
        contenders: Iterable[str],
        order: Measure,
        *,
        rounds: int,
        unit: str = "ms",
        per: int | None = None,
        main: str = "cpu",
        against: str | None = None,
        warm_up: bool = True,
    ) -> dict[str, Row]:
        """Have the contenders, and their floors, carry out an order; return a row for each.

        `against` takes the place of every floor, where that would take too long.

        `per` is how many units the order holds (its `count` unless given); `main` names the
        measure that `value` and `extra` are of: `cpu`, `wall`, or `results` (what calls return).
        """
        per = per or int(str(order.get("count", 1)))

        def take(name: str) -> Measure:
            return self.crew.do(name, order)

        found = self.measured(case, contenders, take, rounds, against=against, warm_up=warm_up)
        return self._rows(case, found, unit=unit, per=per, main=main, against=against)

    def fresh(
        self, case: str, contenders: Iterable[str], take: Take, *, rounds: int, unit: str = "ms"
    ) -> dict[str, Row]:
        """Pair contenders as `paired` does, where each measure needs a process of its own."""
        found = self.measured(case, contenders, take, rounds)
        return self._rows(case, found, unit=unit, per=1, main="cpu")

    def tally(self, contenders: Iterable[str], order: Measure) -> None:
        """Note how many functions each contender calls for one: a figure without noise."""
        for name in contenders:
            calls = float(str(self.crew.do(name, {**order, "tally": True})["tally"]))
            self.report.notes.append(f"{self.question}, function calls: {name} makes {calls:,.0f}")

    def measured(
        self,
        case: str,
        contenders: Iterable[str],
        take: Take,
        rounds: int,
        *,
        against: str | None = None,
        warm_up: bool = True,
    ) -> dict[str, list[Measure]]:
        """Return the measures of every contender and floor, round by round, without the warm-up."""
        names = [name for name in contenders if name not in self.report.absent]
        floors = [against or ROSTER[name].floor for name in names]
        names = list(dict.fromkeys(floors + names))
        found: dict[str, list[Measure]] = {name: [] for name in names}
        for number in range(rounds + warm_up):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                if name in found and not (ROSTER[name].rival and number > self._enough):
                    self._take(case, name, take, found)
        return {name: measures[warm_up:] for name, measures in found.items()}

    def _take(self, case: str, name: str, take: Take, found: dict[str, list[Measure]]) -> None:
        try:
            found[name].append(take(name))
        except ContenderFailed as failure:
            if ROSTER[name].rival is None:
                raise
            # It is told, not hidden; the others go on.
            found.pop(name)
            self.report.absent[f"{self.question}, {case}: {name}"] = without_secrets(str(failure))

    def _rows(
        self,
        case: str,
        found: dict[str, list[Measure]],
        *,
        unit: str,
        per: int,
        main: str,
        against: str | None = None,
    ) -> dict[str, Row]:
        rows = {}
        for name, measures in found.items():
            # Who stands in for the floor here is its own.
            base = against or ROSTER[name].floor
            base = base if base in found else name
            floor = found[base]
            self._check(case, name, measures, floor, main)
            scale = UNITS[unit] / per
            values = [_figure(one, main) * scale for one in measures]
            lowest = [_figure(one, main) * scale for one in floor]
            over = [value - low for value, low in zip(values, lowest, strict=False)]
            rows[name] = Row(
                question=self.question,
                case=case,
                contender=name,
                floor=base,
                ratio=Spread.of(_ratios(measures, floor, "cpu")),
                wall_ratio=Spread.of(
                    _ratios(measures, floor, "results" if main == "results" else "wall")
                ),
                value=Spread.of(values),
                unit=unit,
                extra=None if name == base else Spread.of(over),
                rate=per / median(_figure(one, "wall") for one in measures),
                peak=_peak(measures),
                rounds=len(measures),
            )
        self.report.rows.extend(rows.values())
        return rows

    def _check(
        self,
        case: str,
        name: str,
        measures: Sequence[Measure],
        floor: Sequence[Measure],
        main: str,
    ) -> None:
        """Whoever hands its caller less than the floor did has not done the work."""
        if main == "results" or "results" not in measures[0]:
            return
        got, wanted = measures[0]["results"], floor[0]["results"]
        if got != wanted:
            what = f"{name} returned {_some(got)}, its floor {_some(wanted)}"
            self.report.notes.append(f"{self.question}, {case}: {what}")


def _some(results: object) -> object:
    return results[:2] if isinstance(results, list) else results


def _peak(measures: Sequence[Measure]) -> int | None:
    found = [int(str(one["peak"])) for one in measures if one.get("peak")]
    return int(median(found)) if found else None


def _figure(measure: Measure, name: str) -> float:
    """Return a figure; of what calls returned, what the fastest tenth of them stayed within."""
    found = measure[name]
    return sorted(found)[len(found) // 10] if isinstance(found, list) else float(str(found))


def _ratios(some: Sequence[Measure], floor: Sequence[Measure], name: str) -> list[float]:
    pairs = zip(some, floor, strict=False)
    return [_figure(one, name) / max(_figure(low, name), 1e-9) for one, low in pairs]
