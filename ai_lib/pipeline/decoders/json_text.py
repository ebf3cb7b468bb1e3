"""JSON as providers send it, decoded or refused with what came."""

import json
from typing import NoReturn

import msgspec

from ai_lib.errors.exceptions import DecodeError


def decode_json(data: bytes, what: str) -> object:
    """Return the JSON value in `data`.

    Raises:
        DecodeError: it is not JSON; `what` ("the reply", "a frame") begins the message, which
            shows how the data begins.
    """
    try:
        return msgspec.json.decode(data)
    except UnicodeDecodeError as error:
        _refuse(data, what, "is not UTF-8", error)
    except (msgspec.DecodeError, RecursionError) as error:
        return _decode_leniently(data, what, error)


def written(value: object) -> str:
    """Return what `decode_json` read as JSON text again, halves of characters as escapes.

    Raises:
        DecodeError: it is nested too deeply.
    """
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(value)
    except RecursionError as error:
        raise DecodeError("a value of the reply is nested too deeply", excerpt="") from error


def _decode_leniently(data: bytes, what: str, first: Exception) -> object:
    # Some servers split surrogate pairs over frames; only the standard library reads those.
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        _refuse(data, what, f"is not JSON ({first})", first)


def _refuse(data: bytes, what: str, problem: str, cause: Exception) -> NoReturn:
    excerpt = data[:200].decode("utf-8", "backslashreplace")
    raise DecodeError(f"{what} {problem}; it begins {excerpt!r}", excerpt=excerpt) from cause
