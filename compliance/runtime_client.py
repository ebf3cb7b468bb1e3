"""The library as its users call it, on each runtime: the async client twice, the blocking one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

import anyio
import msgspec

import ai_lib.client
import ai_lib_sync.client
from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.events import Event
from ai_lib.types.response import ChatResponse

Runtime = Literal["asyncio", "trio", "blocking"]
RUNTIMES: Final[tuple[Runtime, ...]] = ("asyncio", "trio", "blocking")

Ask = Callable[[Any], Any]


class StreamOutcome(msgspec.Struct, kw_only=True):
    """The events of a stream, the collected response, and the error that ended it."""

    events: list[Event]
    response: ChatResponse | None = None
    error: AiLibError | None = None


class RuntimeClient(msgspec.Struct, frozen=True, kw_only=True):
    """Makes clients from a manifest file and calls them; `ask` fills a chat request builder."""

    runtime: Runtime
    manifest: Path
    provider: str
    base_url: str | None = None
    api_key: str | None = "compliance-key"
    model: str = "test-model"

    def execute(self, ask: Ask) -> ChatResponse:
        """Return a plain response."""
        if self.runtime == "blocking":
            with self._build_blocking() as client:
                response: ChatResponse = ask(client.chat()).execute()
                return response

        async def run() -> ChatResponse:
            async with await self._build_async() as client:
                response: ChatResponse = await ask(client.chat()).execute()
                return response

        return anyio.run(run, backend=self.runtime)

    def stream(self, ask: Ask) -> StreamOutcome:
        """Return a streamed response, whole or up to its error."""
        outcome = StreamOutcome(events=[])
        if self.runtime == "blocking":
            with self._build_blocking() as client, ask(client.chat()).stream() as stream:
                try:
                    outcome.events.extend(stream)
                    outcome.response = stream.response()
                except AiLibError as error:
                    outcome.error = error
            return outcome

        async def run() -> None:
            async with await self._build_async() as client, ask(client.chat()).stream() as stream:
                try:
                    async for event in stream:
                        outcome.events.append(event)
                    outcome.response = stream.response()
                except AiLibError as error:
                    outcome.error = error

        anyio.run(run, backend=self.runtime)
        return outcome

    def invoke(self, operation: str, body: dict[str, Any] | None, **values: Any) -> Any:
        """Return the response of an operation other than chat."""
        if self.runtime == "blocking":
            with self._build_blocking() as client:
                return client.invoke(operation, body, **values)

        async def run() -> Any:
            async with await self._build_async() as client:
                return await client.invoke(operation, body, **values)

        return anyio.run(run, backend=self.runtime)

    def describe(self, ask: Ask) -> Any:
        """Return what `ask` makes of a client, with nothing sent."""
        if self.runtime == "blocking":
            with self._build_blocking() as client:
                return ask(client)

        async def run() -> Any:
            async with await self._build_async() as client:
                return ask(client)

        return anyio.run(run, backend=self.runtime)

    def _configure(self, builder: Any) -> Any:
        builder = builder.protocol_dir(self.manifest).model(f"{self.provider}/{self.model}")
        if self.api_key is not None:
            builder = builder.api_key(self.api_key)
        return builder.base_url(self.base_url) if self.base_url else builder

    def _build_blocking(self) -> "ai_lib_sync.client.AiClient":
        client: ai_lib_sync.client.AiClient = self._configure(
            ai_lib_sync.client.AiClient.builder()
        ).build()
        return client

    async def _build_async(self) -> "ai_lib.client.AiClient":
        client: ai_lib.client.AiClient = await self._configure(
            ai_lib.client.AiClient.builder()
        ).build()
        return client
