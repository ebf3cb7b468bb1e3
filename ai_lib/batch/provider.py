"""ProviderBatch: chats that a provider processes by itself, for less, within about a day."""

from __future__ import annotations

from collections.abc import Iterable

from ai_lib.batch.provider_format import (
    ProviderBatchStatus,
    Tool,
    find_batch_shape,
    read_items,
    read_status,
    read_tool_names,
    write_create,
    write_lines,
)
from ai_lib.batch.result import BatchItem, BatchResult, make_result
from ai_lib.errors.exceptions import BatchError, DecodeError
from ai_lib.protocol.query.path import compile_path
from ai_lib.types.json import JsonValue
from ai_lib.types.response import ChatResponse
from ai_lib.types.upload import FilePart
from ai_lib.types.wire import check_optional_seconds, check_seconds

from .._runtime.backend import now, sleep
from ..client import AiClient
from .chat_batch import Prompt, start_chat


class ProviderBatch:
    """One batch at a provider whose manifest describes its batches.

        batch = await ProviderBatch.submit(client, ["What is AI?", "What is Python?"])
        await batch.wait()
        result = await batch.results()

    Keep `id`: `ProviderBatch(client, id)` is the same batch, in another process too. The id is the
    only state. The caller keeps and closes the client. Where a provider did not take the names of
    `tools`, give the tools again there, so that the results have their own names.
    """

    def __init__(self, client: AiClient, id: str, *, tools: Iterable[Tool] = ()) -> None:
        self._client = client
        self._target = client.target
        self._shape = find_batch_shape(self._target)
        self._tool_names = read_tool_names(self._target, tools)
        self.id = id

    @classmethod
    async def submit(cls, client: AiClient, items: Iterable[Prompt]) -> ProviderBatch:
        """Submit prompts (texts, messages, or `ChatRequest`s) to the client's model.

        Raises:
            CapabilityError: the manifest does not say that the provider takes batches.
            RequestError: there are no items, or one can't be sent; the message says which.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            DecodeError: the response has no id of a batch.
        """
        target = client.target
        shape = find_batch_shape(target)
        lines = write_lines(shape, target, (start_chat(client, item).build() for item in items))
        file = None
        if shape.upload is not None:
            kind = "application/jsonl"
            part = FilePart(content=lines.file, filename="batch.jsonl", content_type=kind)
            fields, files = dict(shape.upload.fields), {"file": part}
            response = await client.invoke("batch_upload", fields, files=files)
            file = _require_id(compile_path(shape.upload.id).first(response), response, "file")
        response = await client.invoke("batch_create", write_create(shape, lines, file))
        batch = cls(client, _require_id(compile_path(shape.id).first(response), response, "batch"))
        batch._tool_names = lines.tool_names
        return batch

    async def status(self) -> ProviderBatchStatus:
        """Request the state of the batch. Raises as `AiClient.invoke`, and DecodeError."""
        return self._read(await self._client.invoke("batch_status", id=self.id))

    async def cancel(self) -> ProviderBatchStatus:
        """Cancel the batch; finished items stay in the results. Raises as `status`."""
        return self._read(await self._client.invoke("batch_cancel", {}, id=self.id))

    async def wait(
        self, *, poll_seconds: float = 30.0, timeout: float | None = None
    ) -> ProviderBatchStatus:
        """Request the state every `poll_seconds` until the batch is over, and return the last one.

        Raises:
            BatchError: the batch is not over after `timeout` seconds.
            AiLibError: as `status` raises.
        """
        check_seconds("poll_seconds", poll_seconds, allows_zero=True)
        seconds = check_optional_seconds("the timeout", timeout)
        deadline = None if seconds is None else now() + seconds
        while not (status := await self.status()).is_over:
            if deadline is not None and now() + poll_seconds > deadline:
                raise BatchError(
                    f"the batch {self.id} is still {status.state} after {timeout:g} s; it goes on, "
                    "so wait again"
                )
            await sleep(poll_seconds)
        return status

    async def results(self) -> BatchResult[ChatResponse]:
        """Return the results of the items, in their order, once the batch is over.

        An item with an error is in `errors`; an item without any result line is `unfinished`.

        Raises:
            BatchError: the batch is not over, or failed as a whole and has no results.
            DecodeError: the results can't be read.
            TransportError, RemoteError: as `AiClient.invoke`.
        """
        status = await self.status()
        if not status.is_over:
            raise BatchError(f"the batch {self.id} is still {status.state}; wait for it first")
        items: list[BatchItem[ChatResponse]] = []
        for file in self._result_files(status):
            if file:
                data = await self._client.invoke("batch_results", file=file)
            else:
                data = await self._client.invoke("batch_results", id=self.id)
            lines = _as_bytes(data)
            items += read_items(self._target.compiled, self._shape, lines, self._tool_names)
        count = max([status.total, *(item.index + 1 for item in items)])
        return make_result(items, count, 0.0)

    def _result_files(self, status: ProviderBatchStatus) -> tuple[str, ...]:
        if not self._shape.files:
            return ("",)  # the batch's own id is in the path
        if not status.files:
            reason = status.message or "the provider names no file with results"
            raise BatchError(f"the batch {self.id} has no results, state {status.state}: {reason}")
        return status.files

    def _read(self, response: JsonValue) -> ProviderBatchStatus:
        return read_status(self._target.compiled, self._shape, response)

    def __repr__(self) -> str:
        return f"ProviderBatch({self._target.model_id!r}, {self.id!r})"


def _require_id(value: object, response: JsonValue, kind: str) -> str:
    if isinstance(value, str) and value:
        return value
    raise DecodeError(f"the response has no id of a {kind}", excerpt=str(response)[:200])


def _as_bytes(data: JsonValue) -> bytes:
    if isinstance(data, bytes) or data is None:
        return data or b""
    raise DecodeError("the results are no lines of JSON", excerpt=str(data)[:200])
