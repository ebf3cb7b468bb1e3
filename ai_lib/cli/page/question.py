"""What the page asks, and the same question as a program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from ai_lib.types.content import Block, ContentBlock, TextBlock
from ai_lib.types.message import Message

_TOOLS: Final = '''\
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"21 degrees and sunny in {city}"


def add(a: float, b: float) -> float:
    """Add two numbers."""
    return a + b


'''


class PageMessage(msgspec.Struct, frozen=True):
    """One turn of the conversation so far; `images` are data URLs."""

    role: Literal["user", "assistant"]
    text: str
    images: tuple[str, ...] = ()


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The page's question: a conversation that ends with the new question.

    `source` says who answers: the mock provider, the real one, or recording number `recording`.
    """

    model: str
    turns: tuple[PageMessage, ...]
    source: Literal["mock", "real", "recording"] = "mock"
    recording: int = 0
    system: str = ""
    tools: bool = False
    thinking: str = ""
    temperature: float | None = None
    max_tokens: int | None = None


def make_messages(question: Question) -> list[Message]:
    """Return the messages of a question.

    Raises:
        MediaError: a picture is none.
    """
    messages = [Message.system(question.system)] if question.system else []
    for turn in question.turns:
        if turn.role == "assistant":
            messages.append(Message.assistant(turn.text))
            continue
        images: list[Block] = [ContentBlock.image_url(url) for url in turn.images]
        content = [*images, TextBlock(text=turn.text)] if images else turn.text
        messages.append(Message.user(content))
    return messages


def write_program(question: Question, package: str, address: str) -> str:
    """Return a program that makes the same call; `address` is that of the mock provider."""
    is_async = package == "ai_lib"
    wait = "async " if is_async else ""
    lines = [
        *(["import asyncio", ""] if is_async else []),
        f"from {package} import AiClient{', ContentBlock' if _has_images(question) else ''}",
        "",
        *(_TOOLS.rstrip().split("\n") if question.tools else []),
        *(["", ""] if question.tools and is_async else [""] if question.tools else []),
    ]
    body = [
        f"{wait}with AiClient.create({_write_arguments(question, address)}) as client:",
        "    chat = client.chat()",
        *(f"    {line}" for line in _write_settings(question)),
        f"    {wait}with {_write_stream(question)} as stream:",
        f"        {wait}for event in stream:",
        "            if event.is_content_delta:",
        '                print(event.as_content_delta.text, end="", flush=True)',
    ]
    if is_async:
        lines += ["", "async def main() -> None:", *(f"    {line}" for line in body)]
        lines += ["", "", "asyncio.run(main())"]
    else:
        lines += body
    return "\n".join(lines) + "\n"


def _has_images(question: Question) -> bool:
    return any(turn.images for turn in question.turns)


def _write_arguments(question: Question, address: str) -> str:
    if question.source == "real":
        return _quote(question.model)
    base_url = f"{address}/{question.model.partition('/')[0]}"
    return f'{_quote(question.model)}, api_key="any", base_url={_quote(base_url)}'


def _write_settings(question: Question) -> Iterator[str]:
    if question.system:
        yield f"chat.system({_quote(question.system)})"
    number = 0
    for turn in question.turns:
        if not turn.images:
            yield f"chat.{turn.role}({_quote(turn.text)})"
            continue
        names = [f"picture-{number + index}" for index in range(1, len(turn.images) + 1)]
        number += len(names)
        blocks = [f"ContentBlock.image_file({_quote(name)})" for name in names]
        yield f"chat.user([{', '.join([*blocks, _quote_text_block(turn.text)])}])"
    if question.thinking:
        yield f"chat.reasoning({_quote(question.thinking)})"
    if question.temperature is not None:
        yield f"chat.temperature({question.temperature:g})"
    if question.max_tokens is not None:
        yield f"chat.max_tokens({question.max_tokens})"


def _write_stream(question: Question) -> str:
    return "chat.stream_tools([get_weather, add])" if question.tools else "chat.stream()"


def _quote_text_block(text: str) -> str:
    return f"ContentBlock.text({_quote(text)})"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
