"""The types of decoded JSON, where its shape is the provider's or the author's, and its writer."""

import math
from collections.abc import Callable, Iterator, Mapping
from numbers import Integral, Real
from typing import Any, TypeAlias

import msgspec

from ai_lib.errors.exceptions import RequestError

JsonValue: TypeAlias = Any
JsonObject: TypeAlias = Mapping[str, JsonValue]
JsonDict: TypeAlias = dict[str, JsonValue]


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
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _find_numbers(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple | set | frozenset):
        for index, member in enumerate(value):
            yield from _find_numbers(member, f"{path}[{index}]")


def _describe_number(path: str, number: float) -> str:
    subject = f"{path} is {number}" if path else f"a number is {number}"
    return f"{subject}, which is no number in JSON; give a finite one, or leave it out"


JSON_ENCODER = msgspec.json.Encoder(enc_hook=to_plain_value, decimal_format="number")
