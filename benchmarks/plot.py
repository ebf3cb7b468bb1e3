"""A report as a picture: the CPU time of everyone, relative to the floor, as an SVG."""

import math
from html import escape
from itertools import groupby

from benchmarks.report import Report, Row

_LEFT, _WIDTH, _LINE = 330, 560, 18
_TICKS = (0.01, 0.1, 0.25, 0.5, 1, 2, 4, 10, 25, 100, 1000)


def svg(report: Report) -> str:
    """Draw a dot for each median and a line for its quartiles, on a logarithmic scale."""
    rows = [row for row in report.rows if row.contender != row.floor and row.ratio.middle > 0]
    if not rows:
        return _page([], 40)
    low = min(0.5, *(row.ratio.low for row in rows))
    high = max(2.0, *(row.ratio.high for row in rows))
    scale = _Scale(max(low, 0.001), high)
    parts, top = [_text(8, 20, "CPU time of the client, relative to the floor (1)", "bold")], 50
    for (question, case), group in groupby(rows, lambda row: (row.question, row.case)):
        parts.append(_text(8, top, f"{question}: {case}", "bold"))
        for row in group:
            top += _LINE
            parts += _mark(row, scale, top)
        top += _LINE + 8
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    lines = [part for tick in ticks for part in _tick(tick, scale, top)]
    return _page(lines + parts, top + 30)


class _Scale:
    def __init__(self, low: float, high: float) -> None:
        self._low, self._span = math.log(low), math.log(high) - math.log(low)

    def __call__(self, ratio: float) -> float:
        at = (math.log(max(ratio, 0.001)) - self._low) / self._span
        return _LEFT + _WIDTH * min(max(at, 0.0), 1.0)


def _mark(row: Row, scale: _Scale, top: float) -> list[str]:
    colour = "#0b6" if row.contender.startswith("ai_lib") else "#777"
    middle, y = scale(row.ratio.middle), top - 4
    low, high = scale(row.ratio.low), scale(row.ratio.high)
    return [
        _text(24, top, row.contender),
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" stroke="{colour}"/>',
        f'<circle cx="{middle:.1f}" cy="{y}" r="4" fill="{colour}"/>',
        _text(_LEFT + _WIDTH + 12, top, f"{row.ratio.middle:.2f}"),
    ]


def _tick(tick: float, scale: _Scale, bottom: float) -> list[str]:
    x, colour = scale(tick), "#333" if tick == 1 else "#ddd"
    line = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="32" y2="{bottom}" stroke="{colour}"/>'
    return [line, _text(x - 8, bottom + 16, f"{tick:g}")]


def _text(x: float, y: float, text: str, weight: str = "normal") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-weight="{weight}">{escape(text)}</text>'


def _page(parts: list[str], height: float) -> str:
    width = _LEFT + _WIDTH + 80
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}"'
    style = ' font-family="sans-serif" font-size="12">'
    return "\n".join(
        [head + style, '<rect width="100%" height="100%" fill="#fff"/>', *parts, "</svg>\n"]
    )
