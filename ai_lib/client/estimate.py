"""How many tokens a request may use, roughly and rather too high, for the rate limit."""

import math
from typing import Final

import msgspec

from ai_lib.types.content import TextBlock, ThinkingBlock
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest

# Of text in Latin letters a token is about four characters, of other scripts about one.
_LATIN: Final = 4
_PER_MESSAGE: Final = 4
_PER_MEDIUM: Final = 800
# What an answer may take when the request sets no bound.
_ANSWER: Final = 1024


def estimate_tokens(request: ChatRequest) -> float:
    """Return the tokens of the input and of the longest answer asked for."""
    words = sum(_of_message(message) for message in request.messages)
    tools = _of_text(msgspec.json.encode(list(request.tools)).decode()) if request.tools else 0
    most = request.parameters.get("max_tokens")
    answer = float(most) if isinstance(most, int | float) else _ANSWER
    candidates = request.parameters.get("n")
    return words + tools + answer * (candidates if isinstance(candidates, int) else 1)


def _of_message(message: Message) -> int:
    return _PER_MESSAGE + sum(_of_block(block) for block in message.blocks)


def _of_block(block: object) -> int:
    if isinstance(block, TextBlock):
        return _of_text(block.text)
    if isinstance(block, ThinkingBlock):
        return _of_text(block.thinking)
    data = getattr(block, "data", None)
    if data is not None or getattr(block, "url", None) is not None:
        return _PER_MEDIUM
    return _of_text(msgspec.json.encode(block).decode())


def _of_text(text: str) -> int:
    plain = len(text.encode("ascii", "ignore"))
    return math.ceil(plain / _LATIN) + len(text) - plain
