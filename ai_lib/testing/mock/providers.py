"""The providers that can be mocked: those of the bundled manifests and of given ones."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import msgspec

from ai_lib.protocol.bundle import list_bundled_names
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.dialect.model import Dialect
from ai_lib.protocol.dialect.reasoning import ReasoningShape
from ai_lib.protocol.manifest.model import Endpoint, ProtocolManifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.protocol.sources.folder import read_document
from ai_lib.testing.mock.own_rules.stream import write_own_stream
from ai_lib.testing.mock.serve_shape import ServeSection, read_serve_section

ManifestLike = ProtocolManifest | str | Path

_NO_PATH: Final = re.compile(r"(?!)")  # of a provider without chats
_MODEL: Final = re.escape("{model}")


class MockedProvider(msgspec.Struct, frozen=True, kw_only=True):
    """One provider, ready to be mocked. The patterns match its paths, behind `root`.

    `families` are the same provider by its other API families, each with paths of its own;
    `services` are what a client asks for by `invoke`.
    """

    manifest: ProtocolManifest
    dialect: Dialect
    serve: ServeSection
    compiled: CompiledManifest
    root: str
    chat_path: re.Pattern[str]
    stream_path: re.Pattern[str] | None
    embedding_path: re.Pattern[str] | None = None
    list_path: re.Pattern[str] | None = None
    count_path: re.Pattern[str] | None = None
    services: tuple[tuple[Endpoint, re.Pattern[str]], ...] = ()
    families: tuple[MockedProvider, ...] = ()
    reasoning: Mapping[str, ReasoningShape] = {}

    def match_chat(self, path: str) -> tuple[re.Match[str] | None, re.Match[str] | None]:
        """Return the matches of a path with that of plain chats and that of streamed ones."""
        stream_match = self.stream_path.match(path) if self.stream_path is not None else None
        return self.chat_path.match(path), stream_match

    def find_service(self, method: str, path: str) -> Endpoint | None:
        """Return the service of the manifest that has this path, None where it has none."""
        matching = (
            endpoint
            for endpoint, pattern in self.services
            if endpoint.method == method and pattern.match(path)
        )
        return next(matching, None)

    def find_family(self, path: str) -> MockedProvider:
        """Return the provider by the API family whose chats have this path, else by its first."""
        providers = (self, *self.families)
        matching = (provider for provider in providers if any(provider.match_chat(path)))
        return next(matching, self)


class MockProviders:
    """Finds providers by id or alias; given manifests come before those of the catalog."""

    def __init__(self, manifests: Sequence[ManifestLike]) -> None:
        compiled_manifests = [compile_manifest(_load_manifest(manifest)) for manifest in manifests]
        self._custom = {
            name: compiled
            for compiled in compiled_manifests
            for name in (compiled.id, *compiled.manifest.aliases)
        }
        self._catalog = ManifestCatalog()
        self._loaded: dict[str, MockedProvider] = {}
        self._lock = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of the given and the bundled providers."""
        custom_ids = {compiled.id for compiled in self._custom.values()}
        return tuple(sorted(custom_ids | set(list_bundled_names("manifests"))))

    def find(self, name: str) -> MockedProvider:
        """Return the provider of that id or alias.

        Raises:
            ManifestNotFound: there is none; the message lists near matches.
            ProtocolError: its manifest or dialect can't be used.
        """
        with self._lock:
            if name not in self._loaded:
                compiled = self._custom.get(name) or self._catalog.load(name)
                self._loaded[name] = _find_mocked_provider(compiled)
            return self._loaded[name]


# A manifest is compiled once for all mocks of the process, and so is its other side.
_MOCKED: Final[WeakKeyDictionary[CompiledManifest, MockedProvider]] = WeakKeyDictionary()


def _find_mocked_provider(compiled: CompiledManifest) -> MockedProvider:
    provider = _MOCKED.get(compiled)
    if provider is None:
        families = tuple(_make_families(compiled))
        provider = msgspec.structs.replace(_make_mocked_provider(compiled), families=families)
        _MOCKED[compiled] = provider
    return provider


def _load_manifest(manifest: ManifestLike) -> ProtocolManifest:
    if isinstance(manifest, ProtocolManifest):
        return manifest
    path = Path(manifest)
    return read_manifest(read_document(path), str(path))


def _make_families(compiled: CompiledManifest) -> Iterator[MockedProvider]:
    """Yield the provider by each of its API families that can be asked to chat."""
    if len(compiled.manifest.api_families) < 2:
        return
    for name in compiled.manifest.api_families:
        family = compiled.find_family(name)
        if family.can_chat and _list_chat_parts(family) != _list_chat_parts(compiled):
            yield _make_mocked_provider(family)


def _list_chat_parts(compiled: CompiledManifest) -> tuple[str, str, str]:
    """Return what tells the chats of API families apart: the dialect and the path."""
    endpoint = compiled.find_endpoint("chat")
    path = endpoint.path if endpoint else compiled.dialect.request.path
    return compiled.dialect.dialect, compiled.manifest.base_path, path


def _make_mocked_provider(compiled: CompiledManifest) -> MockedProvider:
    manifest, dialect = compiled.manifest, compiled.dialect
    endpoint = compiled.find_endpoint("chat")
    path = endpoint.path if endpoint else dialect.request.path
    replacement = dialect.request.stream_path
    stream_path = path.replace(replacement["from"], replacement["to"]) if replacement else None
    serve = read_serve_section(dialect, manifest.source)
    stream = write_own_stream(manifest, dialect, serve.stream)
    return MockedProvider(
        manifest=manifest,
        dialect=dialect,
        compiled=compiled,
        serve=msgspec.structs.replace(serve, stream=stream),
        # A part that the caller or the environment fills has the part's name here.
        root=re.sub(r"\$?\{(\w+)\}", r"\1", urlsplit(manifest.base_url).path.rstrip("/")),
        chat_path=_compile_path(path, manifest.base_path) if path else _NO_PATH,
        stream_path=_compile_path(stream_path, manifest.base_path) if stream_path else None,
        embedding_path=_compile_embedding_path(compiled),
        list_path=_compile_endpoint_path(compiled, "list_models"),
        count_path=_compile_endpoint_path(compiled, "count_tokens"),
        services=tuple(
            (service, _compile_path(service.path, manifest.base_path))
            for service in manifest.services.values()
        ),
        reasoning=compiled.reasoning,
    )


def _compile_embedding_path(compiled: CompiledManifest) -> re.Pattern[str] | None:
    if compiled.embeddings is None:
        return None
    endpoint = compiled.find_endpoint("embeddings")
    return _compile_path(
        endpoint.path if endpoint else compiled.embeddings.shape.path, compiled.manifest.base_path
    )


def _compile_endpoint_path(compiled: CompiledManifest, name: str) -> re.Pattern[str] | None:
    endpoint = compiled.find_endpoint(name)
    return None if endpoint is None else _compile_path(endpoint.path, compiled.manifest.base_path)


def _compile_path(path: str, base_path: str) -> re.Pattern[str]:
    path = urlsplit(path).path if "://" in path else path
    # Vendors' own clients put an API version of their choice before the path.
    pattern = re.escape(path).replace(_MODEL, "(?P<model>.+?)")
    pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", pattern)  # what the caller or the environment fills
    return re.compile(rf"{re.escape(base_path)}(?:/v\d\w*)?{pattern}\Z")
