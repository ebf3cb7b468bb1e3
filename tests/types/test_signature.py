"""What a function takes: told to the model, and bound from what the model gives."""

import dataclasses
import datetime
import enum
import functools
import math
import pathlib
from decimal import Decimal
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pydantic
import pytest

from ai_lib.errors import ValidationError
from ai_lib.types import ToolDefinition
from ai_lib.types.schema.docstring import describe_parameters
from ai_lib.types.schema.signature import Signature


class Unit(enum.Enum):
    C = "c"


@dataclasses.dataclass
class Point:
    x: int


class Options(TypedDict, total=False):
    deep: bool


class Model(pydantic.BaseModel):
    limit: int


def everything(
    a: Annotated[int, "The first."],
    b: Point,
    /,
    c: list[Point] = [],  # noqa: B006 (a default as people write it)
    *,
    d: Model | None = None,
    e: Unit = Unit.C,
    f: Annotated[str, pydantic.Field(description="Said by a field.")] = "x",
    g: Literal[1, 2] = 1,
    h: int | str = 3,
    i: Options | None = None,
    j: Any = None,
) -> None:
    """Do it all.

    Args:
        c: The points.
    """


def test_the_schema_has_every_annotation() -> None:
    properties = ToolDefinition.from_function(everything).parameters["properties"]
    assert properties["a"] == {"type": "integer", "description": "The first."}
    assert properties["b"] == {"$ref": "#/$defs/Point"}
    assert properties["c"] == {
        "type": "array",
        "items": {"$ref": "#/$defs/Point"},
        "default": [],
        "description": "The points.",
    }
    assert properties["d"]["anyOf"][1] == {"type": "null"}
    assert properties["e"] == {"$ref": "#/$defs/Unit", "default": "c"}
    assert properties["f"]["description"] == "Said by a field."
    assert properties["g"] == {"enum": [1, 2], "type": "integer", "default": 1}
    assert properties["h"]["anyOf"] == [{"type": "integer"}, {"type": "string"}]
    assert properties["j"] == {"default": None}
    assert ToolDefinition.from_function(everything).parameters["required"] == ["a", "b"]


def test_arguments_are_bound_as_the_function_takes_them() -> None:
    given = {
        "a": 1,
        "b": {"x": 2},
        "c": [{"x": 3}],
        "d": {"limit": 4},
        "e": "c",
        "i": {"deep": True},
    }
    positional, named = Signature(everything).bind(given)
    assert positional == (1, Point(2))
    assert named == {"c": [Point(3)], "d": Model(limit=4), "e": Unit.C, "i": {"deep": True}}
    everything(*positional, **named)


def test_everything_that_does_not_fit_is_told() -> None:
    with pytest.raises(ValidationError) as caught:
        Signature(everything).bind({"b": {"x": "y"}, "d": {"limit": "many"}, "z": 1})
    first, *others = caught.value.problems
    assert first.startswith("/z: is not a parameter; the parameters are a, b, c")
    assert others[:2] == ["/a: is missing", "/b/x: Expected int, got str"]
    assert others[2].startswith("/d/limit: Input should be a valid integer")


def test_constraints_hold_for_calls_too() -> None:
    def week(days: Annotated[int, msgspec.Meta(ge=1, le=7)]) -> None: ...

    assert Signature(week).bind({"days": 7}) == ((), {"days": 7})
    with pytest.raises(ValidationError, match="/days: Expected int <= 7"):
        Signature(week).bind({"days": 8})


def test_methods_partial_functions_and_callable_objects_are_functions() -> None:
    class Adder:
        """Adds."""

        def add(self, a: int) -> int:
            """Add one."""
            return a + 1

        def __call__(self, b: int) -> int:
            """Add two."""
            return b + 2

    method = ToolDefinition.from_function(Adder().add)
    assert (method.name, list(method.parameters["properties"])) == ("add", ["a"])
    called = ToolDefinition.from_function(Adder())
    assert (called.name, list(called.parameters["properties"])) == ("Adder", ["b"])
    partial = ToolDefinition.from_function(functools.partial(everything, 1, Point(1)))
    assert partial.name == "everything"
    assert "a" not in partial.parameters["properties"]


def test_an_annotation_that_can_not_be_resolved_is_refused() -> None:
    def strange(what: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(TypeError, match="can't be resolved"):
        ToolDefinition.from_function(strange)


def test_a_default_that_is_no_json_is_left_out_of_the_schema() -> None:
    class Own:
        pass

    def takes(value: Any = Own()) -> None: ...  # noqa: B008

    assert ToolDefinition.from_function(takes).parameters["properties"] == {"value": {}}


def google(a: int, b: int) -> None:
    """Do it.

    Args:
        a (int, optional): The first,
            over two lines.
        **b (dict[str, int]): The second: with a colon.

    Returns:
        c: Nothing.
    """


def numpy(a: int, b: int, c: int) -> None:
    """Do it.

    Parameters
    ----------
    a, b : int
        Both,
        over two lines.
    c : int, optional
        The last.

    Returns
    -------
    d : int
        Nothing.
    """


def rest(a: int, b: int, c: int) -> None:
    """Do it.

    :param a: The first,
        over two lines.
    :param int b: The second.
    :type b: int
    :returns: Nothing.
    """


def epytext(a: int, b: int) -> None:
    """Do it.
    @param a: The first,
        over two lines.
    @param b: The second.
    @return: Nothing.
    """


def sloppy(a: int, b: int, c: int) -> None:
    """Do it,
    slowly.
    Parameters:
      - `a` (int) - The first.
      * **b**: The second.
    - c -- The last.
    Returns:
      d: Nothing.
    """


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (epytext, {"a": "The first, over two lines.", "b": "The second."}),
        (sloppy, {"a": "The first.", "b": "The second.", "c": "The last."}),
        (google, {"a": "The first, over two lines.", "b": "The second: with a colon."}),
        (
            numpy,
            {"a": "Both, over two lines.", "b": "Both, over two lines.", "c": "The last."},
        ),
        (rest, {"a": "The first, over two lines.", "b": "The second."}),
        (len, {}),
    ],
)
def test_parameters_are_described_in_the_usual_forms(
    function: Any, expected: dict[str, str]
) -> None:
    assert describe_parameters(function) == expected


def test_the_first_paragraph_ends_where_the_parameters_begin() -> None:
    assert ToolDefinition.from_function(sloppy).description == "Do it, slowly."
    assert ToolDefinition.from_function(epytext).description == "Do it."


def test_what_a_partial_function_has_bound_is_no_parameter() -> None:
    bound = functools.partial(functools.partial(everything, c=[Point(1)]), d=None)
    tool = ToolDefinition.from_function(bound)
    assert (tool.name, tool.description) == ("everything", "Do it all.")
    assert {"c", "d"}.isdisjoint(tool.parameters["properties"])
    with pytest.raises(ValidationError, match="/c: is not a parameter"):
        Signature(bound).bind({"a": 1, "b": {"x": 1}, "c": []})


def test_wrapped_static_and_called_functions_are_read_where_they_are_written() -> None:
    def twice(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*args: Any, **options: Any) -> Any:
            return function(*args, **options)

        return wrapper

    class Shop:
        @staticmethod
        def find(a: Annotated[int, "what"]) -> int:
            """Find."""
            return a

        @classmethod
        def sell(cls, a: int = None) -> None:  # type: ignore[assignment]  # noqa: RUF013
            """Sell."""

        @twice
        def buy(self, a: Point) -> None:
            """Buy."""

    for function in (Shop.find, Shop.sell, Shop().buy, Shop.__dict__["find"]):
        tool = ToolDefinition.from_function(function)
        assert list(tool.parameters["properties"]) == ["a"], tool.name
    assert Signature(Shop().buy).bind({"a": {"x": 1}}) == ((), {"a": Point(1)})
    assert Signature(Shop.sell).bind({"a": None}) == ((), {"a": None})


def test_an_annotation_that_the_function_does_not_need_is_not_resolved() -> None:
    def find(a: "int", b: "Nowhere" = 1) -> "Nowhere": ...  # type: ignore  # noqa: F821, PGH003

    tool = ToolDefinition.from_function(functools.partial(find, b=2))
    assert list(tool.parameters["properties"]) == ["a"]


def test_defaults_are_told_as_the_model_would_write_them() -> None:
    def paint(
        e: Unit = Unit.C,
        day: datetime.date = datetime.date(2030, 1, 2),
        price: Decimal = Decimal("1.5"),
        size: tuple[int, int] = (1, 2),
        at: Point = Point(3),  # noqa: B008
        model: Model = Model(limit=4),  # noqa: B008
        where: pathlib.Path = pathlib.Path("/a"),
        far: float = math.inf,
    ) -> None: ...

    properties = ToolDefinition.from_function(paint).parameters["properties"]
    defaults = {name: schema.get("default") for name, schema in properties.items()}
    assert defaults == {
        "e": "c", "day": "2030-01-02", "price": "1.5", "size": [1, 2], "at": {"x": 3},
        "model": {"limit": 4}, "where": "/a", "far": None,
    }  # fmt: skip
