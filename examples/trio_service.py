"""A service on trio: each line received over TCP is a question, answered within a deadline.

Try it with `nc 127.0.0.1 8000`. A cancel scope around a call ends it and releases its connection.
"""

import os
from functools import partial

import trio

from ai_lib import AiClient, AiLibError

MODEL, BASE_URL = os.environ.get("MODEL", "openai/gpt-5.4-mini"), os.environ.get("BASE_URL")
DEADLINE_SECONDS = 20.0


async def converse(client: AiClient, stream: trio.SocketStream) -> None:
    """Answer the questions of one connection."""
    unfinished_line = b""
    async for data in stream:
        *lines, unfinished_line = (unfinished_line + data).split(b"\n")
        for line in lines:
            await stream.send_all(await answer(client, line.decode()) + b"\n")


async def answer(client: AiClient, question: str) -> bytes:
    """Return the response to one question, or the reason why there is none."""
    with trio.move_on_after(DEADLINE_SECONDS):
        try:
            return (await client.chat().user(question).execute()).content.encode()
        except AiLibError as error:
            return f"sorry: {error}".encode()
    return b"sorry: that took too long"


async def main(
    port: int = 8000,
    task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
) -> None:
    async with AiClient.create(MODEL, base_url=BASE_URL) as client:
        handler = partial(converse, client)
        await trio.serve_tcp(handler, port, host="127.0.0.1", task_status=task_status)


if __name__ == "__main__":
    trio.run(main)
