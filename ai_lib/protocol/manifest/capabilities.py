"""What a provider or a model can do, under one name each, whatever version declares it."""

import functools
from collections.abc import Iterable, Mapping
from typing import Final

from ai_lib.errors.exceptions import CapabilityError
from ai_lib.protocol.manifest.model import ProtocolManifest
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
}
# The words that a set of flags (v1) knows; it says nothing of anything else.
_FLAGS: Final = frozenset(
    {"streaming", "tools", "vision", "agentic", "reasoning", "parallel_tools"}
)
# Words that lists (1.0, 1.1) had no name for yet.
_YOUNGER_THAN_LISTS: Final = frozenset({"structured_output"})
# What a chat may need; the rest are operations of their own.
_CHAT: Final = frozenset(
    {"text", "streaming", "tools", "parallel_tools", "vision", "audio", "structured_output"}
)
# What no version has a word for.
_NAMELESS: Final = frozenset({"document"})
_NOT_IN_FLAGS: Final = (_CHAT | {"video"}) - _FLAGS


# What operations beside chat need, by how their names begin.
_OPERATIONS: Final = {
    "mcp": "mcp_client",
    "computer_use": "computer_use",
    "reasoning": "reasoning",
    "video": "video",
    "image": "image_generation",
    "embedding": "embeddings",
    "rerank": "rerank",
    "stt": "stt",
    "speech_to_text": "stt",
    "tts": "tts",
    "text_to_speech": "tts",
    "batch": "batch",
}


def find_operation_capability(operation: str) -> str | None:
    """Return the capability that an operation such as `mcp_call_tool` needs, or None."""
    found = (need for prefix, need in _OPERATIONS.items() if operation.startswith(prefix))
    return next(found, None)


@functools.lru_cache(maxsize=256)
def normalize_capability(name: str) -> str:
    """Return the one name of a capability: `chat` is `text`, `tool_call` is `tools`."""
    lowered = name.strip().lower().replace("-", "_")
    return _NORMAL.get(lowered, lowered)


def read_capabilities(
    block: JsonValue,
) -> tuple[frozenset[str] | None, frozenset[str]] | None:
    """Return what a `capabilities` section declares and what it can't speak of.

    A section is a list (1.0, 1.1), flags (v1), or `required`, `optional` and `feature_flags`
    (v2); None stands for something else.
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
    """Return which inputs other than text a model's `modalities` say that it takes, or does not."""
    taken = modalities.get("input") if isinstance(modalities, Mapping) else None
    if not isinstance(taken, list):
        return {}
    return {"vision": "image" in taken, "audio": "audio" in taken, "video": "video" in taken}


def require_capabilities(manifest: ProtocolManifest, *names: str, model: str = "") -> None:
    """Check that the manifest declares these capabilities, before anything is sent.

    What its model entry says comes first, then what the provider declares, with what its
    `multimodal` section says is not supported left out of that; what the manifest
    can't speak of is allowed, and so is, where it has no capabilities at all, what every chat
    provider may have.

    Raises:
        CapabilityError: (E1005) it does not declare one; the message lists what it declares.
    """
    for name in names:
        wanted = normalize_capability(name)
        if not allows_capability(manifest, wanted, model):
            declared = ", ".join(sorted(manifest.capabilities or ())) or "nothing"
            where = f"{manifest.id}/{model}" if model in manifest.models else manifest.id
            lack = "has no chat" if wanted == "text" else f"does not declare {wanted!r}"
            raise CapabilityError(
                f"{where} {lack}, so nothing was sent; its manifest declares {declared}",
                capability=wanted,
                provider=manifest.id,
            )


def allows_capability(manifest: ProtocolManifest, name: str, model: str) -> bool:
    """Whether the manifest lets a model be asked for what needs this capability."""
    entry = manifest.models.get(model)
    known = entry.capabilities.get(name) if entry is not None else None
    if known is not None:
        return known
    if manifest.multimodal.refuses(name):
        return False
    if name in _NAMELESS:
        return True
    if manifest.capabilities is None:
        return name in _CHAT
    return name in manifest.capabilities or name in manifest.unspoken


def _normalize_all(names: Iterable[object]) -> frozenset[str]:
    return frozenset(normalize_capability(name) for name in names if isinstance(name, str))
