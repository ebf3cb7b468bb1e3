"""How a provider takes a batch of chats to work on by itself: the `batches:` part of a dialect.

The addresses are the manifest's endpoints `batch_create`, `batch_status`, `batch_cancel` and
`batch_results`, and `batch_upload` where the requests go up as a file of lines first.

    batches:
      line: { custom_id: $id, params: $body }
      create: { requests: $lines }
      id: $.id
      state: $.processing_status
      states: { in_progress: running, ended: completed }
      result: { id: $.custom_id, reply: $.result.message, error: [$.result.error] }

Templates are those of `protocol/dialect/template.py`. In `line` the holes are `$id` (what the
request
is known by), `$body` (as it would be sent alone) and `$path` (where to); in `create` they are
`$lines`, `$file` (the id of the file) and `$path`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from ai_lib.protocol.query.path import compile_path
from ai_lib.types.json import JsonValue

BatchState = Literal[
    "pending", "running", "cancelling", "completed", "failed", "expired", "cancelled"
]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parent of every part: unknown keys are errors that name their place."""


class UploadShape(_Part, frozen=True, kw_only=True):
    """The form the lines go up in: its `fields`, and where the answer has the file's `id`."""

    fields: dict[str, str] = {}
    id: str


class ResultShape(_Part, frozen=True, kw_only=True):
    """Where a line of the results keeps its facts.

    `reply` is the answer as it would have come alone, with its HTTP `status` where that is told;
    `kind` is the word for what became of the request when it has neither reply nor error.
    """

    id: str
    reply: str
    status: str | None = None
    error: tuple[str, ...] = ()
    kind: str | None = None


class BatchShape(_Part, frozen=True, kw_only=True):
    """The whole section.

    `states` says what the provider's words for the state mean; `counts` are summed; `message` is
    where the status says what is wrong with the batch. `files` are where it has the ids of files
    with results (`{file}` in the path of `batch_results`); without any they are at that path.
    """

    line: JsonValue
    upload: UploadShape | None = None
    create: dict[str, JsonValue]
    id: str
    state: str
    states: dict[str, BatchState]
    counts: dict[Literal["total", "completed", "failed"], tuple[str, ...]] = {}
    message: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    result: ResultShape


def check_batches(shape: BatchShape | None) -> BatchShape | None:
    """Return the section once its paths are known to parse. Raises ProtocolError otherwise."""
    for text in _list_paths(shape) if shape is not None else ():
        compile_path(text)
    return shape


def _list_paths(shape: BatchShape) -> Iterator[str]:
    result = shape.result
    yield from (shape.id, shape.state, result.id, result.reply)
    yield from (text for text in (result.status, result.kind) if text)
    yield from (*shape.message, *shape.files, *result.error)
    if shape.upload is not None:
        yield shape.upload.id
    for places in shape.counts.values():
        yield from places
