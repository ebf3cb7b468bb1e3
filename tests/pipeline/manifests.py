"""Compiled manifests for tests: the bundled ones, and small ones that show one rule each."""

import functools
from collections.abc import Iterable

from ai_lib.errors.exceptions import AiLibError
from ai_lib.pipeline import Pipeline
from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.protocol.compiled import CompiledManifest, compile_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.types.events import Event
from ai_lib.types.json import JsonDict


@functools.cache
def bundled(provider: str, family: str | None = None) -> CompiledManifest:
    """Give a bundled manifest, whatever protocol tree lies about."""
    document = find_bundled_manifest(provider)
    assert document is not None, provider
    return compile_manifest(read_manifest(document, provider, family))


def small(stream: JsonDict, **wire: object) -> CompiledManifest:
    """Give a manifest with a dialect of its own that has only this `stream` section."""
    shape = {"body": {}, "messages": {"roles": {}, "blocks": {}}}
    document = {
        "id": "toy",
        "protocol_version": "2.0",
        "endpoint": {"base_url": "https://toy.test"},
        "wire": {"request": shape, "stream": stream, **wire},
    }
    return compile_manifest(read_manifest(document, "toy"))


def read(compiled: CompiledManifest, *chunks: bytes) -> tuple[list[Event], AiLibError | None]:
    """Give what a stream of these bytes says, and how it failed."""
    pipeline = Pipeline(compiled)
    events = [event for chunk in chunks for event in pipeline.feed(chunk)]
    return events + pipeline.close(), pipeline.failure


def sse(frames: Iterable[str]) -> bytes:
    """Give the stream that has these data lines."""
    return "".join(f"data: {frame}\n\n" for frame in frames).encode()
