"""Reads the arguments of a tool call out of their text."""

from typing import Final

import msgspec

from ai_lib.errors.exceptions import InvalidToolArguments
from ai_lib.pipeline.decoders.json_text import encode_json_text
from ai_lib.types.json import JsonDict

_FEWEST_INEXACT: Final = 12  # characters of arguments with a number that a float can't hold


def as_argument_text(arguments: object) -> str | None:
    """Return arguments as text, those that came as an object encoded; None for anything else."""
    if isinstance(arguments, str) or arguments is None:
        return arguments
    if isinstance(arguments, dict):
        return encode_json_text(arguments) if arguments else ""
    return None


def decode_arguments(text: str) -> object:
    """Return the value of a text, or the text itself where it is no JSON."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return text


def find_exact_arguments(text: str) -> str:
    """Return the text where a number in it has more digits than a float, else an empty one."""
    if len(text) < _FEWEST_INEXACT:
        return ""
    from ai_lib.pipeline.assembly.exact_numbers import find_exact_json

    return find_exact_json(text)


def parse_arguments(text: str, name: str, call_id: str) -> JsonDict:
    """Return the object that a text is.

    Raises:
        InvalidToolArguments: it is no JSON object.
    """
    if text.strip() in ("", "null"):
        return {}
    try:
        return msgspec.json.decode(text, type=JsonDict)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidToolArguments(
            f"the arguments of tool call {name!r} ({call_id}) are not a JSON object: {error}",
            tool_call_id=call_id,
            tool_name=name,
            raw=text,
        ) from error
