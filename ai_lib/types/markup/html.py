"""HTML for a notebook: tables, folded parts and notes, all of their text escaped."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

_LEFT: Final = "text-align:left;vertical-align:top"
_SHOWN: Final = 300
_SHORT: Final = 40


def text(value: object) -> str:
    """Return a value's text, escaped; what is very long is cut."""
    said = str(value)
    return escape(said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows under a head; numbers stand to the right, None is a dash."""
    head = "".join(f'<th style="{_LEFT};white-space:nowrap">{text(name)}</th>' for name in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def facts(pairs: Mapping[str, object]) -> str:
    """Return names and their values, one pair a row; those without a value are left out."""
    known = {name: value for name, value in pairs.items() if value not in (None, "")}
    if not all(_is_number(value) for value in known.values()):  # a column has one side
        known = {name: _words(value) for name, value in known.items()}
    rows = (f'<th style="{_LEFT}">{text(name)}</th>{_cell(known[name])}' for name in known)
    return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"


def code(value: str) -> str:
    """Return a text as it is, in the type of code, whatever its length."""
    return f'<pre style="white-space:pre-wrap"><code>{escape(value)}</code></pre>'


def folded(title: str, inner: str) -> str:
    """Return a part that opens on a click; `inner` is HTML."""
    return f"<details><summary>{text(title)}</summary>{inner}</details>"


def prose(value: str) -> str:
    """Return a text with its line ends, on one line of HTML, so that no Markdown is seen in it."""
    lines = escape(value.strip()).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "<br>".join(lines)


def note(value: str) -> str:
    """Return a line of lesser weight."""
    return f"<small>{escape(value)}</small>"


def _cell(value: object) -> str:
    if _is_number(value):
        return f'<td style="text-align:right;vertical-align:top">{_words(value)}</td>'
    said = "-" if value is None or value == "" else str(value)
    break_up = "" if len(said) > _SHORT else ";white-space:nowrap"
    return f'<td style="{_LEFT}{break_up}">{text(said)}</td>'


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _words(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.6g}"
    return f"{value:,}" if _is_number(value) else str(value)
