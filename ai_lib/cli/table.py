"""Tables for people and JSON for programs, on standard output."""

import json
import sys
from collections.abc import Mapping, Sequence

from ai_lib.types.json import JsonObject


def table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """Return rows as aligned text under a line of column names."""
    lines = [dict(zip(columns, columns, strict=True)), *rows]
    widths = {name: max(len(line[name]) for line in lines) for name in columns}
    return "".join(
        "  ".join(line[name].ljust(widths[name]) for name in columns).rstrip() + "\n"
        for line in lines
    )


def write_json(value: Sequence[JsonObject]) -> None:
    """Write a value to standard output as indented JSON."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
