"""The rows of docs/moving.md, and for each a check that tries both clients with one mock."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from ai_lib_sync.testing import MockProvider

PAGE = Path(__file__).resolve().parents[3] / "docs" / "moving.md"
Check = Callable[[MockProvider], None]
KEY = "a-key"
_SECTION = re.compile(r"^## From (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| (.+?) \| (.+) \|$", re.MULTILINE)


class Client(NamedTuple):
    """Another client: its section of the page, its package, and its checks by left cell."""

    section: str
    requirement: str
    module: str
    checks: dict[str, Check]

    def row(self, left: str) -> Callable[[Check], Check]:
        """Register the check of the row with this left cell."""

        def register(check: Check) -> Check:
            self.checks[left] = check
            return check

        return register


def read_rows(section: str) -> list[str]:
    """Give the left cells of the first table of a section."""
    texts: Mapping[str, str] = dict(_SECTION.findall(PAGE.read_text(encoding="utf-8")))
    table = texts[section].partition("|---|---|\n")[2].partition("\n\n")[0]
    return [left for left, _ in _ROW.findall(table)]


def body_of(mock: MockProvider) -> dict[str, object]:
    """Give the body of the last request."""
    body = mock.requests[-1].body
    assert isinstance(body, dict)
    return body
