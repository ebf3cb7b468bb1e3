"""The table of types in the pages on tools and on structured output.

`python -m tests.documents.type_table` writes it there; a test compares.
"""

import collections
import dataclasses
import datetime
import enum
import ipaddress
import json
import pathlib
import re
import uuid
from decimal import Decimal
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    TypedDict,
    TypeVar,
)

import annotated_types
import msgspec
import pydantic

from ai_lib.types.schema.reading import ReadContext, decode_exactly
from ai_lib.types.schema.schema import describe, make_reader, read_value

T = TypeVar("T")
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


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Dog(msgspec.Struct, tag=True):
    name: str


class Cat(msgspec.Struct, tag=True):
    lives: int


class First(pydantic.BaseModel):
    kind: Literal["a"]
    x: int


class Second(pydantic.BaseModel):
    kind: Literal["b"]
    y: str


class Box(msgspec.Struct, Generic[T]):
    content: T


@dataclasses.dataclass
class Node:
    value: int
    below: "list[Node]" = dataclasses.field(default_factory=list)


UserId = NewType("UserId", int)
LowerText = Annotated[str, annotated_types.Predicate(str.islower)]
Tagged = Annotated[First | Second, pydantic.Field(discriminator="kind")]

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
    ("IPv4Address", ipaddress.IPv4Address, '"10.0.0.1"'),
    ("re.Pattern", re.Pattern, '"^a+$"'),
    ("pydantic.AnyUrl", pydantic.AnyUrl, '"https://example.com/"'),
    ('Literal["a", "b"]', Literal["a", "b"], '"b"'),
    ("Color(Enum)", Color, '"red"'),
    ("Level(IntEnum)", Level, "2"),
    ("Literal[1, True, None]", Literal[1, True, None], "true"),
    ('NewType("UserId", int)', UserId, "5"),
    ("int | None", int | None, "null"),
    ("int | str", int | str, '"x"'),
    ("date | str", datetime.date | str, '"soon"'),
    ("list[int]", list[int], "[1, 2]"),
    ("set[int]", set[int], "[1, 2]"),
    ("frozenset[str]", frozenset[str], '["a"]'),
    ("deque[int]", collections.deque[int], "[1]"),
    ("tuple[int, ...]", tuple[int, ...], "[1, 2]"),
    ("tuple[int, str]", tuple[int, str], '[1, "a"]'),
    ("dict[str, int]", dict[str, int], '{"a": 1}'),
    ("dict[int, str]", dict[int, str], '{"1": "a"}'),
    ("dict[Color, int]", dict[Color, int], '{"red": 1}'),
    ("dict[date, int]", dict[datetime.date, int], '{"2030-01-02": 1}'),
    ('Annotated[int, "how many"]', Annotated[int, "how many"], "1"),
    ("Annotated[int, Meta(ge=1)]", Annotated[int, msgspec.Meta(ge=1)], "1"),
    ("Annotated[int, Field(ge=1)]", Annotated[int, pydantic.Field(ge=1)], "1"),
    ("Annotated[str, Len(1, 3)]", Annotated[str, annotated_types.Len(1, 3)], '"ab"'),
    ("Annotated[str, Predicate(str.islower)]", LowerText, '"ab"'),
    ("msgspec.Struct", Point, '{"x": 1}'),
    ("dataclass", Order, '{"count": 1}'),
    ("TypedDict", Row, '{"size": 1}'),
    ("NamedTuple", Pair, "[1, 2]"),
    ("pydantic.BaseModel", Model, '{"town": "Rome"}'),
    ("Struct with a tag", Cat, '{"type": "Cat", "lives": 9}'),
    ("Dog \\| Cat, with tags", Dog | Cat, '{"type": "Dog", "name": "Rex"}'),
    ("A \\| B, by a discriminator", Tagged, '{"kind": "b", "y": "q"}'),
    ("Struct[int], generic", Box[int], '{"content": 1}'),
    ("dataclass that holds itself", Node, '{"value": 1, "below": [{"value": 2}]}'),
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
