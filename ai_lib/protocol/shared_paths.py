"""Plans how the paths of one rule are read together over the elements that they share."""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from ai_lib.protocol.query.path import JsonPath, compile_path
from ai_lib.protocol.query.path_grammar import PathSyntax


class SharedPaths(msgspec.Struct, frozen=True):
    """A plan to read the paths of one rule together over the elements that they share.

    `levels[0]` selects elements of the frame, each further level elements of the one before.
    `fields` gives each path's level (0 is the frame, 1 an element of `levels[0]`, ...) and the path
    relative to it.
    """

    levels: tuple[JsonPath, ...]
    fields: dict[str, tuple[int, JsonPath]]


def plan_shared_paths(paths: Mapping[str, str], *, trusted: bool = True) -> SharedPaths:
    """Return the plan for the wildcards that all paths with so many wildcards share.

    A path with fewer wildcards is read from the enclosing element, a path without any from the
    frame. Wildcards that the paths do not share stay in the relative paths.
    """
    full_paths = {name: compile_path(text, trusted=trusted) for name, text in paths.items()}
    cuts_by_field = {name: _cut_after_wildcards(path.syntax) for name, path in full_paths.items()}
    levels: list[JsonPath] = []
    while (
        len({cuts[len(levels)][0] for cuts in cuts_by_field.values() if len(cuts) > len(levels)})
        == 1
    ):
        depth = len(levels)
        name = next(name for name, cuts in cuts_by_field.items() if len(cuts) > depth)
        start, end = (
            _find_cut_offset(cuts_by_field[name], depth),
            _find_cut_offset(cuts_by_field[name], depth + 1),
        )
        levels.append(compile_path(_cut_path(paths[name], start, end), trusted=trusted))
    fields = {}
    for name, text in paths.items():
        level = min(len(cuts_by_field[name]), len(levels))
        relative = _cut_path(text, _find_cut_offset(cuts_by_field[name], level), len(text))
        fields[name] = level, compile_path(relative, trusted=trusted)
    return SharedPaths(tuple(levels), fields)


_Cut: TypeAlias = tuple[tuple[str | int | None, ...], int]


def _cut_after_wildcards(syntax: PathSyntax) -> list[_Cut]:
    """Return the steps up to each wildcard, with the offset after it in the text."""
    keys = tuple(segment.key for segment in syntax.segments)
    return [
        (keys[: number + 1], segment.end)
        for number, segment in enumerate(syntax.segments)
        if segment.key is None
    ]


def _find_cut_offset(cuts: list[_Cut], level: int) -> int:
    return cuts[level - 1][1] if level else 0


def _cut_path(text: str, start: int, end: int) -> str:
    return f"@{text[start:end]}" if start else text[:end]
