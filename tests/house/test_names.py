"""Names are the field's: classes by nouns, functions by verbs, locals that say what they hold.

`benchmarks/names.py` says what is measured, and lists the offenders of a room:
`python -m benchmarks.names ai_lib/client`.
"""

import ast
from collections import Counter

import pytest

from benchmarks.names import Offence, find_offences
from benchmarks.numbers import House

MOST_MODULES = 17  # in one folder; more of them are a package with sub-packages
# What classes were called before they had the field's names. None is to come back.
OLD_CLASSES = """
    Admission Area Asked Asking Assembly Bar Billed Bridge Building Cached Calls CallClocks
    Catalogue Clocks Company Connections Content CoreHttp Counted Crew Ear Errand Execution Flight
    Flights Flow Following ForeignBlocks Form Found Grows Guarded HealthWatch Holdings Http1
    Imitated Inbox Incoming Journey Ledger Leg Likeness Likenesses Line Logbook Measuring Mirror
    MirroredSpan Misfit NotebookArea Numbers Offers OneText Paper Pass PlainArea Places Place
    Plugged PoolAnswer Postponed Protected Protecting Receipt Replied Replies ReplyError ReplyParser
    Roster Routing Runs Said Screen Screened Shapes Shelf ShownOutput ShownResponse ShownRun Sink
    Spending Stamp Stopwatch Surrogates Table TaggedThinking Talk Tally Toolbox Total Tracing Turn
    Turns Vectors Violation WalkPlan Wire WireReply WireRequest Witness
"""


@pytest.fixture(scope="module")
def house() -> House:
    """The library's sources, read once."""
    return House()


@pytest.fixture(scope="module")
def offences(house: House) -> list[Offence]:
    """Every name of the library that breaks a rule."""
    sources = house.project.library.values()
    return [offence for source in sources for offence in find_offences(source)]


@pytest.mark.parametrize("rule", ["class", "function", "local"])
def test_every_name_is_in_the_fields_words(rule: str, offences: list[Offence]) -> None:
    assert [str(offence) for offence in offences if offence.rule == rule] == []


def test_no_old_class_name_is_defined_again(house: House) -> None:
    old = set(OLD_CLASSES.split())
    assert [
        f"{source.path}:{node.lineno}: {node.name}"
        for source in house.project.library.values()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and node.name.strip("_") in old
    ] == []


def test_no_folder_holds_more_modules_than_one_can_see(house: House) -> None:
    modules = Counter(source.path.rpartition("/")[0] for source in house.sources)
    assert len(modules) > 20
    assert {folder: count for folder, count in modules.items() if count > MOST_MODULES} == {}
