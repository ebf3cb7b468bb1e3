"""ai-lib-python 1.2, this library's predecessor, with the manifests it is pointed at.

It ships none: `AI_PROTOCOL_DIR` names them, else the folder beside this project is taken.
"""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks.contenders.rivals import Rival
from benchmarks.machine import ROOT

_PLACES = (ROOT.parent / "shared/ai-protocol", ROOT.parent.parent / "shared/ai-protocol")


class AiLibPython(Rival):
    def __init__(self, url: str) -> None:
        given = os.environ.get("AI_PROTOCOL_DIR")
        places = (Path(given),) if given else _PLACES
        place = next((place for place in places if place.is_dir()), None)
        if place is None:
            raise FileNotFoundError("it ships no manifests: set AI_PROTOCOL_DIR")
        os.environ["AI_PROTOCOL_DIR"] = str(place)
        self._url = url
        self._clients: dict[str, object] = {}

    async def _client(self, model: str):
        from ai_lib_python import AiClient

        if model not in self._clients:
            self._clients[model] = await AiClient.create(
                f"openai/{model}", api_key="benchmark", base_url=self._url
            )
        return self._clients[model]

    async def plain(self, model: str) -> int:
        client = await self._client(model)
        return len((await client.chat().user("Hello").execute()).content)

    async def pieces(self, model: str) -> AsyncIterator[str]:
        client = await self._client(model)
        async for event in client.chat().user("Hello").stream():
            if event.is_content_delta:
                yield event.as_content_delta.content

    async def arguments(self, model: str) -> int:
        client = await self._client(model)
        pieces = []
        async for event in client.chat().user("Hello").stream():
            if event.is_partial_tool_call:
                pieces.append(event.as_partial_tool_call.arguments)
        return len(json.loads("".join(pieces))["document"])
