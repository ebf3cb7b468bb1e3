"""The mutants' own tests: each kind is found, and a small tree shows who notices what."""

from pathlib import Path

import pytest

from tests.mutants.operators import choose_mutants, find_mutants, read_equivalents
from tests.mutants.rooms import COUNT, ROOMS
from tests.mutants.session import Room

SOURCE = '''
def clamp(value, most):
    """Return it, or the most."""
    if value < most and value is not None:
        return value
    log(value, most)
    pool.release()
    return not most == 3
'''
DIALECT = "rules:\n  - match: \"$.type == 'stop'\"\n    fields:\n      text: $.delta.text\n"


def test_each_kind_is_found_and_each_mutant_is_another_source() -> None:
    mutants = find_mutants("a.py", SOURCE)
    assert {mutant.kind for mutant in mutants} == {
        "boolean", "boundary", "comparison", "constant", "dropped release", "removed statement",
        "returned None", "swapped arguments",
    }  # fmt: skip
    changed = {mutant.apply(SOURCE) for mutant in mutants}
    assert len(changed) == len(mutants)
    for source in changed:
        compile(source, "a.py", "exec")
    assert "(value <= most) and" in "".join(changed)


def test_conditions_paths_and_fields_of_dialects_are_changed() -> None:
    changed = {m.kind: m.apply(DIALECT) for m in find_mutants("a.yaml", DIALECT)}
    assert "$.type != 'stop'" in changed["condition"]
    assert "$.delta.text_x" in changed["path"]
    assert "text_x: $.delta.text" in changed["field"]


def test_the_same_seed_chooses_the_same_of_every_kind() -> None:
    mutants = find_mutants("a.py", SOURCE)
    chosen = choose_mutants(mutants, 8, "1")
    assert chosen == choose_mutants(mutants, 8, "1")
    assert len({mutant.kind for mutant in chosen}) == 8
    assert len(choose_mutants(mutants, 1000, "1")) == len(mutants)


def test_the_standing_set_has_300_mutants() -> None:
    assert COUNT * len(ROOMS) >= 300


def test_equivalent_mutants_have_a_reason(tmp_path: Path) -> None:
    (tmp_path / "equivalent.txt").write_text("# head\n\na | b | c\nthe reason\n\nd | e\nanother\n")
    found = read_equivalents(tmp_path / "equivalent.txt")
    assert found == {"a | b | c": "the reason", "d | e": "another"}


@pytest.mark.slow
def test_what_the_tests_of_a_tree_notice_and_what_survives(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "toy").mkdir(parents=True)
    (root / "toy" / "a.py").write_text("def least(a, b):\n    return a if a < b else b\n")
    mutants = Path(__file__).parent
    (root / "tests" / "mutants").mkdir(parents=True)
    plugin = (mutants / "reached.py").read_text("utf-8")
    (root / "tests" / "mutants" / "reached.py").write_text(plugin)
    (root / "test_a.py").write_text(
        "from toy.a import least\n\n\ndef test_it():\n    assert least(1, 2) == 1\n"
    )
    room = Room("toy", root, tmp_path, "toy", ["test_a.py"])
    room.map_lines()
    outcomes = {o.mutant.kind: o for o in map(room.try_mutant, room.choose(10, "1"))}
    assert outcomes["returned None"].is_noticed
    assert not outcomes["boundary"].is_noticed  # no smaller and no larger number is tried
    assert outcomes["boundary"].is_reached
