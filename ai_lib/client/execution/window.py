"""Passes over targets whose context window a request can't be in, where another one takes it."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from ai_lib.client.target.target import Target
from ai_lib.types.content import ToolResultBlock, join_text
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest

T = TypeVar("T")

# No text has more tokens than this for each of its characters, nor more than one for a byte.
_MOST_TOKENS_PER_CHARACTER: Final = 4


def drop_too_small(
    route: Sequence[T], find_target: Callable[[T], Target], request: ChatRequest
) -> Sequence[T]:
    """Return the targets of a route whose context window takes the request, in their order.

    All are kept where none takes it, or where it is not known how large a window is. The tokens are
    estimated; a request of few characters is not counted.
    """
    character_count = sum(map(_count_characters, request.messages))
    fitting = [item for item in route if _fits(find_target(item), request, character_count)]
    return fitting or route


def _fits(target: Target, request: ChatRequest, character_count: int) -> bool:
    record = target.current().listed.record
    window = record.context_window if record is not None else None
    if not window or character_count * _MOST_TOKENS_PER_CHARACTER < window:
        return True
    from ai_lib.client.call.tokens import make_counter

    return make_counter(target).count_request(request).tokens <= window


def _count_characters(message: Message) -> int:
    if isinstance(message.content, str):
        return len(message.content)
    results = [block for block in message.content if isinstance(block, ToolResultBlock)]
    return len(join_text(message.content)) + sum(len(join_text(block.content)) for block in results)
