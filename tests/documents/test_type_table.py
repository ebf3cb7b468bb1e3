"""The tables of types say what the library does."""

from pathlib import Path

import pytest

from tests.documents.type_table import PAGES, START, replace_table


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_table_of_types_is_as_the_library_does(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert START in text
    assert replace_table(text) == text, "run python -m tests.documents.type_table"
