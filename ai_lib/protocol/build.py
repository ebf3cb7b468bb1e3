"""From a document that was found to a manifest in force: validated, read, compiled."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ai_lib.errors.exceptions import ManifestSyntaxError
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import compile_path
from ai_lib.protocol.sources.folder import ManifestDocument
from ai_lib.types.json import JsonValue


def build_manifest(
    found: ManifestDocument, *, strict: bool = False, api_family: str | None = None
) -> CompiledManifest:
    """Return the compiled manifest of a document, as one of its API families is to be spoken.

    Raises:
        ProtocolError: it breaks the protocol's rules (all of them are listed with their places),
            it can't be read or compiled, or it comes from an address and holds regular expressions.
    """
    if found.origin != "bundled":
        from ai_lib.protocol.validation.validator import ProtocolValidator

        validator = ProtocolValidator(found.schemas, strict=strict)
        result = validator.validate(found.document, source=found.source, text=found.text)
        result.raise_if_invalid()
    manifest = read_manifest(found.document, found.source, api_family)
    if found.origin == "remote":
        _refuse_regular_expressions(found)
    return compile_manifest(msgspec.structs.replace(manifest, origin=found.origin))


_REGULAR: Final = re.compile(r"\b(match|search)\s*\(")


def _refuse_regular_expressions(found: ManifestDocument) -> None:
    """Raise ManifestSyntaxError for one: a stranger's can be made to take forever."""
    for text in filter(_REGULAR.search, _iterate_texts(found.document)):
        for compile_text in (compile_path, compile_expression):
            try:
                compile_text(text)
            except ManifestSyntaxError:
                continue  # words of a note, not a path
            try:
                compile_text(text, trusted=False)
            except ManifestSyntaxError as error:
                error.message = f"{found.source}: {error.message}"
                error.source = found.source
                raise


def _iterate_texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _iterate_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _iterate_texts(item)
