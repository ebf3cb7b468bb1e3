"""Writes chats as the requests of a provider's batch, and the file they go up in."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from ai_lib.batch.outcomes import name_of
from ai_lib.client.target import Target, placed
from ai_lib.errors.tree import BatchError, CapabilityError, RequestError
from ai_lib.protocol.batching import BatchShape
from ai_lib.protocol.capabilities import require
from ai_lib.protocol.template import fill
from ai_lib.request.build import build_chat
from ai_lib.types.json import JsonDict, JsonValue
from ai_lib.types.request import ChatRequest


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
    require(compiled.manifest, "batch")
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
            raise placed(error, target) from None
        path = urlsplit(built.wire.url).path
        values = {"id": name_of(index), "path": path, "body": dict(built.body)}
        lines.append(fill(shape.line, values))
    if not lines:
        raise RequestError("the batch is empty: there is nothing to submit")
    return BatchLines(lines, path)


def write_create(shape: BatchShape, lines: BatchLines, file: str | None) -> JsonDict:
    """Return the body that begins the batch."""
    values: JsonDict = {"path": lines.path}
    values.update({"lines": lines.lines} if file is None else {"file": file})
    body = fill(shape.create, values)
    if not isinstance(body, dict):
        raise BatchError("the template of `create` holds nothing; see `wire: batches:`")
    return body
