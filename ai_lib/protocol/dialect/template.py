"""Templates: JSON with holes, filled to write a message and matched to read one.

A string that is `$name` is a hole; `${name}` inside a longer string is filled in place. A hole
without a value disappears together with its key, and an object or list that is left empty
disappears too. An object with the key `$when` is written only if the hole it names has a value.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from ai_lib.protocol.query.path import MISSING

_PLACEHOLDER: Final = re.compile(r"\$([a-z_]+)\Z")
_INLINE: Final = re.compile(r"\$\{([a-z_]+)\}")
_WHEN: Final = "$when"

Values: TypeAlias = Mapping[str, object]
Fill: TypeAlias = Callable[[Values], object]


class CompiledTemplate(msgspec.Struct, frozen=True, eq=False):
    """A compiled template: `fill(values)` is what the function `fill` gives, `holes` their names.

    Whatever is filled is new: it may be changed without a trace in the template.
    """

    fill: Fill
    placeholders: frozenset[str]


def compile_template(template: object) -> CompiledTemplate:
    """Compile a template that is filled many times."""
    return CompiledTemplate(_compile(template), find_placeholders(template))


def fill_template(template: object, values: Values) -> object:
    """Return `template` with its holes filled from `values`, or MISSING when nothing is left."""
    return _compile(template)(values)


def _compile(template: object) -> Fill:
    if isinstance(template, str):
        return _compile_text(template)
    if isinstance(template, dict):
        return _compile_object(template)
    if isinstance(template, list):
        return _compile_list(template)
    return lambda values: template


def _compile_text(template: str) -> Fill:
    if hole := _PLACEHOLDER.match(template):
        name = hole[1]
        return lambda values: values.get(name, MISSING)
    names = _INLINE.findall(template)

    def fill(values: Values) -> object:
        if any(values.get(name, MISSING) is MISSING for name in names):
            return MISSING
        return _INLINE.sub(lambda found: str(values[found[1]]), template)

    return fill if names else lambda values: template


def _compile_list(template: list[object]) -> Fill:
    parts = [_compile(item) for item in template]

    def fill(values: Values) -> object:
        items = [part(values) for part in parts]
        left = [item for item in items if item is not MISSING]
        return left if left or not parts else MISSING

    return fill


# A member of an object: its key, the hole it is, or the value it always has, or how it is filled.
_Member: TypeAlias = tuple[str, str | None, object, Fill | None]


def _compile_object(template: dict[str, object]) -> Fill:
    members = [_compile_member(key, item) for key, item in template.items() if key != _WHEN]
    is_empty = not template

    def fill(values: Values) -> object:
        left: dict[str, object] = {}
        for key, hole, value, part in members:
            if hole is not None:
                value = values.get(hole, MISSING)
            elif part is not None:
                value = part(values)
            if value is not MISSING:
                left[key] = value
        return left if left or is_empty else MISSING

    condition = template.get(_WHEN)
    return _compile_condition(_compile(condition), fill) if isinstance(condition, str) else fill


def _compile_condition(condition: Fill, part: Fill) -> Fill:
    return lambda values: MISSING if condition(values) is MISSING else part(values)


def _compile_member(key: str, item: object) -> _Member:
    if isinstance(item, str):
        if "$" not in item:
            return key, None, item, None
        if hole := _PLACEHOLDER.match(item):
            return key, hole[1], None, None
    elif not isinstance(item, (dict, list)):
        return key, None, item, None
    return key, None, None, _compile(item)


def find_placeholders(template: object) -> frozenset[str]:
    """Return the names of all holes in `template`."""
    if isinstance(template, str):
        hole = _PLACEHOLDER.match(template)
        return frozenset([hole[1]] if hole else _INLINE.findall(template))
    if isinstance(template, dict):
        return frozenset().union(*(find_placeholders(item) for item in template.values()))
    if isinstance(template, list):
        return frozenset().union(*(find_placeholders(item) for item in template))
    return frozenset()


def match_template(template: object, value: object) -> dict[str, object] | None:
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
            _match(item, value[key], found) if key in value else bool(find_placeholders(item))
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
    if hole := _PLACEHOLDER.match(template):
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
