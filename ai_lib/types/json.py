"""The types of decoded JSON, where its shape is the provider's or the author's, and its writer."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, TypeAlias, TypeGuard, cast

import msgspec

from ai_lib.errors.exceptions import RequestError

JsonValue: TypeAlias = Any
JsonObject: TypeAlias = Mapping[str, JsonValue]
JsonDict: TypeAlias = dict[str, JsonValue]


def is_object(value: object) -> TypeGuard[JsonDict]:
    """Whether decoded JSON is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[JsonValue]]:
    """Whether decoded JSON is a list."""
    return isinstance(value, list)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether decoded JSON is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_object(value: JsonValue) -> JsonObject:
    """Return decoded JSON that is an object, an empty one for anything else."""
    return cast("JsonObject", value) if isinstance(value, Mapping) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    """Return decoded JSON that is a list, an empty one for anything else."""
    return value if is_list(value) else []


def as_size(value: JsonValue) -> int | None:
    """Return a number from 1 on; None for anything else, as some write 0 for an unknown size."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def find_member(value: object, path: str | Sequence[str]) -> object:
    """Return the member at a dotted path, or at these names; None where there is none."""
    for name in path.split(".") if isinstance(path, str) else path:
        if not isinstance(value, Mapping):
            return None
        value = cast("JsonObject", value).get(name)
    return value


def encode_json(value: object) -> bytes:
    """Return a value as JSON, as it is sent.

    Subclasses of `str`, as template engines have them, go as text, `Decimal` and the numbers of
    other packages as numbers.

    Raises:
        RequestError: a part of it has no form in JSON, as NaN and infinite numbers have none.
    """
    try:
        encoded = JSON_ENCODER.encode(value)
        # NaN and infinite numbers become null, which is rare enough to look at each.
        if b"null" in encoded:
            require_finite(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RequestError(f"the request can't be written as JSON: {error}") from error
    return encoded


def to_plain_value(value: object) -> JsonValue:
    """Return a value of a type that JSON does not know as text or number.

    Raises:
        TypeError: it is neither.
        ValueError: it is no finite number.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        if not math.isfinite(value):
            raise ValueError(_describe_number("", float(value)))
        return float(value)
    raise TypeError(f"a {type(value).__name__} can't be written as JSON")


def require_finite(value: object, to_plain: Callable[[Any], Any] = to_plain_value) -> None:
    """Raise ValueError for NaN and infinite numbers anywhere in a value; it says where.

    `to_plain` makes plain values of what msgspec does not know.
    """
    plain = msgspec.to_builtins(value, enc_hook=to_plain, str_keys=True)
    for path, number in _find_numbers(plain, ""):
        if not math.isfinite(number):
            raise ValueError(_describe_number(path, number))


def _find_numbers(value: JsonValue, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, float):
        yield path, value
    elif is_object(value):
        for name, member in value.items():
            yield from _find_numbers(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple | set | frozenset):
        for index, member in enumerate(cast("Iterable[JsonValue]", value)):
            yield from _find_numbers(member, f"{path}[{index}]")


def _describe_number(path: str, number: float) -> str:
    subject = f"{path} is {number}" if path else f"a number is {number}"
    return f"{subject}, which is no number in JSON; give a finite one, or leave it out"


JSON_ENCODER = msgspec.json.Encoder(enc_hook=to_plain_value, decimal_format="number")
