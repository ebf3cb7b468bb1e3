"""Manifests: reading, checking and compiling the description of a provider."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.protocol.compiled import (
        CompiledManifest as CompiledManifest,
        compile_manifest as compile_manifest,
    )
    from ai_lib.protocol.manifest.model import (
        ProtocolManifest as ProtocolManifest,
    )
    from ai_lib.protocol.manifest.models import (
        ModelRecord as ModelRecord,
    )
    from ai_lib.protocol.manifest.prices import (
        Prices as Prices,
    )
    from ai_lib.protocol.manifest.reader import (
        SUPPORTED_PROTOCOL_VERSIONS as SUPPORTED_PROTOCOL_VERSIONS,
        read_manifest as read_manifest,
    )
    from ai_lib.protocol.registry import (
        ModelRegistry as ModelRegistry,
    )
    from ai_lib.protocol.validation.validator import (
        Problem as Problem,
        ProtocolValidator as ProtocolValidator,
        ValidationResult as ValidationResult,
        validate_manifest as validate_manifest,
    )

    from .loader import (
        ProtocolLoader as ProtocolLoader,
    )
    from .sources.remote import (
        Fetch as Fetch,
        FetchResponse as FetchResponse,
    )

_WHERE = {
    "CompiledManifest": "ai_lib.protocol.compiled",
    "Fetch": ".sources.remote",
    "FetchResponse": ".sources.remote",
    "ModelRecord": "ai_lib.protocol.manifest.models",
    "ModelRegistry": "ai_lib.protocol.registry",
    "Prices": "ai_lib.protocol.manifest.prices",
    "Problem": "ai_lib.protocol.validation.validator",
    "ProtocolLoader": ".loader",
    "ProtocolManifest": "ai_lib.protocol.manifest.model",
    "ProtocolValidator": "ai_lib.protocol.validation.validator",
    "SUPPORTED_PROTOCOL_VERSIONS": "ai_lib.protocol.manifest.reader",
    "ValidationResult": "ai_lib.protocol.validation.validator",
    "compile_manifest": "ai_lib.protocol.compiled",
    "read_manifest": "ai_lib.protocol.manifest.reader",
    "validate_manifest": "ai_lib.protocol.validation.validator",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
