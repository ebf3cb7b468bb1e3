"""A lazy room behaves like one that imported everything."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ai_lib._lazy import exports

ROOM = """\
from ai_lib._lazy import exports

__all__, __getattr__, __dir__ = exports(__name__, {"Shelf": ".shelf", "join": "posixpath"})
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A lazy package of two names and two modules."""
    folder = tmp_path / "lazy_library"
    folder.mkdir()
    (folder / "__init__.py").write_text(ROOM)
    (folder / "shelf.py").write_text("class Shelf: ...\n")
    (folder / "other.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("lazy_library", "lazy_library.shelf", "lazy_library.other"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("lazy_library")


def test_a_module_is_imported_when_its_name_is_used_and_kept(library: ModuleType) -> None:
    assert "lazy_library.shelf" not in sys.modules
    assert library.Shelf is library.Shelf
    assert vars(library)["Shelf"].__module__ == "lazy_library.shelf"
    assert library.join.__module__ == "posixpath"


def test_names_are_listed_before_they_are_imported(library: ModuleType) -> None:
    assert library.__all__ == ["Shelf", "join"]
    assert {"Shelf", "join", "__name__"} <= set(dir(library))
    assert "lazy_library.shelf" not in sys.modules


def test_modules_of_the_package_are_found(library: ModuleType) -> None:
    from lazy_library import other  # type: ignore[import-not-found]

    assert other is library.other is sys.modules["lazy_library.other"]
    assert library.shelf.Shelf is library.Shelf


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Shelv", "module 'lazy_library' has no attribute 'Shelv'; did you mean Shelf?"),
        ("zzz", "module 'lazy_library' has no attribute 'zzz'"),
        ("_Shelf", "module 'lazy_library' has no attribute '_Shelf'"),
        ("__wrapped__", "module 'lazy_library' has no attribute '__wrapped__'"),
    ],
)
def test_a_wrong_name_says_what_was_near(library: ModuleType, name: str, message: str) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(library, name)

    assert str(raised.value) == message
    assert raised.value.name == name


def test_the_list_is_sorted_whatever_the_table_says() -> None:
    public, _, _ = exports("x", {"b": ".b", "A": ".a"})

    assert public == ["A", "b"]
