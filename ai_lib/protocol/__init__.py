"""Manifests: reading, checking and compiling the description of a provider."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.protocol.compiled import (
        CompiledManifest as CompiledManifest,
        compile_manifest as compile_manifest,
    )
    from ai_lib.protocol.loader import (
        ProtocolLoader as ProtocolLoader,
    )
    from ai_lib.protocol.manifest import (
        ProtocolManifest as ProtocolManifest,
    )
    from ai_lib.protocol.reading import (
        SUPPORTED_PROTOCOL_VERSIONS as SUPPORTED_PROTOCOL_VERSIONS,
        read_manifest as read_manifest,
    )

_WHERE = {
    "CompiledManifest": "ai_lib.protocol.compiled",
    "ProtocolLoader": "ai_lib.protocol.loader",
    "ProtocolManifest": "ai_lib.protocol.manifest",
    "SUPPORTED_PROTOCOL_VERSIONS": "ai_lib.protocol.reading",
    "compile_manifest": "ai_lib.protocol.compiled",
    "read_manifest": "ai_lib.protocol.reading",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
