"""An event loop does not wait for a changed manifest to be read."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ai_lib.client import AiClient
from ai_lib.testing import MockProvider
from tests.protocol.test_hot_reload import replace, served

pytestmark = pytest.mark.async_only  # a thread that blocks reads it itself

_readers: dict[str, list[int]] = {}  # by file: the threads that opened it


def _record(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str | os.PathLike):
        readers = _readers.get(os.fspath(arguments[0]))
        if readers is not None:
            readers.append(threading.get_ident())


sys.addaudithook(_record)


async def _chat(client: AiClient) -> None:
    await client.chat().user("Hi").execute()


async def _stream(client: AiClient) -> None:
    async for _ in client.chat().user("Hi").stream():
        pass


@pytest.mark.parametrize("call", [_chat, _stream])
async def test_a_changed_manifest_is_read_off_the_event_loop(
    call: Callable[[AiClient], Awaitable[None]], tmp_path: Path
) -> None:
    path = tmp_path / "house.yaml"
    async with MockProvider() as mock:
        path.write_text(served(mock, "First"))
        builder = AiClient.builder().model("house/large").api_key("k").hot_reload()
        async with await builder.protocol_dir(path).build() as client:
            await call(client)
            replace(path, served(mock, "Second"))
            readers = _readers[str(path)] = []
            await call(client)
            assert readers
            assert threading.get_ident() not in readers
            assert client.manifest.name == "Second"
            del _readers[str(path)]
