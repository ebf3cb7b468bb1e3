# Generated from ai_lib/batch/provider.py by codegen; do not edit.
"""ProviderBatch: chats that a provider works on by itself, for less, within a day or so."""

from __future__ import annotations

from collections.abc import Iterable

from ai_lib.batch.provider_format import (
    ProviderBatchStatus,
    read_results,
    read_status,
    shape_of,
    write_create,
    write_lines,
)
from ai_lib.batch.result import BatchItem, BatchResult, result_of
from ai_lib.errors.exceptions import BatchError, DecodeError
from ai_lib.protocol.query.path import compile_path
from ai_lib.types.json import JsonValue
from ai_lib.types.response import ChatResponse
from ai_lib.types.upload import FilePart

from .._runtime.backend import now, sleep
from ..client import AiClient
from .chat_batch import Prompt, chat_of


class ProviderBatch:
    """One batch at a provider whose manifest says how it takes them.

        batch = ProviderBatch.submit(client, ["What is AI?", "What is Python?"])
        batch.wait()
        result = batch.results()

    Keep `id`: with it, `ProviderBatch(client, id)` is the same batch, in another process too.
    Nothing is kept here but the id, and the client stays the caller's.
    """

    def __init__(self, client: AiClient, id: str) -> None:
        self._client = client
        self._target = client.target
        self._shape = shape_of(self._target)
        self.id = id

    @classmethod
    def submit(cls, client: AiClient, items: Iterable[Prompt]) -> ProviderBatch:
        """Hand over prompts (texts, messages, or `ChatRequest`s) to the client's model.

        Raises:
            CapabilityError: the provider takes no batches, as far as its manifest says.
            RequestError: there are no items, or one can't be asked; the message says which.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            DecodeError: its answer names no batch.
        """
        target = client.target
        shape = shape_of(target)
        lines = write_lines(shape, target, (chat_of(client, item).build() for item in items))
        file = None
        if shape.upload is not None:
            kind = "application/jsonl"
            part = FilePart(content=lines.file, filename="batch.jsonl", content_type=kind)
            fields, files = dict(shape.upload.fields), {"file": part}
            answer = client.invoke("batch_upload", fields, files=files)
            file = _id(compile_path(shape.upload.id).first(answer), answer, "file")
        answer = client.invoke("batch_create", write_create(shape, lines, file))
        return cls(client, _id(compile_path(shape.id).first(answer), answer, "batch"))

    def status(self) -> ProviderBatchStatus:
        """Ask how the batch stands. Raises as `AiClient.invoke`, and DecodeError."""
        return self._read(self._client.invoke("batch_status", id=self.id))

    def cancel(self) -> ProviderBatchStatus:
        """Have the provider stop; what it has done is in the results. Raises as `status`."""
        return self._read(self._client.invoke("batch_cancel", {}, id=self.id))

    def wait(
        self, *, poll_seconds: float = 30.0, timeout: float | None = None
    ) -> ProviderBatchStatus:
        """Ask every so often until the batch is over, and return how it ended.

        Raises BatchError when it is not over after `timeout` seconds, else as `status`.
        """
        ends = None if timeout is None else now() + timeout
        while not (status := self.status()).is_over:
            if ends is not None and now() + poll_seconds > ends:
                raise BatchError(
                    f"the batch {self.id} is still {status.state} after {timeout:g} s; it goes on, "
                    "so wait again"
                )
            sleep(poll_seconds)
        return status

    def results(self) -> BatchResult[ChatResponse]:
        """Return what came of the items, in their order, once the batch is over.

        An item with an error is in `errors`; one of which nothing is told is `unfinished`.

        Raises:
            BatchError: the batch is not over, or it failed as a whole and has no results.
            DecodeError: the results can't be read.
            TransportError, RemoteError: as `AiClient.invoke`.
        """
        status = self.status()
        if not status.is_over:
            raise BatchError(f"the batch {self.id} is still {status.state}; wait for it first")
        found: list[BatchItem[ChatResponse]] = []
        for file in self._files(status):
            if file:
                data = self._client.invoke("batch_results", file=file)
            else:
                data = self._client.invoke("batch_results", id=self.id)
            found.extend(read_results(self._target.compiled, self._shape, _bytes(data)))
        count = max([status.total, *(item.index + 1 for item in found)])
        return result_of(found, count, 0.0)

    def _files(self, status: ProviderBatchStatus) -> tuple[str, ...]:
        if not self._shape.files:
            return ("",)  # the batch's own id is in the path
        if not status.files:
            why = status.message or "the provider tells of no file with results"
            raise BatchError(f"the batch {self.id} has no results, state {status.state}: {why}")
        return status.files

    def _read(self, answer: JsonValue) -> ProviderBatchStatus:
        return read_status(self._target.compiled, self._shape, answer)

    def __repr__(self) -> str:
        return f"ProviderBatch({self._target.model_id!r}, {self.id!r})"


def _id(found: object, answer: JsonValue, what: str) -> str:
    if isinstance(found, str) and found:
        return found
    raise DecodeError(f"the answer has no id of a {what}", excerpt=str(answer)[:200])


def _bytes(data: JsonValue) -> bytes:
    if isinstance(data, bytes) or data is None:
        return data or b""
    raise DecodeError("the results are no lines of JSON", excerpt=str(data)[:200])
