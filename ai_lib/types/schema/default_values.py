"""Says default values in JSON, for schemas."""

from typing import Final

import msgspec

from ai_lib.types.json import JsonValue, require_finite

MISSING_DEFAULT: Final = object()
"""A default that has no form in JSON, or none that a schema need show."""


def describe_default(value: object) -> JsonValue:
    """Return a default value as JSON, `MISSING_DEFAULT` when JSON can't say it."""
    dump = getattr(value, "model_dump", None)
    try:
        plain = (
            dump(mode="json") if callable(dump) else msgspec.to_builtins(value, enc_hook=_to_text)
        )
        plain = msgspec.json.decode(msgspec.json.encode(plain))
        require_finite(value if not callable(dump) else plain, _to_text)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return MISSING_DEFAULT
    return plain


def _to_text(value: object) -> JsonValue:
    import pathlib

    if isinstance(value, pathlib.PurePath):
        return str(value)
    raise TypeError
