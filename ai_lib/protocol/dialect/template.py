"""Templates: JSON with placeholders, filled to write a message and matched to read one.

The string `$name` is a placeholder; `${name}` inside a longer string is one too. A placeholder
without a value disappears together with its key, and an object or list that is left empty
disappears too. An object with the key `$when` is written only if that placeholder has a value.
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
    """A compiled template: `fill(values)` fills it, `placeholders` are their names.

    Every call of `fill` returns a new value: changing it does not change the template.
    """

    fill: Fill
    placeholders: frozenset[str]


def compile_template(template: object) -> CompiledTemplate:
    """Return a compiled template, for one that is filled many times."""
    return CompiledTemplate(_compile(template), find_placeholders(template))


def fill_template(template: object, values: Values) -> object:
    """Return `template` filled from `values`, or MISSING when nothing is left of it."""
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
    if placeholder := _PLACEHOLDER.match(template):
        name = placeholder[1]
        return lambda values: values.get(name, MISSING)
    names = _INLINE.findall(template)

    def fill(values: Values) -> object:
        if any(values.get(name, MISSING) is MISSING for name in names):
            return MISSING
        return _INLINE.sub(lambda placeholder: str(values[placeholder[1]]), template)

    return fill if names else lambda values: template


def _compile_list(template: list[object]) -> Fill:
    parts = [_compile(item) for item in template]

    def fill(values: Values) -> object:
        items = [part(values) for part in parts]
        remaining = [item for item in items if item is not MISSING]
        return remaining if remaining or not parts else MISSING

    return fill


# A member of an object: its key, then its placeholder, its constant value or its fill function.
_Member: TypeAlias = tuple[str, str | None, object, Fill | None]


def _compile_object(template: dict[str, object]) -> Fill:
    members = [_compile_member(key, item) for key, item in template.items() if key != _WHEN]
    is_empty = not template

    def fill(values: Values) -> object:
        remaining: dict[str, object] = {}
        for key, placeholder, value, part in members:
            if placeholder is not None:
                value = values.get(placeholder, MISSING)
            elif part is not None:
                value = part(values)
            if value is not MISSING:
                remaining[key] = value
        return remaining if remaining or is_empty else MISSING

    condition = template.get(_WHEN)
    return _compile_condition(_compile(condition), fill) if isinstance(condition, str) else fill


def _compile_condition(condition: Fill, part: Fill) -> Fill:
    return lambda values: MISSING if condition(values) is MISSING else part(values)


def _compile_member(key: str, item: object) -> _Member:
    if isinstance(item, str):
        if "$" not in item:
            return key, None, item, None
        if placeholder := _PLACEHOLDER.match(item):
            return key, placeholder[1], None, None
    elif not isinstance(item, (dict, list)):
        return key, None, item, None
    return key, None, None, _compile(item)


def find_placeholders(template: object) -> frozenset[str]:
    """Return the names of all placeholders in `template`."""
    if isinstance(template, str):
        placeholder = _PLACEHOLDER.match(template)
        return frozenset([placeholder[1]] if placeholder else _INLINE.findall(template))
    if isinstance(template, dict):
        return frozenset().union(*(find_placeholders(item) for item in template.values()))
    if isinstance(template, list):
        return frozenset().union(*(find_placeholders(item) for item in template))
    return frozenset()


def match_template(template: object, value: object) -> dict[str, object] | None:
    """Return the values that fill `template` to `value`, or None when it has another shape.

    `value` may lack a key whose part of the template has placeholders, and may have keys that
    the template does not have.
    """
    values: dict[str, object] = {}
    return values if _match(template, value, values) else None


def _match(template: object, value: object, values: dict[str, object]) -> bool:
    if isinstance(template, str):
        return _match_text(template, value, values)
    if isinstance(template, dict):
        return isinstance(value, dict) and all(
            _match(item, value[key], values) if key in value else bool(find_placeholders(item))
            for key, item in template.items()
            if key != _WHEN
        )
    if isinstance(template, list):
        return (
            isinstance(value, list)
            and len(template) == len(value)
            and all(_match(part, item, values) for part, item in zip(template, value, strict=True))
        )
    return template == value


def _match_text(template: str, value: object, values: dict[str, object]) -> bool:
    if placeholder := _PLACEHOLDER.match(template):
        values[placeholder[1]] = value
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
        values.update(hit.groupdict())
    return hit is not None
