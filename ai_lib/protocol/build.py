"""Builds a compiled manifest from a document: validates, reads and compiles it."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ai_lib.errors.exceptions import ManifestSyntaxError
from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import compile_path
from ai_lib.protocol.sources.folder import ManifestDocument
from ai_lib.types.json import JsonValue


def build_manifest(
    manifest_document: ManifestDocument, *, strict: bool = False, api_family: str | None = None
) -> CompiledManifest:
    """Return the compiled manifest of a document, for one of its API families.

    Raises:
        ProtocolError: the document breaks the protocol's rules (the message lists every problem
            with its position), it can't be read or compiled, or it comes from an address and holds
            regular expressions.
    """
    is_bundled = manifest_document.origin == "bundled"
    if not is_bundled:
        from ai_lib.protocol.validation.validator import ProtocolValidator

        validator = ProtocolValidator(manifest_document.schemas, strict=strict)
        result = validator.validate(
            manifest_document.document, source=manifest_document.source, text=manifest_document.text
        )
        result.raise_if_invalid()
    manifest = read_manifest(
        manifest_document.document, manifest_document.source, api_family, is_json=is_bundled
    )
    if manifest_document.origin == "remote":
        _refuse_regular_expressions(manifest_document)
    return compile_manifest(msgspec.structs.replace(manifest, origin=manifest_document.origin))


# They are immutable and ship with the library: one of each serves all clients of the process.
_BUNDLED: Final[dict[tuple[str, str | None], CompiledManifest]] = {}


def build_bundled_manifest(name: str, api_family: str | None = None) -> CompiledManifest | None:
    """Return the bundled manifest of a provider's id or alias, compiled once, or None.

    Raises as `build_manifest`.
    """
    document = find_bundled_manifest(name)
    if document is None:
        return None
    provider = str(document["id"])
    compiled = _BUNDLED.get((provider, api_family))
    if compiled is None:
        source = f"bundled manifest {provider}"
        manifest_document = ManifestDocument(document=document, source=source, origin="bundled")
        compiled = build_manifest(manifest_document, api_family=api_family)
        # Where two threads compile it at once, both get the first.
        compiled = _BUNDLED.setdefault((provider, api_family), compiled)
    return compiled


_REGULAR: Final = re.compile(r"\b(match|search)\s*\(")


def _refuse_regular_expressions(manifest_document: ManifestDocument) -> None:
    """Raise ManifestSyntaxError when an untrusted document holds one: it could run forever."""
    for text in filter(_REGULAR.search, _iterate_texts(manifest_document.document)):
        for compile_text in (compile_path, compile_expression):
            try:
                compile_text(text)
            except ManifestSyntaxError:
                continue  # words of a note, not a path
            try:
                compile_text(text, trusted=False)
            except ManifestSyntaxError as error:
                error.message = f"{manifest_document.source}: {error.message}"
                error.source = manifest_document.source
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
