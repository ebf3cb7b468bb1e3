"""A service on asyncio: each line received over TCP is a question; its response streams back.

Try it with `nc 127.0.0.1 8000`. One client serves all connections.
"""

import asyncio
import os

from ai_lib import AiClient, AiLibError

MODEL, BASE_URL = os.environ.get("MODEL", "openai/gpt-5.4-mini"), os.environ.get("BASE_URL")


async def converse(
    client: AiClient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer the questions of one connection."""
    async for line in reader:
        try:
            async with client.chat().user(line.decode().strip()).stream() as stream:
                async for event in stream:
                    if event.is_content_delta:
                        writer.write(event.as_content_delta.text.encode())
                        await writer.drain()
        except AiLibError as error:
            writer.write(f"sorry: {error}".encode())
        writer.write(b"\n")
    writer.close()


async def serve(client: AiClient, port: int) -> asyncio.Server:
    """Listen on a port of this machine."""

    async def handle_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await converse(client, reader, writer)

    return await asyncio.start_server(handle_connection, "127.0.0.1", port)


async def main() -> None:
    builder = AiClient.builder().model(MODEL).production_ready()
    if BASE_URL:
        builder = builder.base_url(BASE_URL)
    async with builder.build() as client, await serve(client, 8000) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
