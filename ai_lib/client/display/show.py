"""Shows streams while they arrive, in a notebook or in plain text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, TypeVar

from ai_lib.client.display.already_shown import mark_displayed
from ai_lib.client.display.output import LiveResponse, Output, default_output
from ai_lib.client.tools.conversation import ToolConversation, ToolRun
from ai_lib.client.tools.display import (
    round_markdown,
    run_markdown,
    run_summary,
    tool_results,
)
from ai_lib.structured.display import output_markdown, output_summary, partial_markdown
from ai_lib.structured.output import StructuredOutput
from ai_lib.types.display import join_paragraphs, response_markdown, response_summary
from ai_lib.types.events import Event, StreamEnd
from ai_lib.types.json import JsonValue
from ai_lib.types.markup.html import render_note
from ai_lib.types.response import ChatResponse

from ..._runtime.backend import now

T = TypeVar("T")


class ResponseEvents(Protocol):
    """The events of a response."""

    def __aiter__(self) -> AsyncIterator[Event]: ...
    @property
    def cancelled(self) -> bool: ...
    def response(self) -> ChatResponse: ...
    async def aclose(self) -> None: ...


class ToolEvents(Protocol):
    """The events of a conversation with tools."""

    def __aiter__(self) -> AsyncIterator[Event]: ...
    def result(self) -> ToolRun: ...
    async def aclose(self) -> None: ...


class TypedEvents(Protocol[T]):
    """A typed answer while it arrives."""

    def __aiter__(self) -> AsyncIterator[T | JsonValue]: ...
    def output(self) -> StructuredOutput[T]: ...
    async def aclose(self) -> None: ...


async def show_response(stream: ResponseEvents) -> ChatResponse:
    """Show a response while it arrives; see `ChatStream.show`."""
    output, live = default_output(), LiveResponse()
    try:
        async for event in stream:
            live.take(event)
            if output.take(event, now()):
                output.draw(live.to_markdown())
        response = stream.response()
    except BaseException as error:
        _end_with_error(output, live.to_markdown(growing=False), error)
        await stream.aclose()
        raise
    prefix = "cancelled · " if stream.cancelled else ""
    end = render_note("cancelled") if prefix else ""
    output.end(
        join_paragraphs(response_markdown(response), end), prefix + response_summary(response)
    )
    return mark_displayed(response)


async def show_run(stream: ToolEvents, conversation: ToolConversation) -> ToolRun:
    """Show a conversation with tools while it runs; see `ToolStream.show`."""
    output, live, is_over = default_output(), LiveResponse(), False
    try:
        async for event in stream:
            if is_over:  # the response is now a round of the conversation
                live = LiveResponse()
            is_over = isinstance(event, StreamEnd)
            live.take(event)
            if output.take(event, now()):
                output.draw(join_paragraphs(_rounds_markdown(conversation), live.to_markdown()))
        run = stream.result()
    except BaseException as error:
        last = "" if is_over else live.to_markdown(growing=False)
        _end_with_error(output, join_paragraphs(_rounds_markdown(conversation), last), error)
        await stream.aclose()
        raise
    output.end(run_markdown(run.messages, run.responses), run_summary(run.responses))
    return mark_displayed(run)


def _rounds_markdown(conversation: ToolConversation) -> str:
    results = tool_results(conversation.request.messages)
    return join_paragraphs(
        *(round_markdown(response, results) for response in conversation.responses)
    )


async def show_output(stream: TypedEvents[T]) -> StructuredOutput[T]:
    """Show a typed answer while it arrives; see `TypedStream.show`."""
    output, markdown = default_output(), ""
    try:
        async for partial in stream:
            if output.take(None, now()):
                markdown = partial_markdown(partial)
                output.draw(markdown)
        answer = stream.output()
    except BaseException as error:
        _end_with_error(output, markdown, error)
        await stream.aclose()
        raise
    output.end(output_markdown(answer), output_summary(answer))
    return mark_displayed(answer)


def _end_with_error(output: Output, markdown: str, error: BaseException) -> None:
    reason = f"ended by {type(error).__name__}"
    output.end(join_paragraphs(markdown, render_note(reason)), reason)
