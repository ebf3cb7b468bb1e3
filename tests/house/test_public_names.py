"""Both packages have the same names; what does not wait exists once."""

import re

import pytest

import ai_lib
import ai_lib_sync
from tests.house.packages import ROOT, room, rooms

ROOMS = pytest.mark.parametrize("suffix", rooms(), ids=lambda suffix: suffix or "root")


def test_the_rooms_are_found() -> None:
    assert "" in rooms()


@ROOMS
def test_every_name_can_be_imported_and_the_list_is_sorted(suffix: str) -> None:
    module = room("ai_lib", suffix)

    assert module.__all__ == sorted(module.__all__)
    assert [name for name in module.__all__ if getattr(module, name, None) is None] == []
    assert set(module.__all__) <= set(dir(module))


@ROOMS
def test_both_packages_export_the_same_names(suffix: str) -> None:
    assert room("ai_lib", suffix).__all__ == room("ai_lib_sync", suffix).__all__


@ROOMS
def test_shared_names_are_one_object_and_coloured_names_are_two(suffix: str) -> None:
    here, there = room("ai_lib", suffix), room("ai_lib_sync", suffix)

    for name in here.__all__:
        first, second = getattr(here, name), getattr(there, name)
        owner = getattr(first, "__module__", "")
        if hasattr(first, "__qualname__") and _is_twinned(str(owner)):
            assert first is not second, name
            assert second.__module__ == owner.replace("ai_lib", "ai_lib_sync", 1)
        else:
            assert first is second, name


@ROOMS
def test_a_wrong_name_is_an_attribute_error_with_near_matches(suffix: str) -> None:
    module = room("ai_lib", suffix)
    name = max(module.__all__, key=len)

    with pytest.raises(AttributeError, match=f"has no attribute .*did you mean.*{name}"):
        getattr(module, name + "x")


def test_the_version_is_that_of_the_distribution() -> None:
    declared = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)

    assert declared
    assert ai_lib.__version__ == ai_lib_sync.__version__ == declared[1]


def _is_twinned(module: str) -> bool:
    return (ROOT / "ai_lib_sync" / "/".join(module.split(".")[1:])).with_suffix(".py").exists()
