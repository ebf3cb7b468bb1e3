"""Writes chats as the requests of a provider's batch, and the file they go up in."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from ai_lib.batch.result import BatchItem
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
from ai_lib.pipeline.plain_response import read_response
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.batches import BatchShape, BatchState
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.manifest.capabilities import require_capabilities
from ai_lib.protocol.query.path import MISSING, compile_path
from ai_lib.request.chat import build_chat
from ai_lib.types.json import JsonDict, JsonValue
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse

_NAME = "item-{}"


class ProviderBatchStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a batch stands. The counts are of requests, 0 where the provider does not say.

    `files` are the ids of the files with results; `message` is what is wrong with the batch as a
    whole; `raw` is the answer as decoded.
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
        """Whether nothing more will happen, so that results can be had."""
        return self.state not in ("pending", "running", "cancelling")


def name_of(index: int) -> str:
    """Return what the request of an item is known by at the provider."""
    return _NAME.format(index)


def read_status(
    compiled: CompiledManifest, shape: BatchShape, answer: JsonValue
) -> ProviderBatchStatus:
    """Return the state in an answer. Raises DecodeError when it has none that is known."""
    word, name = compile_path(shape.state).first(answer), compile_path(shape.id).first(answer)
    if not isinstance(word, str) or word not in shape.states or not isinstance(name, str):
        known = ", ".join(shape.states)
        raise DecodeError(
            f"{compiled.id} tells no state of the batch (one of {known}), but {word!r}",
            excerpt=str(answer)[:200],
            provider=compiled.id,
        )
    counts = {name: _sum(places, answer) for name, places in shape.counts.items()}
    return ProviderBatchStatus(
        id=name,
        state=shape.states[word],
        message=next(_texts(shape.message, answer), None),
        files=tuple(_texts(shape.files, answer)),
        raw=answer,
        **counts,
    )


def read_results(
    compiled: CompiledManifest, shape: BatchShape, data: bytes
) -> Iterator[BatchItem[ChatResponse]]:
    """Give what came of each request, in whatever order the lines have it.

    Raises DecodeError for a line that is no JSON or names no request of the batch.
    """
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            found = decode_json(line, f"line {number} of the results of {compiled.id}")
            name = compile_path(shape.result.id).first(found)
            index = _index(name)
            if index is None:
                raise DecodeError(
                    f"line {number} of the results of {compiled.id} is for {name!r}, which is none "
                    "of the requests",
                    excerpt=line[:200].decode("utf-8", "replace"),
                    provider=compiled.id,
                )
            yield _item(compiled, shape, index, found)


def _index(name: object) -> int | None:
    prefix = _NAME.format("")
    if isinstance(name, str) and name.startswith(prefix) and name[len(prefix) :].isdecimal():
        return int(name[len(prefix) :])
    return None


def _item(
    compiled: CompiledManifest, shape: BatchShape, index: int, line: object
) -> BatchItem[ChatResponse]:
    try:
        return BatchItem(index=index, result=_response(compiled, shape, index, line))
    except AiLibError as error:
        error.provider = error.provider or compiled.id
        return BatchItem(index=index, error=error)


def _response(
    compiled: CompiledManifest, shape: BatchShape, index: int, line: object
) -> ChatResponse:
    places = shape.result
    reply = compile_path(places.reply).first(line)
    told = compile_path(places.status).first(line) if places.status else MISSING
    status = told if isinstance(told, int) else 200
    if reply is not MISSING and reply is not None:
        if not 200 <= status <= 299:
            raise remote_error(compiled, status, reply)
        return read_response(compiled, msgspec.json.encode(reply))
    for place in places.error:
        error = compile_path(place).first(line)
        if error is not MISSING and error is not None:
            raise remote_error(compiled, status, error)
    kind = compile_path(places.kind).first(line) if places.kind else MISSING
    word = kind if isinstance(kind, str) else "not answered"
    raise BatchError(f"item {index} was {word}; ask again for it", provider=compiled.id)


def _texts(places: Iterable[str], answer: JsonValue) -> Iterator[str]:
    for place in places:
        found = compile_path(place).first(answer)
        if isinstance(found, str) and found:
            yield found


def _sum(places: Iterable[str], answer: JsonValue) -> int:
    found = (compile_path(place).first(answer) for place in places)
    return sum(one for one in found if isinstance(one, int) and not isinstance(one, bool))


class BatchLines(NamedTuple):
    """The requests, and the path they are for."""

    lines: list[JsonValue]
    path: str

    @property
    def file(self) -> bytes:
        """The requests as JSON, one a line."""
        return b"".join(msgspec.json.encode(line) + b"\n" for line in self.lines)


def shape_of(target: Target) -> BatchShape:
    """Return how the target's provider takes batches. Raises CapabilityError when it takes none."""
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


def write_lines(shape: BatchShape, target: Target, requests: Iterable[ChatRequest]) -> BatchLines:
    """Return the requests as the provider wants them in a batch.

    Raises:
        RequestError: there are none, or one can't be asked of the target.
    """
    lines: list[JsonValue] = []
    path = ""
    for index, request in enumerate(requests):
        try:
            built = build_chat(
                request,
                target.compiled,
                model=target.model,
                credential=None,
                base_url=target.base_url,
            )
        except RequestError as error:
            error.message += f" (item {index} of the batch)"
            raise attribute_error(error, target) from None
        path = urlsplit(built.wire.url).path
        values = {"id": name_of(index), "path": path, "body": dict(built.body)}
        lines.append(fill_template(shape.line, values))
    if not lines:
        raise RequestError("the batch is empty: there is nothing to submit")
    return BatchLines(lines, path)


def write_create(shape: BatchShape, lines: BatchLines, file: str | None) -> JsonDict:
    """Return the body that begins the batch."""
    values: JsonDict = {"path": lines.path}
    values.update({"lines": lines.lines} if file is None else {"file": file})
    body = fill_template(shape.create, values)
    if not isinstance(body, dict):
        raise BatchError("the template of `create` holds nothing; see `wire: batches:`")
    return body
