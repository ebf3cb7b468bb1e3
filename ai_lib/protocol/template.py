"""Templates: JSON with holes, filled to write a message and matched to read one.

A string that is `$name` is a hole; `${name}` inside a longer string is filled in place. A hole
without a value disappears together with its key, and an object or list that is left empty
disappears too. An object with the key `$when` is written only if the hole it names has a value.
"""

import re
from collections.abc import Mapping
from typing import Final

from ai_lib.protocol.path import MISSING, Missing

_HOLE: Final = re.compile(r"\$([a-z_]+)\Z")
_INLINE: Final = re.compile(r"\$\{([a-z_]+)\}")
_WHEN: Final = "$when"

Values = Mapping[str, object]


def fill(template: object, values: Values) -> object:
    """Return `template` with its holes filled from `values`, or MISSING when nothing is left."""
    if isinstance(template, str):
        return _fill_text(template, values)
    if isinstance(template, dict):
        return _fill_object(template, values)
    if isinstance(template, list):
        items = [fill(item, values) for item in template]
        left: list[object] = [item for item in items if item is not MISSING]
        return left if left or not template else MISSING
    return template


def _fill_text(template: str, values: Values) -> object:
    if hole := _HOLE.match(template):
        return values.get(hole[1], MISSING)
    if "${" not in template:
        return template
    names = _INLINE.findall(template)
    if any(values.get(name, MISSING) is MISSING for name in names):
        return MISSING
    return _INLINE.sub(lambda found: str(values[found[1]]), template)


def _fill_object(template: dict[str, object], values: Values) -> object | Missing:
    condition = template.get(_WHEN)
    if isinstance(condition, str) and fill(condition, values) is MISSING:
        return MISSING
    filled = {key: fill(item, values) for key, item in template.items() if key != _WHEN}
    left = {key: item for key, item in filled.items() if item is not MISSING}
    return left if left or not template else MISSING


def holes(template: object) -> frozenset[str]:
    """Return the names of all holes in `template`."""
    if isinstance(template, str):
        hole = _HOLE.match(template)
        return frozenset([hole[1]] if hole else _INLINE.findall(template))
    if isinstance(template, dict):
        return frozenset().union(*(holes(item) for item in template.values()))
    if isinstance(template, list):
        return frozenset().union(*(holes(item) for item in template))
    return frozenset()


def match(template: object, value: object) -> dict[str, object] | None:
    """Read `value` by `template`: the holes' values, or None when it has another shape.

    A key that the template has and the value lacks is allowed when it holds holes only; keys
    that the template does not know are passed over.
    """
    found: dict[str, object] = {}
    return found if _match(template, value, found) else None


def _match(template: object, value: object, found: dict[str, object]) -> bool:
    if isinstance(template, str):
        return _match_text(template, value, found)
    if isinstance(template, dict):
        return isinstance(value, dict) and all(
            _match(item, value[key], found) if key in value else bool(holes(item))
            for key, item in template.items()
            if key != _WHEN
        )
    if isinstance(template, list):
        return (
            isinstance(value, list)
            and len(template) == len(value)
            and all(_match(part, item, found) for part, item in zip(template, value, strict=True))
        )
    return template == value


def _match_text(template: str, value: object, found: dict[str, object]) -> bool:
    if hole := _HOLE.match(template):
        found[hole[1]] = value
        return True
    if "${" not in template:
        return template == value
    if not isinstance(value, str):
        return False
    parts = _INLINE.split(template)
    pattern = "".join(
        f"(?P<{part}>.*?)" if i % 2 else re.escape(part) for i, part in enumerate(parts)
    )
    hit = re.fullmatch(pattern, value, re.DOTALL)
    if hit:
        found.update(hit.groupdict())
    return hit is not None
