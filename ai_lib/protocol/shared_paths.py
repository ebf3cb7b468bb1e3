"""The walk: how the paths of one rule go over the elements they share together."""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from ai_lib.protocol.query.path import Path, compile_path
from ai_lib.protocol.query.path_grammar import PathSyntax


class SharedPaths(msgspec.Struct, frozen=True):
    """How the paths of one rule walk the same elements together.

    `levels[0]` selects elements of the frame, each further level elements of the one before.
    `fields` gives each path's level (0 is the frame, 1 an element of `levels[0]`, ...) and the path
    relative to it.
    """

    levels: tuple[Path, ...]
    fields: dict[str, tuple[int, Path]]


def plan_shared_paths(paths: Mapping[str, str], *, trusted: bool = True) -> SharedPaths:
    """Plan the walk over the wildcards that the paths share, as far as all that have them agree.

    A path with fewer wildcards is read from the enclosing element, a path without any from the
    frame. Wildcards that the paths do not share stay in the relative paths.
    """
    whole = {name: compile_path(text, trusted=trusted) for name, text in paths.items()}
    split = {name: _cut_after_wildcards(path.syntax) for name, path in whole.items()}
    levels: list[Path] = []
    while len({cuts[len(levels)][0] for cuts in split.values() if len(cuts) > len(levels)}) == 1:
        depth = len(levels)
        name = next(name for name, cuts in split.items() if len(cuts) > depth)
        start, end = _find_cut_offset(split[name], depth), _find_cut_offset(split[name], depth + 1)
        levels.append(compile_path(_cut_path(paths[name], start, end), trusted=trusted))
    fields = {}
    for name, text in paths.items():
        level = min(len(split[name]), len(levels))
        relative = _cut_path(text, _find_cut_offset(split[name], level), len(text))
        fields[name] = level, compile_path(relative, trusted=trusted)
    return SharedPaths(tuple(levels), fields)


_Cut: TypeAlias = tuple[tuple[str | int | None, ...], int]


def _cut_after_wildcards(syntax: PathSyntax) -> list[_Cut]:
    """The steps up to each wildcard, with the offset in the text behind it."""
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
