"""Compiles the `error:` part of a dialect: where an error says what."""

import re
from collections.abc import Mapping

import msgspec

from ai_lib.errors.codes import REQUEST_TOO_LARGE
from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.dialect.model import ErrorShape
from ai_lib.protocol.query.path import JsonPath, compile_path


class CompiledErrors(msgspec.Struct, frozen=True, kw_only=True):
    """The paths of an error's facts, in the order they are tried, and the classes of its codes.

    `by_message` has the classes of phrases in its message, when the manifest's own tell nothing.
    `headers` has the headers that say a fact, `name_pattern` what counts of a code or a type.
    """

    facts: tuple[tuple[str, tuple[JsonPath, ...]], ...]
    by_code: Mapping[str, str]
    by_message: Mapping[str, str] = {}
    headers: Mapping[str, tuple[str, ...]] = {}
    name_pattern: re.Pattern[str] | None = None


def compile_errors(error_shape: ErrorShape, by_code: Mapping[str, str]) -> CompiledErrors:
    """Return where errors say what; `by_code` are the manifest's own classes of codes.

    Raises:
        ProtocolError: a path or the pattern of names does not parse.
    """
    shape = msgspec.structs.asdict(error_shape)
    codes, headers = shape.pop("codes"), shape.pop("headers")
    name_pattern = shape.pop("name_pattern")
    shape.pop("content_policy")
    context_phrases: tuple[str, ...] = shape.pop("context_length")
    return CompiledErrors(
        facts=tuple(
            (name, tuple(compile_path(text) for text in texts)) for name, texts in shape.items()
        ),
        by_code={**codes, **by_code},
        by_message=dict.fromkeys(context_phrases, REQUEST_TOO_LARGE.name),
        headers=headers,
        name_pattern=_compile_name_pattern(name_pattern) if name_pattern else None,
    )


def _compile_name_pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise ProtocolError(f"error.name_pattern is wrong: {error}") from error
    if pattern.groups != 1:
        raise ProtocolError("error.name_pattern must have one group, which is the name")
    return pattern
