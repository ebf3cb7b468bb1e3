"""Tables for people and JSON for programs, on standard output."""

import json
import sys
from collections.abc import Mapping, Sequence

from ai_lib.types.json import JsonObject


def table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as aligned text under a line of column names; numbers stand to the right."""
    lines = [dict(zip(columns, columns, strict=True)), *rows]
    widths = {name: max(len(line[name]) for line in lines) for name in columns}
    right = {name for name in columns if rows and all(_is_number(row[name]) for row in rows)}
    return "".join(
        "  ".join(
            line[name].rjust(widths[name]) if name in right else line[name].ljust(widths[name])
            for name in columns
        ).rstrip()
        + "\n"
        for line in lines
    )


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(".", "", 1).replace(",", "").partition(" ")[0].isdecimal()


def write_json(value: Sequence[JsonObject]) -> None:
    """Write a value to standard output as indented JSON."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
