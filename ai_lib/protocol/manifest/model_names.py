"""Finds a listed model by any of its names: listed, sent, alias, dated, undated, or pattern."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

# `-2025-08-07`, `-20250929`, `@20250929`, `-latest`: one model as it was on a day, or as it is now.
_DATE: Final = re.compile(r"[-@](?:20\d\d-?[01]\d-?[0-3]\d|latest|default)$")


class NameIndex:
    """The names of one provider's models, each with the name that its model is listed by.

    A model is found by a name that is listed, else by its name without or with a date, else by the
    longest listed pattern (`*` and `?`) that matches.
    """

    def __init__(self, listed: Iterable[tuple[str, Iterable[str]]]) -> None:
        self._listed: dict[str, str] = {}
        self._undated: dict[str, str] = {}
        self._patterns: list[str] = []
        for listed_name, names in listed:
            if "*" in listed_name or "?" in listed_name:
                self._patterns.append(listed_name)
                continue
            # A model's own name comes before what another calls itself.
            self._listed[listed_name] = listed_name
            for name in names:
                self._listed.setdefault(name, listed_name)
        for name, listed_name in self._listed.items():
            undated = strip_date(name)
            # Of several days the newest counts: dates sort as texts.
            if undated != name and listed_name >= self._undated.get(undated, ""):
                self._undated[undated] = listed_name

    def find(self, name: str) -> str | None:
        """Return the name that the model called `name` is listed by, None when it is not."""
        undated = strip_date(name)
        listed_name = self._listed.get(name) or self._listed.get(undated)
        if listed_name is None:
            listed_name = self._undated.get(undated)
        if listed_name is not None:
            return listed_name
        matching = (pattern for pattern in self._patterns if fnmatchcase(name, pattern))
        return max(matching, key=len, default=None)


def strip_date(name: str) -> str:
    """Return a model's name without the day at its end."""
    return _DATE.sub("", name)


def may_be_called(keys: Iterable[str], name: str) -> bool:
    """Whether a model with these names may be the one called `name`, or `provider/name`.

    It is a quick look before a model is read: a date, a provider before the name and patterns are
    given the benefit of the doubt.
    """
    undated = strip_date(name)
    return any(
        undated.endswith(strip_date(key)) or name.endswith(key) or "*" in key or "?" in key
        for key in keys
    )
