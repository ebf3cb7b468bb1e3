"""Makes a conversation fit a model's context window, by rules that never split a call."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ai_lib.errors.exceptions import InvalidArguments, RequestError
from ai_lib.tokens.counter import TokenCounter
from ai_lib.tokens.known_model import resolve_model
from ai_lib.types.content import Block, TextBlock, ToolResultBlock
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition

_RESERVE: Final = 4096  # tokens for the answer, where neither the caller nor the model says
_MARK: Final = "\n[shortened]"

_Group = tuple[Message, ...]


class FittedConversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation that fits, and what was done to it.

    `tokens` are what it has at most. `dropped` are the messages that were left out, `shortened`
    says how many results of tools were cut. `unchanged` messages at its beginning are as they were,
    so that a prompt cache has them; the others, `reread_tokens` at most, are read and paid anew.
    """

    messages: tuple[Message, ...]
    tokens: int
    dropped: tuple[Message, ...] = ()
    shortened: int = 0
    unchanged: int = 0
    reread_tokens: int = 0


def fit(
    messages: Sequence[Message],
    model: str,
    *,
    tools: Sequence[ToolDefinition] = (),
    max_tokens: int | None = None,
    reserve: int | None = None,
    result_tokens: int = 256,
) -> FittedConversation:
    """Return messages that fit a model's context window, with `reserve` tokens for the answer.

    `max_tokens` stands in place of the window that is listed for the model. As few of these steps
    are taken as suffice, the oldest messages first:

    1. Texts of tools' results before the last turn are cut to `result_tokens`.
    2. Whole turns are left out: a message of the user and all that follows up to the next one.
    3. Of the last turn, rounds are left out: calls with their results, but never the last round.

    System messages, the last message of the user and a call without its results are never left
    out, and a call is never parted from its results. Tokens are counted as they are at most.

    Raises:
        InvalidArguments: nobody says how large the window is, or a number is below 0.
        RequestError: what has to stay does not fit.
    """
    known_model = resolve_model(model)
    record = known_model.record
    window = max_tokens or (record.context_window if record is not None else None)
    if not window:
        raise InvalidArguments(
            f"the context window of {model} is not known: give max_tokens", path="max_tokens"
        )
    if window < 0 or result_tokens < 0 or (reserve or 0) < 0:
        raise InvalidArguments("a number of tokens can't be below 0", path="max_tokens")
    if reserve is None:
        listed_limit = record.max_output_tokens if record is not None else None
        reserve = min(listed_limit or _RESERVE, window // 4)
    counter = TokenCounter.from_shape(known_model.shape, known_model.model)
    return _Fitter(counter, tools, window - reserve, result_tokens).fit(tuple(messages), model)


class _Fitter:
    """Fits one conversation into `limit` tokens."""

    def __init__(
        self, counter: TokenCounter, tools: Sequence[ToolDefinition], limit: int, result_tokens: int
    ) -> None:
        self._counter = counter
        self._limit = limit
        self._result_tokens = result_tokens
        self._tool_tokens = self._count((), tools) if tools else 0
        self._counts: dict[int, tuple[Message, int]] = {}

    def fit(self, messages: tuple[Message, ...], model: str) -> FittedConversation:
        """Return what is left of the messages. Raises RequestError when too much has to stay."""
        messages = _separate(messages)
        present_messages, shortened = messages, 0
        if self._sum(present_messages) > self._limit:
            present_messages, shortened = self._shorten(messages)
        optional_groups = self._list_optional(present_messages)
        excess = self._sum(present_messages) - self._limit
        dropped_ids: set[int] = set()
        for optional_group in optional_groups:
            if excess <= 0:
                break
            excess -= self._sum(optional_group) - self._tool_tokens
            dropped_ids.update(map(id, optional_group))
        if excess > 0:
            raise RequestError(
                f"what has to stay of the conversation has {excess} tokens more than {model} takes"
            )
        pairs = list(zip(messages, present_messages, strict=True))
        fitted = tuple(message for _, message in pairs if id(message) not in dropped_ids)
        unchanged = _count_unchanged(messages, fitted)
        return FittedConversation(
            messages=fitted,
            tokens=self._sum(fitted),
            dropped=tuple(original for original, message in pairs if id(message) in dropped_ids),
            shortened=shortened,
            unchanged=unchanged,
            reread_tokens=0 if fitted == messages else self._sum(fitted[unchanged:]),
        )

    def _list_optional(self, messages: tuple[Message, ...]) -> list[_Group]:
        """Return what may be left out, in order: turns before the last, then rounds of that."""
        turns = [turn for turn in _split_turns(messages) if turn]
        if not turns:
            return []
        *earlier_turns, last_turn = turns
        rounds = list(_split_rounds(last_turn))
        return [*earlier_turns, *rounds[1:-1]]

    def _shorten(self, messages: tuple[Message, ...]) -> tuple[tuple[Message, ...], int]:
        """Cut results of tools before the last turn, the oldest first, until the rest fits."""
        turns = [turn for turn in _split_turns(messages) if turn]
        last_ids = set(map(id, turns[-1])) if turns else set()
        excess, shortened = self._sum(messages) - self._limit, 0
        result: list[Message] = []
        for message in messages:
            cut_message = message
            if excess > 0 and id(message) not in last_ids and _holds_results(message):
                cut_message = self._cut_results(message)
            if cut_message is not message:
                excess -= self._count_one(message) - self._count_one(cut_message)
                shortened += 1
            result.append(cut_message)
        return tuple(result), shortened

    def _cut_results(self, message: Message) -> Message:
        blocks = [self._cut(block) for block in message.blocks]
        if all(cut is block for cut, block in zip(blocks, message.blocks, strict=True)):
            return message
        return msgspec.structs.replace(message, content=tuple(blocks))

    def _cut(self, block: Block) -> Block:
        if not isinstance(block, ToolResultBlock):
            return block
        if isinstance(block.content, str):
            text = self._cut_text(block.content)
            return block if text == block.content else msgspec.structs.replace(block, content=text)
        parts = [
            msgspec.structs.replace(part, text=self._cut_text(part.text))
            if isinstance(part, TextBlock)
            else part
            for part in block.content
        ]
        if parts == list(block.content):
            return block
        return msgspec.structs.replace(block, content=tuple(parts))

    def _cut_text(self, text: str) -> str:
        return self._counter.truncate_to_limit(text, self._result_tokens, _MARK)

    def _sum(self, messages: Sequence[Message]) -> int:
        return self._tool_tokens + sum(map(self._count_one, messages))

    def _count_one(self, message: Message) -> int:
        counted = self._counts.get(id(message))
        if counted is None:
            counted = self._counts[id(message)] = (message, self._count((message,)))
        return counted[1]

    def _count(self, messages: Sequence[Message], tools: Sequence[ToolDefinition] = ()) -> int:
        request = ChatRequest(messages=messages, tools=tools)
        return self._counter.count_request(request).at_most


def _separate(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return the messages as objects of their own: one that stands twice is told apart."""
    known_ids: set[int] = set()
    separate_messages: list[Message] = []
    for message in messages:
        is_known = id(message) in known_ids
        known_ids.add(id(message))
        separate_messages.append(msgspec.structs.replace(message) if is_known else message)
    return tuple(separate_messages)


def _split_turns(messages: Sequence[Message]) -> Iterator[_Group]:
    """Yield the turns: a message of the user and what follows it, without system messages."""
    turn: list[Message] = []
    for message in messages:
        if message.role is MessageRole.SYSTEM:
            continue
        if message.role is MessageRole.USER and not _holds_results(message) and turn:
            yield tuple(turn)
            turn = []
        turn.append(message)
    yield tuple(turn)


def _split_rounds(turn: _Group) -> Iterator[_Group]:
    """Yield the rounds of a turn: what is before the first reply, then each reply with results."""
    current_round: list[Message] = []
    for message in turn:
        if message.role is MessageRole.ASSISTANT:
            yield tuple(current_round)
            current_round = []
        current_round.append(message)
    yield tuple(current_round)


def _holds_results(message: Message) -> bool:
    return message.role is MessageRole.TOOL or any(
        isinstance(block, ToolResultBlock) for block in message.blocks
    )


def _count_unchanged(before: Sequence[Message], after: Sequence[Message]) -> int:
    pairs = zip(before, after, strict=False)
    return next((i for i, (old, new) in enumerate(pairs) if old is not new), len(after))
