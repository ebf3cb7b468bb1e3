"""Adds up the tokens of one request, block by block, as its dialect's figures say."""

from collections.abc import Callable
from typing import Final

import msgspec

from ai_lib.protocol.dialect.token_rules import TokenShape
from ai_lib.tokens.media import audio_tokens, document_pages, document_text, image_tokens
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

# What an id, a role and the like cost around a tool call or its result.
_CALL: Final = 12
# What surrounds text is published, but not for every model: at most twice as much.
_ROUNDING: Final = 2


class Weigher:
    """The tokens of what was added: about, and at most.

    `guessed` says that a size was not to be known, or that something is counted by a published rule
    of thumb rather than by the encoding.
    """

    def __init__(
        self,
        shape: TokenShape,
        model: str,
        count: Callable[[str], int],
        at_most: Callable[[str], int],
    ) -> None:
        self._shape = shape
        self._image = shape.find_image_shape(model)
        self._count = count
        self._most = at_most
        self.tokens = 0
        self.at_most = 0
        self.guessed = False

    def add(self, request: ChatRequest) -> None:
        """Add a whole request."""
        for message in request.messages:
            self._message(message)
        if request.tools:
            self.guessed = True
            self._around(self._shape.tools)
            for tool in request.tools:
                self._tool(tool)
        if request.response_format is not None and request.response_format.schema:
            self.guessed = True
            self._text(_json(request.response_format.schema))
        self._plain(self._shape.reply)

    def _message(self, message: Message) -> None:
        self._plain(self._shape.message)
        if message.name:
            self._plain(self._shape.named)
            self._text(message.name)
        for block in message.blocks:
            self._block(block)

    def _block(self, block: Block) -> None:
        if isinstance(block, TextBlock):
            self._text(block.text)
        elif isinstance(block, ThinkingBlock):
            self._text(block.thinking)
        elif isinstance(block, ImageBlock):
            tokens, known = image_tokens(block, self._image)
            self.guessed = self.guessed or not known
            self._plain(tokens)
        else:
            self.guessed = True
            self._other(block)

    def _other(self, block: Block) -> None:
        if isinstance(block, AudioBlock):
            self._around(audio_tokens(block, self._shape))
        elif isinstance(block, DocumentBlock):
            text = document_text(block)
            if text is None:
                self._plain(document_pages(block) * self._shape.page)
            else:
                self._text(text)
        elif isinstance(block, ToolUseBlock):
            self._around(_CALL)
            self._text(f"{block.name} {_json(block.input)}")
        elif isinstance(block, ToolResultBlock):
            self._around(_CALL)
            parts = (
                [TextBlock(text=block.content)] if isinstance(block.content, str) else block.content
            )
            for part in parts:
                self._block(part)
        else:
            self._text(_json(block))

    def _tool(self, tool: ToolDefinition) -> None:
        self._around(self._shape.tool)
        if tool.is_of_provider:
            self._text(_json(tool.extra))
            return
        self._text(f"{tool.name} {tool.description or ''} {_json(tool.parameters)}")

    def _text(self, text: str) -> None:
        self.tokens += self._count(text)
        self.at_most += self._most(text)

    def _plain(self, tokens: int) -> None:
        self.tokens += tokens
        self.at_most += tokens

    def _around(self, tokens: int) -> None:
        self.tokens += tokens
        self.at_most += tokens * _ROUNDING


def _json(value: object) -> str:
    return msgspec.json.encode(value, enc_hook=repr).decode()
