"""Compares two manifests and says which changes a caller will notice."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from ai_lib.protocol.validation.positions import DocumentPath
from ai_lib.protocol.validation.validator import format_json_path
from ai_lib.types.json import JsonValue

_SHOWN = 70


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change at a path; `effect` says what it means for a caller, if anything."""

    path: str
    kind: Literal["added", "removed", "changed"]
    old: JsonValue = None
    new: JsonValue = None
    effect: str = ""

    def __str__(self) -> str:
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.kind]
        values = {
            "added": _format_value(self.new),
            "removed": _format_value(self.old),
            "changed": f"{_format_value(self.old)} -> {_format_value(self.new)}",
        }[self.kind]
        note = f"   ({self.effect})" if self.effect else ""
        return f"{sign} {self.path}: {values}{note}"


def compare_manifests(old: JsonValue, new: JsonValue) -> list[Change]:
    """Return the changes from one document to another, in the order of their paths.

    Lists of plain values are compared as sets, other lists by position.
    """
    return list(_compare_values(old, new, ()))


def _compare_values(old: JsonValue, new: JsonValue, path: DocumentPath) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from _compare_member(old, new, key, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _compare_lists(old, new, path)
    elif old != new or isinstance(old, bool) is not isinstance(new, bool):
        yield _build_change("changed", path, old, new)


def _compare_member(
    old: Mapping[str, JsonValue], new: Mapping[str, JsonValue], key: str, path: DocumentPath
) -> Iterator[Change]:
    member_path = (*path, key)
    if key not in new:
        yield _build_change("removed", member_path, old[key], None)
    elif key not in old:
        yield _build_change("added", member_path, None, new[key])
    else:
        yield from _compare_values(old[key], new[key], member_path)


def _compare_lists(
    old: list[JsonValue], new: list[JsonValue], path: DocumentPath
) -> Iterator[Change]:
    if not any(isinstance(item, dict | list) for item in [*old, *new]):
        yield from (_build_change("removed", path, item, None) for item in old if item not in new)
        yield from (_build_change("added", path, None, item) for item in new if item not in old)
        return
    for number in range(max(len(old), len(new))):
        item_path = (*path, number)
        if number >= len(new):
            yield _build_change("removed", item_path, old[number], None)
        elif number >= len(old):
            yield _build_change("added", item_path, None, new[number])
        else:
            yield from _compare_values(old[number], new[number], item_path)


def _build_change(
    kind: Literal["added", "removed", "changed"],
    path: DocumentPath,
    old: JsonValue,
    new: JsonValue,
) -> Change:
    effect = _describe_effect(kind, tuple(step for step in path if isinstance(step, str)))
    return Change(path=format_json_path(path), kind=kind, old=old, new=new, effect=effect)


def _describe_effect(kind: str, names: tuple[str, ...]) -> str:
    """Return what a change below these names means for a caller, or an empty text."""
    last = names[-1] if names else ""
    if last == "base_url":
        return "requests and keys go to another host"
    if "auth" in names:
        return "the key is found or sent another way"
    if names[:1] == ("capabilities",) and kind == "removed":
        return "requests that need it will be refused"
    if names[:2] == ("metadata", "models") and len(names) == 3 and kind == "removed":
        return "the model's sizes and prices are unknown then"
    if "pricing" in names:
        return "costs are computed anew"
    if names[:1] in (("dialect",), ("wire",), ("streaming",), ("endpoints",)):
        return "the wire is written or read another way"
    return ""


def _format_value(value: JsonValue) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
