"""Reads and checks capabilities, which have one name here whatever version declares them."""

import functools
from collections.abc import Iterable, Mapping
from typing import Final

from ai_lib.errors.exceptions import CapabilityError
from ai_lib.protocol.manifest.model import ModelEntry, ProtocolManifest
from ai_lib.types.json import JsonValue

# Other words that manifests, models and callers use for the same thing.
_NORMAL: Final = {
    "chat": "text",
    "tool": "tools",
    "tool_call": "tools",
    "tool_calls": "tools",
    "tool_calling": "tools",
    "function_calling": "tools",
    "parallel_tool_calls": "parallel_tools",
    "image": "vision",
    "image_input": "vision",
    "images": "image_generation",
    "extended_thinking": "reasoning",
    "thinking": "reasoning",
    "json_mode": "structured_output",
    "json_schema_mode": "structured_output",
    "structured_outputs": "structured_output",
    "embedding": "embeddings",
    "reranking": "rerank",
    "mcp": "mcp_client",
    "speech_to_text": "stt",
    "text_to_speech": "tts",
    "moderations": "moderation",
}
# The capabilities that a set of flags (v1) has a word for.
_FLAGS: Final = frozenset(
    {"streaming", "tools", "vision", "agentic", "reasoning", "parallel_tools"}
)
# The capabilities that lists (1.0, 1.1) had no word for.
_YOUNGER_THAN_LISTS: Final = frozenset({"structured_output"})
# The capabilities that a chat may need; the others belong to other operations.
_CHAT: Final = frozenset(
    {"text", "streaming", "tools", "parallel_tools", "vision", "audio", "structured_output"}
)
# The capabilities that the `multimodal` section may refuse.
_MEDIA: Final = frozenset({"vision", "audio", "document"})
# The capabilities that no version has a word for.
_NAMELESS: Final = frozenset({"document"})
_NOT_IN_FLAGS: Final = (_CHAT | {"video"}) - _FLAGS


# The capabilities that operations other than chat need, by the prefix of their names.
_OPERATIONS: Final = {
    "mcp": "mcp_client",
    "computer_use": "computer_use",
    "reasoning": "reasoning",
    "videos.": "video_generation",
    "video": "video",
    "image": "image_generation",
    "embedding": "embeddings",
    "rerank": "rerank",
    "stt": "stt",
    "speech_to_text": "stt",
    "tts": "tts",
    "text_to_speech": "tts",
    "speech": "tts",
    "transcribe": "stt",
    "translate": "stt",
    "score": "rerank",
    "moderate": "moderation",
    "ocr": "ocr",
    "file": "files",
    "batch": "batch",
}
# The capabilities that the protocol has no word for: a feature flag declares them, or the manifest
# itself describes an operation that needs them.
_FLAGGED: Final = frozenset({"moderation", "ocr", "files", "video_generation"})


def find_operation_capability(operation: str) -> str | None:
    """Return the capability that an operation such as `mcp_call_tool` needs, or None."""
    capabilities = (need for prefix, need in _OPERATIONS.items() if operation.startswith(prefix))
    return next(capabilities, None)


@functools.lru_cache(maxsize=256)
def normalize_capability(name: str) -> str:
    """Return the one name of a capability: `chat` is `text`, `tool_call` is `tools`."""
    lowered = name.strip().lower().replace("-", "_")
    return _NORMAL.get(lowered, lowered)


def read_capabilities(
    block: JsonValue,
) -> tuple[frozenset[str] | None, frozenset[str]] | None:
    """Return what a `capabilities` section declares, and what it has no word for.

    A section is a list (1.0, 1.1), flags (v1), or `required`, `optional` and `feature_flags`
    (v2). Return None for any other shape.
    """
    if block is None:
        return None, frozenset()
    if isinstance(block, list):
        return _normalize_all(block), _YOUNGER_THAN_LISTS
    if not isinstance(block, Mapping):
        return None
    if not {"required", "optional", "feature_flags"} & block.keys():
        declared = _normalize_all(name for name, value in block.items() if value is True)
        return declared | {"text"}, _NOT_IN_FLAGS - _normalize_all(block)
    lists = [block.get("required") or [], block.get("optional") or []]
    flags = block.get("feature_flags") or {}
    if not all(isinstance(part, list) for part in lists) or not isinstance(flags, Mapping):
        return None
    names = [*lists[0], *lists[1], *(name for name, value in flags.items() if value is True)]
    return _normalize_all(names), frozenset()


def read_modalities(modalities: JsonValue) -> dict[str, bool]:
    """Return whether a model's `modalities` include each input other than text."""
    inputs = modalities.get("input") if isinstance(modalities, Mapping) else None
    if not isinstance(inputs, list):
        return {}
    return {"vision": "image" in inputs, "audio": "audio" in inputs, "video": "video" in inputs}


def require_capabilities(
    manifest: ProtocolManifest, *names: str, model: str = "", entry: ModelEntry | None = None
) -> None:
    """Check that the manifest declares these capabilities, before anything is sent.

    The `entry` of the `model`, when it is listed, comes first, then the `multimodal` section, then
    the provider's capabilities. A capability that the manifest has no word for is allowed. A
    manifest without capabilities is allowed everything that a chat provider may have.

    Raises:
        CapabilityError: (E1005) one is not declared; the message lists those that are.
    """
    for name in names:
        capability = normalize_capability(name)
        if not allows_capability(manifest, capability, entry):
            declared = ", ".join(sorted(manifest.capabilities or ())) or "nothing"
            subject = manifest.id if entry is None else f"{manifest.id}/{model}"
            lack = "has no chat" if capability == "text" else f"does not declare {capability!r}"
            raise CapabilityError(
                f"{subject} {lack}, so nothing was sent; its manifest declares {declared}",
                capability=capability,
                provider=manifest.id,
            )


def require_operation(
    manifest: ProtocolManifest, name: str, *, model: str = "", entry: ModelEntry | None = None
) -> None:
    """Check that the manifest declares what an operation needs. Raises as `require_capabilities`.

    What the protocol has no word for, such as moderation, is declared by a feature flag, or by
    an endpoint or operation that the manifest itself describes.
    """
    capability = find_operation_capability(name)
    if capability is None:
        return
    if capability in _FLAGGED:
        operations = manifest.wire.get("operations")
        own_names = [*manifest.endpoints, *manifest.services, *(operations or ())]
        if any(find_operation_capability(own_name) == capability for own_name in own_names):
            return
    require_capabilities(manifest, capability, model=model, entry=entry)


def allows_capability(manifest: ProtocolManifest, name: str, entry: ModelEntry | None) -> bool:
    """Whether a request to a model may use this capability, as far as the manifest says."""
    declared = entry.capabilities.get(name) if entry is not None else None
    if declared is not None:
        return declared
    if name in _MEDIA and manifest.multimodal.refuses(name):
        return False
    if name in _NAMELESS:
        return True
    if manifest.capabilities is None:
        return name in _CHAT
    return name in manifest.capabilities or name in manifest.undeclarable


def _normalize_all(names: Iterable[object]) -> frozenset[str]:
    return frozenset(normalize_capability(name) for name in names if isinstance(name, str))
