"""Counts the tokens of one request, block by block, by its dialect's token rules."""

import math
from collections.abc import Callable
from typing import Final

import msgspec

from ai_lib.protocol.dialect.token_rules import TokenShape
from ai_lib.tokens.media import (
    count_audio_tokens,
    count_document_pages,
    count_image_tokens,
    read_document_text,
)
from ai_lib.types.content import (
    AudioBlock,
    Block,
    DocumentBlock,
    HostedToolBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from ai_lib.types.json import JsonObject
from ai_lib.types.message import Message
from ai_lib.types.request import OFF, ChatRequest
from ai_lib.types.tool import ToolDefinition

# The tokens around text are published, but not for every model: at most twice as many.
_MARGIN: Final = 2
# Images are scaled before they are counted, to sizes that are rounded somehow.
_IMAGE_MARGIN: Final = 1.25
_BLOCKS_WITH_SIGNATURE: Final = (TextBlock, ThinkingBlock, ToolUseBlock)


class RequestCounter:
    """Adds up the tokens of requests: their estimate, and their upper bound.

    `has_guesses` says that a size was unknown, or that a part was counted by a published rule of
    thumb rather than by the encoding.
    """

    def __init__(
        self,
        shape: TokenShape,
        model: str,
        count: Callable[[str], int],
        count_at_most: Callable[[str], int],
    ) -> None:
        self._shape = shape
        self._image = shape.find_image_shape(model)
        self._weights = shape.find_weights(model)
        self._count = count
        self._count_at_most = count_at_most
        self.tokens = 0
        self.at_most = 0
        self.has_guesses = False

    def add(self, request: ChatRequest) -> None:
        """Add a whole request."""
        weights = self._weights
        self._add_with_margin(weights.request)
        for message in request.messages:
            self._add_message(message)
        if request.tools:
            self.has_guesses = True
            self._add_with_margin(weights.tools)
            for tool in request.tools:
                self._add_tool(tool)
        if request.response_format is not None and request.response_format.schema:
            self.has_guesses = True
            self._add_with_margin(weights.schema)
            self._add_text(_to_json(request.response_format.schema), weights.answer)
            self._add_repeated_definitions(request.response_format.schema)
        if _shall_think(request):
            self._add_with_margin(weights.thinking)
        self._add_tokens(self._shape.reply)

    def _add_message(self, message: Message) -> None:
        self._add_tokens(self._shape.message)
        if message.name:
            self._add_tokens(self._shape.named)
            self._add_text(message.name)
        for block in message.blocks:
            self._add_block(block)

    def _add_block(self, block: Block) -> None:
        if self._weights.signature and isinstance(block, _BLOCKS_WITH_SIGNATURE):
            self._add_with_margin(math.ceil(len(block.signature or "") * self._weights.signature))
        if isinstance(block, TextBlock):
            self._add_text(block.text)
        elif isinstance(block, ThinkingBlock):
            self._add_text(block.thinking)
        elif isinstance(block, ImageBlock):
            tokens, is_known = count_image_tokens(block, self._image)
            self.has_guesses = self.has_guesses or not is_known
            self._add_tokens(tokens, math.ceil(tokens * (_IMAGE_MARGIN if is_known else _MARGIN)))
        else:
            self.has_guesses = True
            self._add_other_block(block)

    def _add_other_block(self, block: Block) -> None:
        if isinstance(block, AudioBlock):
            self._add_with_margin(count_audio_tokens(block, self._shape))
        elif isinstance(block, DocumentBlock):
            text = read_document_text(block)
            if text is None:
                pages, most_pages = count_document_pages(block)
                most_page = self._shape.most_page or self._shape.page * _MARGIN
                self._add_tokens(pages * self._shape.page, most_pages * most_page)
            else:
                self._add_text(text)
        elif isinstance(block, ToolUseBlock):
            self._add_with_margin(self._weights.call)
            self._add_text(f"{block.name} {_to_json(block.input)}")
        elif isinstance(block, ToolResultBlock):
            self._add_with_margin(self._weights.call)
            parts = (
                [TextBlock(text=block.content)] if isinstance(block.content, str) else block.content
            )
            for part in parts:
                self._add_block(part)
        else:
            # What it says to the provider is unknown: at most twice what it weighs as text.
            text = _to_json(block.raw if isinstance(block, HostedToolBlock) else block)
            self._add_text(text, self._weights.opaque)
            self.at_most += self._count_at_most(text)

    def _add_tool(self, tool: ToolDefinition) -> None:
        self._add_with_margin(self._weights.tool)
        if tool.is_of_provider:
            self._add_text(_to_json(tool.extra))
            return
        definition = f"{tool.name} {tool.description or ''} {_to_json(tool.parameters)}"
        if tool.extra:
            definition += _to_json(tool.extra)
        self._add_text(definition, self._weights.definition)
        self._add_repeated_definitions(tool.parameters)

    def _add_repeated_definitions(self, schema: JsonObject) -> None:
        """Raise the upper bound: a provider may write a definition wherever it is referred to."""
        definitions = schema.get("$defs") or schema.get("definitions")
        if definitions:
            uses = _to_json(schema).count('"$ref"')
            self.at_most += uses * self._count_at_most(_to_json(definitions))

    def _add_text(self, text: str, share: float = 1.0) -> None:
        """Add a text, of which the provider counts a share."""
        factor = self._weights.text
        self.tokens += math.ceil(self._count(text) * factor * share)
        self.at_most += math.ceil(self._count_at_most(text) * factor * max(share, 1.0))

    def _add_tokens(self, tokens: int, at_most: int | None = None) -> None:
        self.tokens += tokens
        self.at_most += tokens if at_most is None else at_most

    def _add_with_margin(self, tokens: int) -> None:
        self.tokens += tokens
        self.at_most += tokens * _MARGIN


def _shall_think(request: ChatRequest) -> bool:
    effort = request.parameters.get("reasoning_effort")
    is_on = effort not in (None, False, OFF, "none")
    return is_on or bool(request.parameters.get("reasoning_budget"))


def _to_json(value: object) -> str:
    return msgspec.json.encode(value, enc_hook=repr).decode()
