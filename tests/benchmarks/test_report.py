"""Figures are summed up, judged, written and drawn as they are."""

import pytest

from benchmarks.page import page
from benchmarks.plot import svg
from benchmarks.questions.arguments import bend
from benchmarks.report import Report, Row, Spread, without_secrets
from benchmarks.rivals import pins
from benchmarks.targets import verdicts


def _row(question: str, case: str, who: str, ratio: float | Spread, **more: object) -> Row:
    spread = ratio if isinstance(ratio, Spread) else Spread.of([ratio])
    fields: dict[str, object] = {"ratio": spread, "wall_ratio": spread, "value": Spread.of([1.0])}
    fields |= {"question": question, "case": case, "contender": who, "floor": "floor"}
    return Row(**{**fields, "unit": "us", **more})  # type: ignore[arg-type]


def test_a_spread_is_the_median_between_the_quartiles() -> None:
    assert Spread.of([5.0, 1.0, 3.0, 2.0, 4.0]) == Spread(3.0, 2.0, 4.0)
    assert Spread.of([7.0]) == Spread(7.0, 7.0, 7.0)


def test_a_report_is_read_as_it_was_written() -> None:
    row = _row("chunks", "bulk", "ai_lib", 1.5, extra=Spread(1, 0, 2), rate=3.0, peak=4)
    report = Report({"cores": 2}, [row], {"x": "why"}, ["a note"], {"ai_lib": 0.1})
    assert Report.read(report.json()) == report


@pytest.mark.parametrize(("ratio", "held"), [(1.25, True), (1.26, False)])
def test_a_target_holds_up_to_its_limit(ratio: float, held: bool) -> None:
    found = verdicts(Report({}, [_row("chunks", "bulk", "ai_lib", ratio)]))
    assert [(one.contender, one.held) for one in found] == [("ai_lib", held)]


def test_the_rate_is_compared_with_the_vendors_client() -> None:
    ours = _row("requests", "64 in flight", "ai_lib", 0.2, rate=990.0)
    theirs = _row("requests", "64 in flight", "openai", 2.0, rate=100.0)
    assert [one.held for one in verdicts(Report({}, [ours, theirs]))] == [False]


def test_what_is_switched_off_is_held_against_the_noise() -> None:
    noise = _row("off", "switched off", "ai_lib-again", Spread(1.0, 0.97, 1.03))
    for ratio, held in ((1.02, True), (1.04, False)):
        report = Report({}, [noise, _row("off", "switched off", "ai_lib-off", ratio)])
        assert [one.held for one in verdicts(report)] == [held]


def test_a_straight_line_has_no_bend_and_a_square_has() -> None:
    assert bend(2.0, 5.0, 9.0) == pytest.approx(0)
    assert bend(1.0, 16.0, 64.0) == pytest.approx(64 / 36 - 1)


def test_a_plot_names_everyone_but_the_floor() -> None:
    drawn = svg(Report({}, [_row("chunks", "a < b", "ai_lib", 1.5), _row("c", "d", "floor", 1)]))
    assert "a &lt; b" in drawn
    assert drawn.count("<circle") == 1


def test_a_rivals_last_words_carry_no_path_and_no_address() -> None:
    words = "can't reach http://127.0.0.1:4/v1/x from /root/.venv/lib/x.py"
    assert without_secrets(words) == "can't reach an address from .../x.py"


def test_every_rival_is_pinned_exactly() -> None:
    assert len(pins()) == 6
    assert all("==" in pin for pin in pins().values())


def test_a_page_shows_the_plot_and_the_questions_that_were_measured() -> None:
    machine: dict[str, object] = {"date": "2026-01-02", "cores": 2}
    report = Report(machine, [_row("chunks", "bulk", "ai_lib", 0.75)])
    written = page(report, ["chunks"], "drawn.svg")
    assert "(drawn.svg)" in written
    assert "## chunks: What does one frame of a stream cost?" in written
    assert "| bulk | ai_lib | 0.75 (0.75-0.75) |" in written
    assert "(drawn.svg)" not in page(report, ["chunks"])
