"""The table of types in the pages on tools and on structured output.

`python -m tests.documents.type_table` writes it there; a test compares.
"""

import dataclasses
import datetime
import enum
import json
import pathlib
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, TypedDict

import msgspec
import pydantic

from ai_lib.types.schema.reading import ReadContext, decode_exactly
from ai_lib.types.schema.schema import describe, make_reader, read_value

PAGES: Final = tuple(
    Path(__file__).parents[2] / "docs" / name for name in ("structured.md", "tools.md")
)
START: Final = "<!-- types: python -m tests.documents.type_table -->\n"
END: Final = "<!-- /types -->\n"


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(msgspec.Struct):
    x: int
    y: int = 0


@dataclasses.dataclass
class Order:
    count: Annotated[int, "how many"]


class Row(TypedDict):
    size: float


class Model(pydantic.BaseModel):
    town: str = pydantic.Field(min_length=1)


class Pair(NamedTuple):
    left: int
    right: int


ROWS: Final[list[tuple[str, object, str]]] = [
    ("str", str, '"a"'),
    ("int", int, "3.0"),
    ("float", float, "3"),
    ("bool", bool, "true"),
    ("None", None, "null"),
    ("Any", Any, '{"a": [1]}'),
    ("Decimal", Decimal, "12345678901234567890.12"),
    ("datetime", datetime.datetime, '"2030-01-02T03:04:05Z"'),
    ("date", datetime.date, '"2030-01-02"'),
    ("time", datetime.time, '"03:04:05"'),
    ("timedelta", datetime.timedelta, '"PT90S"'),
    ("UUID", uuid.UUID, '"00000000-0000-0000-0000-000000000005"'),
    ("Path", pathlib.PurePosixPath, '"/a/b"'),
    ("bytes", bytes, '"aGk="'),
    ("pydantic.AnyUrl", pydantic.AnyUrl, '"https://example.com/"'),
    ('Literal["a", "b"]', Literal["a", "b"], '"b"'),
    ("Color(Enum)", Color, '"red"'),
    ("int | None", int | None, "null"),
    ("int | str", int | str, '"x"'),
    ("list[int]", list[int], "[1, 2]"),
    ("set[int]", set[int], "[1, 2]"),
    ("tuple[int, ...]", tuple[int, ...], "[1, 2]"),
    ("tuple[int, str]", tuple[int, str], '[1, "a"]'),
    ("dict[str, int]", dict[str, int], '{"a": 1}'),
    ("dict[int, str]", dict[int, str], '{"1": "a"}'),
    ('Annotated[int, "how many"]', Annotated[int, "how many"], "1"),
    ("Annotated[int, Meta(ge=1)]", Annotated[int, msgspec.Meta(ge=1)], "1"),
    ("Annotated[int, Field(ge=1)]", Annotated[int, pydantic.Field(ge=1)], "1"),
    ("msgspec.Struct", Point, '{"x": 1}'),
    ("dataclass", Order, '{"count": 1}'),
    ("TypedDict", Row, '{"size": 1}'),
    ("NamedTuple", Pair, "[1, 2]"),
    ("pydantic.BaseModel", Model, '{"town": "Rome"}'),
    ("Struct \\| BaseModel", Point | Model, '{"town": "Rome"}'),
]


def make_table() -> str:
    """Return the table, with the schema that the library makes and the value that it reads."""
    lines = ["| type | schema | JSON | value |", "|---|---|---|---|"]
    for name, kind, text in ROWS:
        reader = make_reader(kind)
        schema = json.dumps(describe(reader)).replace("|", "\\|")
        value = read_value(reader, decode_exactly(text), ReadContext())
        shown = name if "\\|" in name else name.replace("|", "\\|")
        lines.append(f"| `{shown}` | `{schema}` | `{text}` | `{value!r}` |")
    return "\n".join(lines) + "\n"


def replace_table(page: str) -> str:
    """Return a page with the table as it is now."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{make_table()}\n{END}{after}"


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(replace_table(path.read_text(encoding="utf-8")), encoding="utf-8")
