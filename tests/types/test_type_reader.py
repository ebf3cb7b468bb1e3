"""One reader of types: what it accepts its schema accepts, and the other way round."""

import collections
import dataclasses
import datetime
import enum
import json
import pathlib
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, TypedDict, TypeVar, Union

import annotated_types
import hypothesis.strategies as st
import jsonschema
import msgspec
import pydantic
import pytest
from hypothesis import HealthCheck, given, reject, settings

from ai_lib.structured import OutputValidator
from ai_lib.types.schema.reading import ReadContext, decode_exactly
from ai_lib.types.schema.schema import JsonMismatch, describe, make_reader, read_value
from tests.thoroughness import count_examples

T = TypeVar("T")


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.Enum):
    SMALL = (1, 2)
    LARGE = (3, 4)


class Address(pydantic.BaseModel):
    town: str = pydantic.Field(alias="Town")


class Dog(msgspec.Struct, tag="dog"):
    name: str


class Cat(msgspec.Struct, tag="cat"):
    lives: Annotated[int, msgspec.Meta(ge=1, le=9)] = 9


@dataclasses.dataclass
class Node:
    value: int
    below: "list[Node]" = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Order:
    count: Annotated[int, annotated_types.Ge(1)]
    price: Decimal
    note: Annotated[str, "what is said"] = ""
    address: Address | None = None


class Row(TypedDict, total=False):
    size: Annotated[float, annotated_types.Interval(gt=0, le=10)]


class Position(NamedTuple):
    x: int
    y: int = 0


class Box(msgspec.Struct, Generic[T]):
    content: T


class Name(str):
    """A name."""

    __slots__ = ()


UserId = NewType("UserId", int)

MOMENT = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
ORDER = Order(1, Decimal("2.5"), "", Address(Town="Rome"))
# Type, what is given, what comes back (None of `MISFIT`: refused).
REFUSED = object()
CASES: list[tuple[object, object, object]] = [
    (int, 3.0, 3),
    (int, 1e25, 10**25),
    (int, "3", REFUSED),
    (int, True, REFUSED),
    (int, 3.5, REFUSED),
    (float, 3, 3.0),
    (bool, 1, REFUSED),
    (str, 1, REFUSED),
    (UserId, 5, 5),
    (Name, "Ada", Name("Ada")),
    (Decimal, "1.10", Decimal("1.10")),
    (Decimal, 2, Decimal(2)),
    (datetime.datetime, "2030-01-02T03:04:05Z", MOMENT),
    (datetime.date, "2030-01-02", datetime.date(2030, 1, 2)),
    (datetime.time, "03:04:05", datetime.time(3, 4, 5)),
    (datetime.timedelta, "PT90S", datetime.timedelta(seconds=90)),
    (uuid.UUID, "00000000-0000-0000-0000-000000000005", uuid.UUID(int=5)),
    (pathlib.Path, "/tmp/a", pathlib.Path("/tmp/a")),
    (bytes, "aGk=", b"hi"),
    (pydantic.AnyUrl, "https://a.b/c", pydantic.AnyUrl("https://a.b/c")),
    (Colour, "red", Colour.RED),
    (Colour, "green", REFUSED),
    (Level, 2, Level.HIGH),
    (Size, [1, 2], Size.SMALL),
    (Literal["a", 1, None], 1, 1),
    (Literal["a", 1], True, REFUSED),
    (int | None, None, None),
    (int | str, "x", "x"),
    (float | int, 3, 3),
    (datetime.date | str, "2030-01-02", datetime.date(2030, 1, 2)),
    (datetime.date | str, "soon", "soon"),
    (list[int], [1, 2], [1, 2]),
    (set[int], [1, 2], {1, 2}),
    (set[int], [1, 1], REFUSED),
    (frozenset[str], ["a"], frozenset("a")),
    (tuple[int, str], [1, "a"], (1, "a")),
    (tuple[int, str], [1], REFUSED),
    (tuple[int, ...], [1, 2, 3], (1, 2, 3)),
    (collections.deque[int], [1], collections.deque([1])),
    (dict[int, str], {"1": "a"}, {1: "a"}),
    (dict[int, str], {"x": "a"}, REFUSED),
    (dict[Colour, int], {"red": 1}, {Colour.RED: 1}),
    (dict[datetime.date, int], {"2030-01-02": 1}, {datetime.date(2030, 1, 2): 1}),
    (Annotated[list[int], annotated_types.Len(1, 2)], [1, 2, 3], REFUSED),
    (Annotated[int, pydantic.Field(ge=1)], 0, REFUSED),
    (Annotated[str, annotated_types.Predicate(str.islower)], "A", REFUSED),
    (Dog | Cat, {"type": "cat", "lives": 3}, Cat(3)),
    (Dog | Cat, {"type": "cat", "lives": 30}, REFUSED),
    (Dog | Address, {"Town": "Rome"}, Address(Town="Rome")),
    (Node, {"value": 1, "below": [{"value": 2}]}, Node(1, [Node(2)])),
    (Order, {"count": 1, "price": 2.5, "address": {"Town": "Rome"}}, ORDER),
    (Order, {"count": 0, "price": 2.5}, REFUSED),
    (Row, {"size": 1}, {"size": 1.0}),
    (Row, {"size": 0}, REFUSED),
    (Position, [1, 2], Position(1, 2)),
    (Box[int], {"content": 1}, Box(1)),
    (Box[int], {"content": "1"}, REFUSED),
    (Address, {"Town": 5}, REFUSED),
    (list[Annotated[Dog | Cat, "a beast"]], [{"type": "dog", "name": "Rex"}], [Dog("Rex")]),
]  # fmt: skip


def read(kind: Any, value: Any, *, coerce: bool = False) -> object:
    try:
        return read_value(make_reader(kind), value, ReadContext(coerce=coerce))
    except JsonMismatch:
        return REFUSED


def test_every_kind_of_type_is_read() -> None:
    wrong = []
    for kind, given_value, expected in CASES:
        found = read(kind, given_value)
        if found != expected or type(found) is not type(expected):
            wrong.append((kind, given_value, found))
        jsonschema.Draft202012Validator.check_schema(describe(make_reader(kind)))
    assert wrong == []


def test_what_a_lenient_reading_takes_is_listed() -> None:
    cases: list[tuple[Any, object, object]] = [
        (int, "50", 50),
        (int, "50.5", REFUSED),
        (float, "1e3", 1000.0),
        (bool, "True", True),
        (bool, "yes", REFUSED),
        (list[int], "[1, 2]", [1, 2]),
        (list[int], '["1"]', [1]),
        (dict[str, int], '{"a": "1"}', {"a": 1}),
        (Node, {"value": "1", "below": None}, Node(1)),
        (Colour, "RED", Colour.RED),
        (Level, "2", Level.HIGH),
        (Address, '{"Town": "Rome"}', Address(Town="Rome")),
        (int | None, "7", 7),
    ]
    for kind, value, expected in cases:
        reading = ReadContext(coerce=True)
        found = make_reader(kind).read(value, "", reading)
        assert (REFUSED if reading.problems else found) == expected, (kind, value)
        assert bool(reading.adaptations) or expected is REFUSED, (kind, value)


def test_no_digit_of_a_decimal_is_lost() -> None:
    text = '{"count": 1, "price": 12345678901234567890.12, "other": [0.1]}'
    order: Any = read_value(make_reader(Order), decode_exactly(text), ReadContext())
    assert order.price == Decimal("12345678901234567890.12")
    model = pydantic.create_model("Bill", amount=(Decimal, ...), rate=(float, ...))
    bill: Any = OutputValidator(model).validate(
        '{"amount": 12345678901234567890.12, "rate": 0.1234567890123456789}'
    )
    assert bill.value.amount == Decimal("12345678901234567890.12")
    assert bill.value.rate == 0.1234567890123456789
    assert isinstance(bill.data["rate"], float)


def test_what_no_schema_can_say_is_told_with_its_place() -> None:
    @dataclasses.dataclass
    class Job:
        act: Callable[[], int]

    with pytest.raises(TypeError, match=r"Job\.act: Callable.*write a type that JSON can say"):
        make_reader(Job)


def test_a_discriminated_union_says_where_it_is_wrong() -> None:
    first = pydantic.create_model("First", kind=(Literal["a"], ...), x=(int, ...))
    second = pydantic.create_model("Second", kind=(Literal["b"], ...), y=(str, ...))
    kind = Annotated[first | second, pydantic.Field(discriminator="kind")]  # type: ignore[operator]
    result = OutputValidator(kind).validate('{"value": {"kind": "b", "y": 5}}')
    assert [problem.pointer for problem in result.problems] == ["/y"]


# The types that the property is checked with, and values, many of which nearly fit.

LEAVES: list[object] = [
    int, float, str, bool, None, Decimal, Colour, Level, Any, UserId,
    Literal["a", "b"], Literal[1, 2],
    Annotated[int, annotated_types.Interval(ge=0, lt=5)],
    Annotated[int, pydantic.Field(ge=0, lt=5)],
    Annotated[float, msgspec.Meta(gt=-1)],
    Annotated[str, annotated_types.Len(1, 3)],
    Annotated[str, msgspec.Meta(pattern="^a")],
]  # fmt: skip
counter = iter(range(10**9))


def make_class(maker: str, kinds: list[object]) -> object:
    name, names = f"Made{next(counter)}", [f"m{index}" for index in range(len(kinds))]
    defaults = kinds and len(kinds) % 2
    if maker == "pydantic":
        fields: dict[str, Any] = {
            member: (kind, None if defaults and member == names[-1] else ...)
            for member, kind in zip(names, kinds, strict=True)
        }
        try:
            return pydantic.create_model(name, **fields)
        except pydantic.errors.PydanticUserError:  # it knows no struct, and not every TypedDict
            maker = "dataclass"
    if maker == "struct":
        return msgspec.defstruct(name, list(zip(names, kinds, strict=True)))  # type: ignore[arg-type]
    if maker == "dataclass":
        return dataclasses.make_dataclass(name, list(zip(names, kinds, strict=True)))
    return TypedDict(name, dict(zip(names, kinds, strict=True)))  # type: ignore[misc,operator]


def extend(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(
        inner.map(lambda kind: list[kind]),  # type: ignore[valid-type]
        inner.map(lambda kind: dict[str, kind]),  # type: ignore[valid-type]
        inner.map(lambda kind: Union[kind, None]),  # noqa: UP007
        st.tuples(inner, inner).map(lambda kinds: Union[kinds]),  # noqa: UP007
        st.tuples(inner, inner).map(lambda kinds: tuple[kinds]),  # type: ignore[valid-type]
        st.builds(
            make_class,
            st.sampled_from(["pydantic", "struct", "dataclass", "dict"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
    )


def has_class(kind: object, test: Callable[[Any], bool]) -> bool:
    return test(kind) or any(has_class(arg, test) for arg in getattr(kind, "__args__", ()))


KINDS = st.recursive(st.sampled_from(LEAVES), extend, max_leaves=6)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 6), st.sampled_from([0.5, 2.0, -1.0]),
    st.sampled_from(["a", "b", "red", "abcd", "", "1", "true"]),
)  # fmt: skip


def values_of(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that mostly fit a schema."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return st.one_of([values_of(branch, root) for branch in schema["anyOf"]])
    if "enum" in schema:
        return st.one_of(st.sampled_from(schema["enum"]), SCALARS)
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return st.tuples(*(values_of(item, root) for item in schema["prefixItems"])).map(list)
        case "array":
            return st.lists(values_of(schema.get("items", {}), root), max_size=3)
        case "object" if "properties" in schema:
            members = schema["properties"].items()
            return st.fixed_dictionaries(
                {}, optional={name: values_of(member, root) for name, member in members}
            )
        case "object":
            others = schema.get("additionalProperties")
            inner = values_of(others if isinstance(others, dict) else {}, root)
            return st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    plain = {
        "integer": st.integers(-3, 6), "number": st.sampled_from([0.5, 2.0]),
        "string": st.sampled_from(["a", "abc", "1.5"]), "boolean": st.booleans(), "null": st.none(),
    }.get(schema.get("type", ""), SCALARS)  # fmt: skip
    return st.one_of(plain, plain, plain, SCALARS)


@settings(max_examples=count_examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=KINDS, data=st.data())
def test_the_reader_and_its_schema_accept_the_same(kind: Any, data: st.DataObject) -> None:
    try:
        reader = make_reader(kind)
    except TypeError as error:
        # pydantic asks for another TypedDict before Python 3.12, and knows no struct.
        if "TypedDict" not in str(error) and "Unable to generate pydantic" not in str(error):
            raise
        reject()
    schema = describe(reader)
    validator = jsonschema.Draft202012Validator(schema)
    value = data.draw(values_of(schema, schema))
    value = json.loads(json.dumps(value))
    reading = ReadContext()
    reader.read(value, "", reading)
    accepted = not reading.problems
    # Formats are no part of what this validator checks: of these types, that of Decimal.
    is_format = "decimal" in json.dumps(schema) or '"string"}]' in json.dumps(schema)
    if accepted or not is_format:
        assert accepted == validator.is_valid(value), (reading.problems, schema, value)
