# Generated from ai_lib/client/batches/provider_batch.py by codegen; do not edit.
"""ProviderBatch: chats that a provider processes by itself, for less, within about a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

from ai_lib.client.batches.cost import limit_batch_cost, make_unknown_bounds
from ai_lib.client.batches.format import (
    BatchLines,
    ProviderBatchStatus,
    Tool,
    find_batch_shape,
    find_elements,
    read_items,
    read_lines,
    read_status,
    read_tool_names,
    write_lines,
)
from ai_lib.client.batches.result import BatchResult, make_result
from ai_lib.client.target.arguments import check_messages
from ai_lib.errors.exceptions import BatchError, DecodeError
from ai_lib.pipeline.operations.result import OperationResult, find_text
from ai_lib.protocol.dialect.batches import BatchShape
from ai_lib.protocol.query.path import compile_path
from ai_lib.request.operations.request import OperationRequest
from ai_lib.types.cost import CostBounds
from ai_lib.types.json import JsonDict, JsonObject, JsonValue
from ai_lib.types.message import Message, MessageLike
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse
from ai_lib.types.wire import check_optional_seconds, check_seconds

from ..._runtime.backend import now, sleep
from ..execution.provider_runner import ProviderRunner
from ..model_client import ModelClient

Prompt: TypeAlias = str | Sequence[MessageLike] | ChatRequest
"""A text, messages, or what a builder's `build()` returns."""
_NAME = "ai-lib"


class ProviderBatch:
    """One batch at a provider whose manifest describes its batches.

        batch = client.batches.submit(["What is AI?", "What is Python?"])
        batch.wait()
        result = batch.results()

    Keep `id`: `client.batches.get(id)` is the same batch, in another process too. The id is the
    only state. The caller keeps and closes the client. Where a provider did not take the names of
    `tools`, give the tools again there, so that the results have their own names.
    """

    def __init__(self, client: ModelClient, id: str, *, tools: Iterable[Tool] = ()) -> None:
        self._operations = client._make_operations()
        self._target = client.target
        self._shape = find_batch_shape(self._target)
        self._tool_names = read_tool_names(self._target, tools)
        self.id = id

    @classmethod
    def submit(
        cls, client: ModelClient, items: Iterable[Prompt], *, name: str | None = None
    ) -> ProviderBatch:
        """Submit prompts (texts, messages, or `ChatRequest`s) to the client's model.

        `name` is shown by providers whose batches have one. A budget sets the bounds of all
        requests aside, at the price of a batch where the manifest states one, before anything is
        sent; they count as spent, as what a batch used is known only with its results.

        Raises:
            BudgetExceeded: the requests might cost more than the budget has left. Nothing was sent.
            CapabilityError: the manifest does not say that the provider takes batches.
            RequestError: there are no items, or one can't be sent; the message says which.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            DecodeError: the response has no id of a batch.
        """
        target = client.target
        shape = find_batch_shape(target)
        requests = [to_chat_request(item) for item in items]
        lines = write_lines(shape, target, requests)
        runner = _BatchRunner(
            client._make_operations(), partial(limit_batch_cost, target, requests)
        )
        batch = cls(client, _create(runner, shape, lines, name or _NAME))
        batch._tool_names = lines.tool_names
        return batch

    @classmethod
    def create(
        cls, client: ModelClient, file: str, path: str, *, extra: JsonObject | None = None
    ) -> ProviderBatch:
        """Create a batch of the requests in a stored file of JSON lines; `file` is its id.

        `path` is the path of the endpoint they are for, such as `/v1/embeddings`; `extra` are
        fields merged into the body. What the lines are is the caller's: `iterate_lines` yields the
        results as they come. A budget refuses it unless it allows unknown prices. Raises as
        `submit`.
        """
        target = client.target
        shape = find_batch_shape(target)
        request = OperationRequest(
            name="batches.create", values={"file": file, "path": path}, extra=extra or {}
        )
        created = client._make_operations().run(
            request, bound_cost=partial(make_unknown_bounds, target)
        )
        return cls(client, _read_id(shape, created))

    def status(self) -> ProviderBatchStatus:
        """Request the state of the batch. Raises as `AiClient.invoke`, and DecodeError."""
        return self._read(self._run("batches.status", id=self.id))

    def cancel(self) -> ProviderBatchStatus:
        """Cancel the batch; finished items stay in the results. Raises as `status`."""
        response = self._run("batches.cancel", id=self.id)
        # Some providers answer a cancellation with nothing.
        return self._read(response) if response.document else self.status()

    def wait(
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
        while not (status := self.status()).is_over:
            if deadline is not None and now() + poll_seconds > deadline:
                raise BatchError(
                    f"the batch {self.id} is still {status.state} after {timeout:g} s; it goes on, "
                    "so wait again"
                )
            sleep(poll_seconds)
        return status

    def results(self) -> BatchResult[ChatResponse]:
        """Return the results of the items, in their order, once the batch is over.

        An item with an error is in `errors`; an item without any result line is `unfinished`.

        Raises:
            BatchError: the batch is not over, or failed as a whole and has no results.
            DecodeError: the results can't be read.
            TransportError, RemoteError: as `AiClient.invoke`.
        """
        status = self.status()
        _require_end(status)
        lines = [line for line in self._iterate_results(status)]
        items = list(read_items(self._target.compiled, self._shape, lines, self._tool_names))
        count = max([status.total, *(item.index + 1 for item in items)])
        return make_result(items, count, 0.0)

    def iterate_lines(self) -> Iterator[JsonValue]:
        """Yield the results as the provider writes them, in its order. Raises as `results`."""
        status = self.status()
        _require_end(status)
        for line in self._iterate_results(status):
            yield line

    def _iterate_results(self, status: ProviderBatchStatus) -> Iterator[JsonValue]:
        """Yield the results: those in the state itself, or those of files or pages."""
        inline = find_elements(self._shape.inline, status.raw)
        for line in inline:
            yield line
        if inline:
            return
        if not self._target.compiled.find_operation("batches.results"):
            raise BatchError(f"the batch {self.id} has no results: {status.message or 'none'}")
        for file in self._result_files(status):
            values: JsonDict = {"id": self.id, "file": file or None}
            request = OperationRequest(name="batches.results", values=values)
            for page in self._operations.iterate_pages(request):
                if self._shape.result.each:
                    for line in find_elements(self._shape.result.each, page.document):
                        yield line
                else:
                    for line in read_lines(self._target.compiled, _read_bytes(page)):
                        yield line

    def _result_files(self, status: ProviderBatchStatus) -> tuple[str, ...]:
        if not self._shape.files:
            return ("",)  # the batch's own id is in the path
        if not status.files:
            reason = status.message or "the provider names no file with results"
            raise BatchError(f"the batch {self.id} has no results, state {status.state}: {reason}")
        return status.files

    def _run(self, name: str, **values: JsonValue) -> OperationResult:
        return self._operations.run(OperationRequest(name=name, values=values))

    def _read(self, response: OperationResult) -> ProviderBatchStatus:
        return read_status(self._target.compiled, self._shape, response.document)

    def __repr__(self) -> str:
        return f"ProviderBatch({self._target.model_id!r}, {self.id!r})"


def to_chat_request(prompt: Prompt) -> ChatRequest:
    """Return the request of a prompt. Raises TypeError and InvalidArguments."""
    if isinstance(prompt, ChatRequest):
        return prompt
    if isinstance(prompt, str):
        return ChatRequest(messages=(Message.user(prompt),))
    return ChatRequest(messages=check_messages(prompt))


class _BatchRunner:
    """Sends the operations that make a batch; what it may cost is set aside with the first."""

    def __init__(self, operations: ProviderRunner, bound_cost: Callable[[], CostBounds]) -> None:
        self.compiled = operations.target.compiled
        self._operations = operations
        self._bound_cost: Callable[[], CostBounds] | None = bound_cost

    def run(self, request: OperationRequest) -> OperationResult:
        bound_cost, self._bound_cost = self._bound_cost, None
        return self._operations.run(request, bound_cost=bound_cost)


def _create(runner: _BatchRunner, shape: BatchShape, lines: BatchLines, name: str) -> str:
    """Create a batch of these lines, and return its id."""
    compiled = runner.compiled
    texts: JsonDict = {"lines": lines.lines}
    values: JsonDict = {"path": lines.path, "name": name}
    if compiled.find_operation("batches.upload") is not None:
        uploaded = runner.run(OperationRequest(name="batches.upload", texts=texts))
        values["file"] = _require_id(uploaded, find_text(uploaded.facts, "id"), "file")
    adds = compiled.find_operation("batches.add") is not None
    is_inline = not adds and "file" not in values
    created = runner.run(
        OperationRequest(name="batches.create", texts=texts if is_inline else {}, values=values)
    )
    batch_id = _read_id(shape, created)
    if adds:
        runner.run(OperationRequest(name="batches.add", texts=texts, values={"id": batch_id}))
    return batch_id


def _read_id(shape: BatchShape, created: OperationResult) -> str:
    """Return the id of a batch that was just created: at the place that its operation says."""
    own_id = find_text(created.facts, "id")
    value = own_id or compile_path(shape.id).first(created.document)
    return _require_id(created, value, "batch")


def _require_end(status: ProviderBatchStatus) -> None:
    if not status.is_over:
        raise BatchError(f"the batch {status.id} is still {status.state}; wait for it first")


def _require_id(response: OperationResult, value: object, kind: str) -> str:
    if isinstance(value, str) and value:
        return value
    excerpt = str(response.document)[:200]
    raise DecodeError(f"the response has no id of a {kind}", excerpt=excerpt)


def _read_bytes(page: OperationResult) -> bytes:
    if page.document is None:
        return page.data
    raise DecodeError("the results are no lines of JSON", excerpt=str(page.document)[:200])
