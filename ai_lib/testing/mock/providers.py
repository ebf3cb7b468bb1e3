"""The providers that can be imitated: the bundled manifests and those handed in."""

import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ai_lib.protocol.bundle import list_bundled_names
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.dialect.model import Dialect
from ai_lib.protocol.manifest.model import ProtocolManifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.protocol.sources.folder import read_document
from ai_lib.testing.mock.serve_shape import ServeShape, serve_shape

ManifestLike = ProtocolManifest | str | Path

_MODEL: Final = re.escape("{model}")


class MockedProvider(msgspec.Struct, frozen=True, kw_only=True):
    """One provider, ready to be imitated. `chat` matches its chat path, `streams` the streamed,
    `embeds` that of its vectors.
    """

    manifest: ProtocolManifest
    dialect: Dialect
    serve: ServeShape
    root: str
    chat: re.Pattern[str]
    streams: re.Pattern[str] | None
    embeds: re.Pattern[str] | None = None


class MockProviders:
    """Finds providers by id or alias; a manifest handed in comes before one that is found."""

    def __init__(self, manifests: Sequence[ManifestLike]) -> None:
        own = [compile_manifest(_manifest(manifest)) for manifest in manifests]
        self._own = {name: one for one in own for name in (one.id, *one.manifest.aliases)}
        self._catalogue = ManifestCatalog()
        self._ready: dict[str, MockedProvider] = {}
        self._lock = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of the providers that are handed in or bundled."""
        own = {compiled.id for compiled in self._own.values()}
        return tuple(sorted(own | set(list_bundled_names("manifests"))))

    def find(self, name: str) -> MockedProvider:
        """Return the provider of that id or alias.

        Raises:
            ManifestNotFound: there is none; near matches are listed.
            ProtocolError: its manifest or dialect can't be used.
        """
        with self._lock:
            if name not in self._ready:
                compiled = self._own.get(name) or self._catalogue.load(name)
                self._ready[name] = _imitated(compiled)
            return self._ready[name]


def _manifest(given: ManifestLike) -> ProtocolManifest:
    if isinstance(given, ProtocolManifest):
        return given
    path = Path(given)
    return read_manifest(read_document(path), str(path))


def _imitated(compiled: CompiledManifest) -> MockedProvider:
    manifest, dialect = compiled.manifest, compiled.dialect
    endpoint = compiled.find_endpoint("chat")
    path = endpoint.path if endpoint else dialect.request.path
    switch = dialect.request.stream_path
    streamed = path.replace(switch["from"], switch["to"]) if switch else None
    return MockedProvider(
        manifest=manifest,
        dialect=dialect,
        serve=serve_shape(dialect, manifest.source),
        root=urlsplit(manifest.base_url).path.rstrip("/"),
        chat=_pattern(path),
        streams=_pattern(streamed) if streamed else None,
        embeds=_embeds(compiled),
    )


def _embeds(compiled: CompiledManifest) -> re.Pattern[str] | None:
    if compiled.embeddings is None:
        return None
    endpoint = compiled.find_endpoint("embeddings")
    return _pattern(endpoint.path if endpoint else compiled.embeddings.shape.path)


def _pattern(path: str) -> re.Pattern[str]:
    # Vendors' own clients put an API version of their choice before the path.
    named = re.escape(path).replace(_MODEL, "(?P<model>.+?)")
    return re.compile(rf"(?:/v\d\w*)?{named}\Z")
