"""A quick run works from end to end; what it measures is nobody's concern here."""

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import bench as runner
from benchmarks.__main__ import QUESTIONS, main
from benchmarks.bench import Bench
from benchmarks.crew import ContenderFailed, Measure
from benchmarks.report import Report, Row, Spread
from benchmarks.roster import OURS
from benchmarks.server import running


@pytest.fixture
def bench() -> Iterator[Bench]:
    with running() as url:
        bench = Bench(url, Report({}), quick=True, rivals=False)
        yield bench
        bench.crew.dismiss()


def test_there_is_a_file_for_every_question() -> None:
    assert set(QUESTIONS) == {
        *("chunks", "arguments", "requests", "streams", "first_token", "imports", "cold_start"),
        *("memory", "executor", "off", "manifests", "cache_hit", "batch", "mcp", "shared_state"),
    }


def test_a_quick_run_prints_tables_and_writes_json_and_a_plot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written, drawn = tmp_path / "report.json", tmp_path / "report.svg"
    page = tmp_path / "page.md"
    files = ["--json", str(written), "--plot", str(drawn), "--page", str(page)]
    assert main(["imports", "batch", "--quick", "--no-rivals", *files]) == 0

    printed = capsys.readouterr().out
    assert "## imports: How long does the import take?" in printed
    assert "| 10,000 items | batch |" in printed
    assert "- load average:" in printed
    report = Report.read(written.read_text())
    row = report.find("batch", "10,000 items", "batch")
    assert row is not None
    assert (row.floor, row.rounds) == ("tasks", 3)
    assert json.loads(written.read_text())["machine"]["versions"]["msgspec"]
    assert "## batch: What does a batch cost an item?" in page.read_text()
    assert ElementTree.parse(drawn).getroot().tag.endswith("svg")


def test_a_run_may_keep_what_an_earlier_one_found_of_other_questions() -> None:
    rows = [_row("chunks"), _row("batch")]
    absent = {"openai": "not here", "chunks, bulk: openai": "fell", "batch, x: y": "fell"}
    earlier = Report({"old": 1}, rows, absent, ["chunks, bulk: less", "batch, x: less"], {"a": 0.1})
    report = Report({})
    report.keep(earlier, ["batch", "arguments"])
    kept = Report({}, rows[:1], {"chunks, bulk: openai": "fell"}, ["chunks, bulk: less"])
    assert report == kept


def _row(question: str) -> Row:
    one = Spread.of([1.0])
    return Row(question, "case", "ai_lib", "floor", one, one, one, "us")


def test_an_unknown_question_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert "there are arguments, batch" in capsys.readouterr().out


def test_every_contender_of_ours_receives_what_its_floor_receives(bench: Bench) -> None:
    for verb, model in (("plain", "plain"), ("stream", "framed-50"), ("arguments", "arguments-9")):
        rows = bench.paired(model, OURS, {"verb": verb, "model": model, "count": 2}, rounds=1)
        assert set(rows) >= set(OURS)
    assert bench.report.notes == []


def test_a_contender_that_returns_less_is_noted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def do(name: str, _: Measure) -> Measure:
        return {"cpu": 1.0, "wall": 1.0, "results": [5 if name == "floor" else 4]}

    monkeypatch.setattr(bench.crew, "do", do)
    bench.paired("short", ["ai_lib"], {}, rounds=1)
    assert bench.report.notes == [", short: ai_lib returned [4], its floor [5]"]


def test_a_ratio_is_formed_within_a_round(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"floor": 0, "ai_lib": 0}

    def do(name: str, _: Measure) -> Measure:
        asked[name] += 1  # each round is ten times as slow as the one before it
        slow = 10.0 ** asked[name]
        return {"cpu": slow * (2 if name == "ai_lib" else 1), "wall": slow, "results": []}

    monkeypatch.setattr(bench.crew, "do", do)
    row = bench.paired("drift", ["ai_lib"], {}, rounds=3)["ai_lib"]
    assert (row.ratio.low, row.ratio.middle, row.ratio.high) == (2, 2, 2)
    assert asked == {"floor": 4, "ai_lib": 4}  # one of them to warm up


def test_a_rival_that_fails_is_absent_with_its_reason_and_the_others_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def do(name: str, _: Measure) -> Measure:
        if name == "openai":
            raise ContenderFailed("ImportError: no such thing in /home/me/lib/x.py")
        return {"cpu": 1.0, "wall": 1.0, "results": []}

    monkeypatch.setattr(bench.crew, "do", do)
    rows = bench.paired("case", ["openai", "ai_lib"], {}, rounds=2)
    assert set(rows) == {"floor", "ai_lib"}
    assert bench.report.absent == {", case: openai": "ImportError: no such thing in .../x.py"}


def test_a_failure_of_ours_ends_the_run(bench: Bench) -> None:
    with pytest.raises(ContenderFailed, match="framed"):
        bench.paired("case", ["ai_lib"], {"verb": "framed", "model": "plain"}, rounds=1)


def test_rivals_that_are_not_installed_are_absent_with_the_command_to_install_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.rivals.PLACE", tmp_path)
    bench = Bench("", Report({}), quick=True, rivals=True)
    assert bench.rivals() == []
    assert set(bench.report.absent) == set(runner.RIVALS)
    assert "python -m benchmarks.rivals" in bench.report.absent["openai"]
