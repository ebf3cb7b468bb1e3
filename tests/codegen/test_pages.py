"""The pages of the site that are made of the source: every room and program has its place."""

from types import SimpleNamespace

from codegen.pages import on_config
from tests.house.packages import ROOT


def test_every_room_with_public_names_has_a_page_and_only_one() -> None:
    config = SimpleNamespace(nav=[{"Start": "index.md"}])
    nav = on_config(on_config(config)).nav
    rooms = {path.parent.name for path in (ROOT / "ai_lib").glob("*/__init__.py")}

    start, examples, reference = nav
    assert (start, examples) == ({"Start": "index.md"}, {"Examples": "examples.md"})
    names = [name for entry in reference["Reference"] for name in entry]
    assert names[0] == "ai_lib"
    assert {"client", "errors", "types", "testing"} < set(names[1:]) < rooms
    assert "cli" not in names, "it has no names to import"
    assert len(names) == len(set(names))
