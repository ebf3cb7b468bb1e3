"""Finds a place for the files that tools return: in the result, in the next turn, or in words."""

from collections.abc import Mapping

import msgspec

from ai_lib.errors.exceptions import MediaError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.capabilities import allows_capability
from ai_lib.protocol.manifest.model import ModelEntry
from ai_lib.protocol.model import Model
from ai_lib.request.tool_names import describe_renamed, fit_tool_names
from ai_lib.types.content import (
    AudioBlock,
    Block,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ToolResultBlock,
)
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.request import ChatRequest

Media = ImageBlock | AudioBlock | DocumentBlock


def fit_tools(
    request: ChatRequest, compiled: CompiledManifest, model: Model
) -> tuple[ChatRequest, Mapping[str, str], list[str]]:
    """Return the request with tools, calls and results as the target takes them.

    With it come the own names of tools that were renamed, and notes on what was changed.
    """
    request, names = fit_tool_names(request, compiled.dialect.request.tool_names)
    fitter = ToolMediaFitter(compiled, model.entry)
    request = fitter.fit(request)
    return request, names, [*describe_renamed(names), *fitter.adaptations]


class ToolMediaFitter:
    """Moves what a target does not take in the result of a tool. `adaptations` lists the moves."""

    def __init__(self, compiled: CompiledManifest, entry: ModelEntry | None) -> None:
        self._compiled = compiled
        self._entry = entry
        self._blocks = compiled.dialect.request.messages.blocks
        self._place = compiled.dialect.request.messages.tool_media
        self.adaptations: list[str] = []

    def fit(self, request: ChatRequest) -> ChatRequest:
        """Return the request with every result of a tool as the target takes it."""
        messages: list[Message] = []
        moved: list[Block] = []
        for message in request.messages:
            if moved and message.role is not MessageRole.TOOL:
                messages.append(Message(MessageRole.USER, tuple(moved)))
                moved = []
            messages.append(self._fit_message(message, moved))
        if moved:
            messages.append(Message(MessageRole.USER, tuple(moved)))
        return msgspec.structs.replace(request, messages=tuple(messages))

    def _fit_message(self, message: Message, moved: list[Block]) -> Message:
        if not any(map(_holds_media, message.blocks)):
            return message
        blocks = tuple(
            self._fit_result(block, moved) if isinstance(block, ToolResultBlock) else block
            for block in message.blocks
        )
        return msgspec.structs.replace(message, content=blocks)

    def _fit_result(self, result: ToolResultBlock, moved: list[Block]) -> ToolResultBlock:
        if isinstance(result.content, str):
            return result
        tool_name = result.name or result.tool_use_id
        fitted: list[TextBlock | Media] = []
        for block in result.content:
            if not isinstance(block, ImageBlock | AudioBlock | DocumentBlock):
                fitted.append(block)  # text, or what only the provider understands
                continue
            name = _describe_media(block)
            reason = self._find_reason_against(block)
            if reason is not None:
                fitted.append(TextBlock(text=f"[{name} is left out: {reason}]"))
                self.adaptations.append(
                    f"{name} that the tool {tool_name} returned is left out: {reason}"
                )
            elif self._place == "inline" and isinstance(block, ImageBlock | DocumentBlock):
                fitted.append(block)
            else:
                fitted.append(TextBlock(text=f"[{name} follows in the next message]"))
                moved += [TextBlock(text=f"[{name} that the tool {tool_name} returned:]"), block]
                self.adaptations.append(
                    f"{name} that the tool {tool_name} returned goes into the next message of the "
                    f"user: {self._compiled.id} takes only text as the result of a tool"
                )
        return msgspec.structs.replace(result, content=tuple(fitted))

    def _find_reason_against(self, block: Media) -> str | None:
        """Return why the target can't have this block anywhere, None when it can."""
        if not self._can_take(block):
            return f"{self._compiled.id} takes none here"
        from ai_lib.request.media.fitter import MediaFitter

        alone = ChatRequest(messages=(Message(MessageRole.USER, (block,)),))
        try:
            MediaFitter(self._compiled.manifest.multimodal, self._compiled.id).fit(alone)
        except MediaError as error:
            return error.message
        return None

    def _can_take(self, block: Media) -> bool:
        family = _get_family(block)
        capability = "vision" if family == "image" else family
        if not allows_capability(self._compiled.manifest, capability, self._entry):
            return False
        if self._place == "none":
            return False
        source = "data" if block.url is None else "url"
        return f"{family}_{source}" in self._blocks


def _holds_media(block: Block) -> bool:
    if not isinstance(block, ToolResultBlock) or isinstance(block.content, str):
        return False
    return any(
        isinstance(inner, ImageBlock | AudioBlock | DocumentBlock) for inner in block.content
    )


def _get_family(block: Media) -> str:
    if isinstance(block, ImageBlock):
        return "image"
    return "audio" if isinstance(block, AudioBlock) else "document"


def _describe_media(block: Media) -> str:
    name = {"image": "an image", "audio": "audio", "document": "a document"}[_get_family(block)]
    file_name = block.filename if isinstance(block, DocumentBlock) else None
    facts = [file_name, block.media_type, f"{len(block.data) * 3 // 4} bytes" if block.data else ""]
    details = ", ".join(filter(None, facts))
    return f"{name} ({details})" if details else name
