"""Decodes JSON as providers send it; an error shows how the data begins."""

import json
from typing import NoReturn

import msgspec

from ai_lib.errors.exceptions import DecodeError
from ai_lib.types.json import require_finite


def decode_json(data: bytes, subject: str) -> object:
    """Return the JSON value in `data`.

    Raises:
        DecodeError: the data is not UTF-8 or not JSON; `subject` ("the response", "a frame")
            begins the message, which shows how the data begins.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _decode_leniently(data, subject, error)


def encode_json_text(value: object) -> str:
    """Return what `decode_json` read as JSON text again, halves of characters as escapes.

    NaN and infinite numbers, which some servers write, are written as they do.

    Raises:
        DecodeError: the value is nested too deeply.
    """
    try:
        text = msgspec.json.encode(value).decode()
        return json.dumps(value) if "null" in text and _holds_no_number(value) else text
    except UnicodeEncodeError:
        return json.dumps(value)
    except RecursionError as error:
        raise DecodeError("a value of the response is nested too deeply", excerpt="") from error


def _holds_no_number(value: object) -> bool:
    """Whether NaN or an infinite number is in a value, which msgspec writes as null."""
    try:
        require_finite(value)
    except ValueError:
        return True
    return False


def _decode_leniently(data: bytes, subject: str, msgspec_error: Exception) -> object:
    # Some servers split surrogate pairs over frames; only the standard library reads those. It
    # gets text: given bytes, it takes surrogates that are encoded as if they were characters.
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(data, subject, "is not UTF-8", error)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        _refuse(data, subject, f"is not JSON ({msgspec_error})", msgspec_error)


def _refuse(data: bytes, subject: str, problem: str, cause: Exception) -> NoReturn:
    excerpt = data[:200].decode("utf-8", "backslashreplace")
    raise DecodeError(f"{subject} {problem}; it begins {excerpt!r}", excerpt=excerpt) from cause
