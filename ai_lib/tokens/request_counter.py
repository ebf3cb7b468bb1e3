"""Counts the tokens of one request, block by block, by its dialect's token rules."""

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
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition

# The tokens of an id, a role and the like around a tool call or its result.
_CALL_TOKENS: Final = 12
# The tokens around text are published, but not for every model: at most twice as many.
_MARGIN: Final = 2


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
        self._count = count
        self._count_at_most = count_at_most
        self.tokens = 0
        self.at_most = 0
        self.has_guesses = False

    def add(self, request: ChatRequest) -> None:
        """Add a whole request."""
        for message in request.messages:
            self._add_message(message)
        if request.tools:
            self.has_guesses = True
            self._add_with_margin(self._shape.tools)
            for tool in request.tools:
                self._add_tool(tool)
        if request.response_format is not None and request.response_format.schema:
            self.has_guesses = True
            self._add_text(_to_json(request.response_format.schema))
        self._add_tokens(self._shape.reply)

    def _add_message(self, message: Message) -> None:
        self._add_tokens(self._shape.message)
        if message.name:
            self._add_tokens(self._shape.named)
            self._add_text(message.name)
        for block in message.blocks:
            self._add_block(block)

    def _add_block(self, block: Block) -> None:
        if isinstance(block, TextBlock):
            self._add_text(block.text)
        elif isinstance(block, ThinkingBlock):
            self._add_text(block.thinking)
        elif isinstance(block, ImageBlock):
            tokens, is_known = count_image_tokens(block, self._image)
            self.has_guesses = self.has_guesses or not is_known
            self._add_tokens(tokens)
        else:
            self.has_guesses = True
            self._add_other_block(block)

    def _add_other_block(self, block: Block) -> None:
        if isinstance(block, AudioBlock):
            self._add_with_margin(count_audio_tokens(block, self._shape))
        elif isinstance(block, DocumentBlock):
            text = read_document_text(block)
            if text is None:
                self._add_tokens(count_document_pages(block) * self._shape.page)
            else:
                self._add_text(text)
        elif isinstance(block, ToolUseBlock):
            self._add_with_margin(_CALL_TOKENS)
            self._add_text(f"{block.name} {_to_json(block.input)}")
        elif isinstance(block, ToolResultBlock):
            self._add_with_margin(_CALL_TOKENS)
            parts = (
                [TextBlock(text=block.content)] if isinstance(block.content, str) else block.content
            )
            for part in parts:
                self._add_block(part)
        else:
            self._add_text(_to_json(block))

    def _add_tool(self, tool: ToolDefinition) -> None:
        self._add_with_margin(self._shape.tool)
        if tool.is_of_provider:
            self._add_text(_to_json(tool.extra))
            return
        self._add_text(f"{tool.name} {tool.description or ''} {_to_json(tool.parameters)}")

    def _add_text(self, text: str) -> None:
        self.tokens += self._count(text)
        self.at_most += self._count_at_most(text)

    def _add_tokens(self, tokens: int) -> None:
        self.tokens += tokens
        self.at_most += tokens

    def _add_with_margin(self, tokens: int) -> None:
        self.tokens += tokens
        self.at_most += tokens * _MARGIN


def _to_json(value: object) -> str:
    return msgspec.json.encode(value, enc_hook=repr).decode()
