"""Shows streams while they come, in a notebook or in plain text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, TypeVar

from ai_lib.client.display.already_shown import shown
from ai_lib.client.display.output import LiveResponse, Output, area
from ai_lib.client.tools.conversation import ToolConversation, ToolRun
from ai_lib.client.tools.display import results_of, round_sheet, run_figures, run_sheet
from ai_lib.structured.display import growing_sheet, output_figures, output_sheet
from ai_lib.structured.output import StructuredOutput
from ai_lib.types.display import joined, reply_figures, reply_sheet
from ai_lib.types.events import Event, StreamEnd
from ai_lib.types.json import JsonValue
from ai_lib.types.markup.html import note
from ai_lib.types.response import ChatResponse

from ..._runtime.backend import now

T = TypeVar("T")


class ResponseEvents(Protocol):
    """The events of a reply."""

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
    """A typed answer as it comes."""

    def __aiter__(self) -> AsyncIterator[T | JsonValue]: ...
    def output(self) -> StructuredOutput[T]: ...
    async def aclose(self) -> None: ...


async def show_reply(stream: ResponseEvents) -> ChatResponse:
    """Show a reply while it comes; see `ChatStream.show`."""
    place, draft = area(), LiveResponse()
    try:
        async for event in stream:
            draft.take(event)
            if place.wants(event, now()):
                place.draw(draft.sheet())
        response = stream.response()
    except BaseException as error:
        _broken(place, draft.sheet(growing=False), error)
        await stream.aclose()
        raise
    cut = "cancelled · " if stream.cancelled else ""
    end = note("cancelled") if cut else ""
    place.end(joined(reply_sheet(response), end), cut + reply_figures(response))
    return shown(response)


async def show_run(stream: ToolEvents, conversation: ToolConversation) -> ToolRun:
    """Show a conversation with tools while it goes on; see `ToolStream.show`."""
    place, draft, is_over = area(), LiveResponse(), False
    try:
        async for event in stream:
            if is_over:  # what was drafted is now a round of the conversation
                draft = LiveResponse()
            is_over = isinstance(event, StreamEnd)
            draft.take(event)
            if place.wants(event, now()):
                place.draw(joined(_rounds(conversation), draft.sheet()))
        run = stream.result()
    except BaseException as error:
        last = "" if is_over else draft.sheet(growing=False)
        _broken(place, joined(_rounds(conversation), last), error)
        await stream.aclose()
        raise
    place.end(run_sheet(run.messages, run.responses), run_figures(run.responses))
    return shown(run)


def _rounds(conversation: ToolConversation) -> str:
    results = results_of(conversation.request.messages)
    return joined(*(round_sheet(one, results) for one in conversation.responses))


async def show_output(stream: TypedEvents[T]) -> StructuredOutput[T]:
    """Show a typed answer while it comes; see `TypedStream.show`."""
    place, sheet = area(), ""
    try:
        async for partial in stream:
            if place.wants(None, now()):
                sheet = growing_sheet(partial)
                place.draw(sheet)
        output = stream.output()
    except BaseException as error:
        _broken(place, sheet, error)
        await stream.aclose()
        raise
    place.end(output_sheet(output), output_figures(output))
    return shown(output)


def _broken(place: Output, sheet: str, error: BaseException) -> None:
    why = f"ended by {type(error).__name__}"
    place.end(joined(sheet, note(why)), why)
