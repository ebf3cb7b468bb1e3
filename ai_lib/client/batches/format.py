"""Writes the requests of a provider's batch, and reads its state and its results."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from ai_lib.client.batches.result import BatchItem
from ai_lib.client.call.prepared_request import build_unsigned
from ai_lib.client.target.target import Target, attribute_error
from ai_lib.errors.exceptions import (
    AiLibError,
    BatchError,
    CapabilityError,
    DecodeError,
    RequestError,
)
from ai_lib.pipeline.decoders.json_text import decode_json
from ai_lib.pipeline.errors import remote_error
from ai_lib.pipeline.operations.result import read_number
from ai_lib.pipeline.plain_response import read_response
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.batches import BatchShape, BatchState
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.json_merge import apply_merge_patch
from ai_lib.protocol.manifest.capabilities import require_capabilities
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import MISSING, compile_path
from ai_lib.request.tool_names import Names, fit_tool_name, restore_error, restore_response
from ai_lib.types.json import JsonDict, JsonValue
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse
from ai_lib.types.tool import ToolDefinition

Tool = ToolDefinition | Callable[..., object]
_NAME = "item-{}"


class ProviderBatchStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a batch. The counts are of requests, 0 where the provider does not say.

    `files` are the ids of the files with results. `message` says what is wrong with the batch as a
    whole. `raw` is the response as decoded.
    """

    id: str
    state: BatchState
    total: int = 0
    completed: int = 0
    failed: int = 0
    message: str | None = None
    files: tuple[str, ...] = ()
    raw: JsonValue = None

    @property
    def is_over(self) -> bool:
        """Whether the batch has ended, so that its results are available."""
        return self.state not in ("pending", "running", "cancelling")


def item_id(index: int) -> str:
    """Return the id of an item's request at the provider."""
    return _NAME.format(index)


def read_status(
    compiled: CompiledManifest, shape: BatchShape, response: JsonValue
) -> ProviderBatchStatus:
    """Return the state in a response.

    Raises:
        DecodeError: the response has no state that the dialect lists.
    """
    batch_id = compile_path(shape.id).first(response)
    word = compile_path(shape.state).first(response)
    state = _find_state(shape, word, response)
    if state is None or not isinstance(batch_id, str):
        words = ", ".join(shape.states) or ", ".join(shape.conditions)
        raise DecodeError(
            f"{compiled.id} tells no state of the batch (one of {words}), but {word!r}",
            excerpt=str(response)[:200],
            provider=compiled.id,
        )
    counts = {name: _sum(paths, response) for name, paths in shape.counts.items()}
    return ProviderBatchStatus(
        id=batch_id,
        state=state,
        message=next(_texts(shape.message, response), None),
        files=tuple(_texts(shape.files, response)),
        raw=response,
        **counts,
    )


def _find_state(shape: BatchShape, word: object, response: JsonValue) -> BatchState | None:
    if isinstance(word, str):
        return shape.states.get(word)
    conditions = shape.conditions.items()
    return next((state for state, text in conditions if compile_expression(text)(response)), None)


def read_lines(compiled: CompiledManifest, data: bytes) -> Iterator[JsonValue]:
    """Yield the lines of a file of results. Raises DecodeError for a line that is no JSON."""
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            yield decode_json(line, f"line {number} of the results of {compiled.id}")


def find_elements(paths: Iterable[str], document: JsonValue) -> list[JsonValue]:
    """Return the results in a document, by the first path that selects any."""
    for path in paths:
        if elements := compile_path(path).select(document):
            return elements
    return []


def read_items(
    compiled: CompiledManifest, shape: BatchShape, lines: Iterable[JsonValue], tool_names: Names
) -> Iterator[BatchItem[ChatResponse]]:
    """Yield the result of each request, in the order of the lines.

    `tool_names` has the callers' names of tools by those that were sent.

    Raises:
        DecodeError: a line names no request of the batch.
    """
    if shape.result.family is not None:
        compiled = compiled.find_family(shape.result.family)
    for number, line in enumerate(lines, 1):
        name = compile_path(shape.result.id).first(line)
        index = _find_index(name)
        if index is None:
            raise DecodeError(
                f"result {number} of {compiled.id} is for {name!r}, which is none of the requests",
                excerpt=str(line)[:200],
                provider=compiled.id,
            )
        yield _read_item(compiled, shape, index, line, tool_names)


def _find_index(name: object) -> int | None:
    """Return the number of a request: its id is ours, or a number alone."""
    number = name.removeprefix(_NAME.format("")) if isinstance(name, str) else ""
    return int(number) if number.isdecimal() else None


def _read_item(
    compiled: CompiledManifest, shape: BatchShape, index: int, line: object, tool_names: Names
) -> BatchItem[ChatResponse]:
    try:
        response = _read_response(compiled, shape, index, line)
        return BatchItem(index=index, result=restore_response(response, tool_names))
    except AiLibError as error:
        restore_error(error, tool_names)
        error.provider = error.provider or compiled.id
        return BatchItem(index=index, error=error)


def _read_response(
    compiled: CompiledManifest, shape: BatchShape, index: int, line: object
) -> ChatResponse:
    paths = shape.result
    response = compile_path(paths.reply).first(line)
    status = compile_path(paths.status).first(line) if paths.status else MISSING
    if not isinstance(status, int):
        status = 200
    if response is not MISSING and response is not None:
        if not 200 <= status <= 299:
            raise remote_error(compiled, status, response)
        return read_response(compiled, msgspec.json.encode(response))
    for path in paths.error:
        error = compile_path(path).first(line)
        if error is not MISSING and error is not None:
            raise remote_error(compiled, status, error)
    kind = compile_path(paths.kind).first(line) if paths.kind else MISSING
    word = kind if isinstance(kind, str) else "not answered"
    raise BatchError(f"item {index} was {word}; ask again for it", provider=compiled.id)


def _texts(paths: Iterable[str], response: JsonValue) -> Iterator[str]:
    for path in paths:
        text = compile_path(path).first(response)
        if isinstance(text, str) and text:
            yield text


def _sum(paths: Iterable[str], response: JsonValue) -> int:
    counts = (read_number(compile_path(path).first(response)) for path in paths)
    return sum(int(count) for count in counts if count is not None)


class BatchLines(NamedTuple):
    """The requests of a batch, and the path of the endpoint they are for.

    `tool_names` has the callers' names of tools by those that are sent.
    """

    lines: list[JsonValue]
    path: str
    tool_names: Names = {}


def read_tool_names(target: Target, tools: Iterable[Tool]) -> Names:
    """Return the callers' names of tools by those under which the target was offered them."""
    shape = target.compiled.dialect.request.tool_names
    names = [
        tool.name if isinstance(tool, ToolDefinition) else ToolDefinition.from_function(tool).name
        for tool in tools
    ]
    return {fit_tool_name(name, shape): name for name in names}


def find_batch_shape(target: Target) -> BatchShape:
    """Return how the target's provider takes batches.

    Raises:
        CapabilityError: it takes none, or its dialect does not say how.
    """
    compiled = target.compiled
    require_capabilities(compiled.manifest, "batch")
    if compiled.dialect.batches is None:
        raise CapabilityError(
            f"{compiled.manifest.source}: nothing says how {compiled.id} takes batches; describe "
            "it under `wire: batches:`, or use batch_execute",
            capability="batch",
            provider=compiled.id,
        )
    return compiled.dialect.batches


def _fill_patch(patch: JsonDict, model: str) -> JsonDict:
    """Return a merge patch with its `${model}` filled; its nulls stay."""
    values = {"model": model}
    return {
        name: value if value is None else fill_template(value, values)
        for name, value in patch.items()
    }


def write_lines(shape: BatchShape, target: Target, requests: Iterable[ChatRequest]) -> BatchLines:
    """Return the requests in the form the provider's batches have.

    Raises:
        RequestError: there are no requests, or one can't be sent to the target.
    """
    lines: list[JsonValue] = []
    path = ""
    tool_names: dict[str, str] = {}
    for index, request in enumerate(requests):
        try:
            request_build = build_unsigned(target, request)
        except RequestError as error:
            error.message += f" (item {index} of the batch)"
            raise attribute_error(error, target) from None
        if request_build.compiled is not target.compiled:
            raise RequestError(
                f"item {index} of the batch can't be {request_build.adaptations[0]}, as a batch "
                "has one API family: build the client for that one"
            )
        path = urlsplit(request_build.wire.url).path
        body = apply_merge_patch(dict(request_build.body), _fill_patch(shape.body, target.model))
        dialect = target.compiled.dialect.dialect
        values = {"id": item_id(index), "path": path, "body": body, f"{dialect}_body": body}
        lines.append(fill_template(shape.line, values))
        tool_names.update(request_build.tool_names)
    if not lines:
        raise RequestError("the batch is empty: there is nothing to submit")
    return BatchLines(lines, path, tool_names)
