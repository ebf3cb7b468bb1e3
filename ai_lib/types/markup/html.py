"""Renders tables, details and notes as HTML for notebooks, with all text escaped."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from ai_lib.types.json import is_number

_LEFT: Final = "text-align:left;vertical-align:top"
_MAX_LENGTH: Final = 300
_MAX_UNBROKEN: Final = 40


def escape_text(value: object) -> str:
    """Return a value's text, escaped and cut to 300 characters."""
    content = str(value)
    return escape(content if len(content) <= _MAX_LENGTH else f"{content[:_MAX_LENGTH]}…")


def render_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; numbers are aligned to the right, None is a dash."""
    style = f"{_LEFT};white-space:nowrap"
    head = "".join(f'<th style="{style}">{escape_text(name)}</th>' for name in columns)
    body = "".join(f"<tr>{''.join(map(_render_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def render_facts(pairs: Mapping[str, object]) -> str:
    """Return a table of names and values; pairs without a value are left out."""
    values = {name: value for name, value in pairs.items() if value not in (None, "")}
    if not all(is_number(value) for value in values.values()):  # a column has one alignment
        values = {name: _format_value(value) for name, value in values.items()}
    rows = (
        f'<th style="{_LEFT}">{escape_text(name)}</th>{_render_cell(value)}'
        for name, value in values.items()
    )
    return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"


def render_code(value: str) -> str:
    """Return a text as preformatted code, uncut."""
    return f'<pre style="white-space:pre-wrap"><code>{escape(value)}</code></pre>'


def render_details(title: str, inner: str) -> str:
    """Return a part that a click opens; `inner` is HTML."""
    return f"<details><summary>{escape_text(title)}</summary>{inner}</details>"


def escape_lines(value: str) -> str:
    """Return a text on one line of HTML, with its line ends as `<br>`."""
    lines = escape(value.strip()).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "<br>".join(lines)


def render_note(value: str) -> str:
    """Return a line in small print."""
    return f"<small>{escape(value)}</small>"


def _render_cell(value: object) -> str:
    if is_number(value):
        return f'<td style="text-align:right;vertical-align:top">{_format_value(value)}</td>'
    content = "-" if value is None or value == "" else str(value)
    wrapping = "" if len(content) > _MAX_UNBROKEN else ";white-space:nowrap"
    return f'<td style="{_LEFT}{wrapping}">{escape_text(content)}</td>'


def _format_value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.6g}"
    return f"{value:,}" if is_number(value) else str(value)
