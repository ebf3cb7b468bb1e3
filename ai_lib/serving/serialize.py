"""Writes a stream of events as bytes for a browser, from its first event to its end."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

from ai_lib.errors.exceptions import AiLibError
from ai_lib.serving.event_writer import EventWriter
from ai_lib.serving.protocols import Protocol
from ai_lib.types.events import Event


async def serialize_events(
    stream: AsyncIterable[Event],
    protocol: Protocol = "ai-lib",
    *,
    run_id: str | None = None,
    thread_id: str | None = None,
) -> AsyncIterator[bytes]:
    """Yield a stream as the bytes of server-sent events; arguments are `EventWriter`'s.

    An error of the stream is written as its end and not raised: the browser has the response's
    first bytes by then.
    """
    writer = EventWriter(protocol, run_id=run_id, thread_id=thread_id)
    if written := writer.start():
        yield written
    try:
        async for event in stream:
            if written := writer.write(event):
                yield written
    except AiLibError as error:
        yield writer.fail(error)
        return
    if written := writer.end():
        yield written
