"""Serves a page and streams responses to it as server-sent events: ASGI without a framework.

Run it with `uvicorn asgi_stream:app` or `hypercorn asgi_stream:app` from this folder.
"""

import os
from datetime import datetime
from pathlib import Path

import anyio
import msgspec

from ai_lib import AiClient, AiLibError, CancelToken, Message
from ai_lib.tokens import estimate_cost

MODEL, BASE_URL = os.environ.get("MODEL", "openai/gpt-5.4-mini"), os.environ.get("BASE_URL")
CLIENTS: dict[str, AiClient] = {}
PAGE = Path(__file__).with_suffix(".html")


def get_time() -> str:
    """Get the time of day on the server."""
    return datetime.now().strftime("%H:%M")


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await run_lifespan(receive, send)
    elif scope["path"] == "/chat":
        await stream_chat(receive, send)
    else:
        await start_response(send, b"text/html; charset=utf-8")
        await send({"type": "http.response.body", "body": PAGE.read_bytes()})


async def run_lifespan(receive, send):
    """Keep one client and its connections while the server runs."""
    await receive()
    async with AiClient.create(MODEL, base_url=BASE_URL) as CLIENTS[MODEL]:
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def start_response(send, content_type):
    headers = [(b"content-type", content_type), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def stream_chat(receive, send):
    """Respond to a list of messages with events; a disconnect cancels the call."""
    body, has_more = b"", True
    while has_more:
        part = await receive()
        body, has_more = body + part.get("body", b""), part.get("more_body", False)
    messages, token = msgspec.json.decode(body, type=list[Message]), CancelToken()

    async def send_event(event):
        data = b"data: " + msgspec.json.encode(event) + b"\n\n"
        await send({"type": "http.response.body", "body": data, "more_body": True})

    async def watch_for_disconnect():
        while (await receive())["type"] != "http.disconnect":
            pass
        token.cancel()

    await start_response(send, b"text/event-stream")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch_for_disconnect)
        try:
            await send_events(messages, token, send_event)
        except AiLibError as error:
            await send_event({"type": "Error", "message": str(error)})
        tasks.cancel_scope.cancel()
    if not token.is_cancelled:
        await send({"type": "http.response.body", "body": b""})


async def send_events(messages, token, send_event):
    chat = CLIENTS[MODEL].chat().messages(messages)
    async with chat.stream_tools([get_time], cancel_token=token) as stream:
        async for event in stream:
            await send_event(event)
    if not token.is_cancelled:
        usage = stream.result().usage
        cost = estimate_cost(usage.prompt_tokens, usage.completion_tokens, MODEL)
        await send_event({"type": "Done", "usage": usage, "cost": cost})
