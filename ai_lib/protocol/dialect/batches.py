"""The `batches:` part of a dialect: how a provider takes a batch of chats.

The addresses are the manifest's endpoints `batch_create`, `batch_status`, `batch_cancel` and
`batch_results`, and `batch_upload` where the requests go up as a file of lines first.

    batches:
      line: { custom_id: $id, params: $body }
      create: { requests: $lines }
      id: $.id
      state: $.processing_status
      states: { in_progress: running, ended: completed }
      result: { id: $.custom_id, reply: $.result.message, error: [$.result.error] }

Templates are those of `protocol/dialect/template.py`. The placeholders of `line` are `$id` (the id
of the request), `$body` (the body as it would be sent alone) and `$path` (the path it would be
sent to); those of `create` are `$lines`, `$file` (the id of the file) and `$path`.
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
    """The parent of every part: an unknown key is an error that names its path."""


class UploadShape(_Part, frozen=True, kw_only=True):
    """The form that uploads the lines: its `fields`, and the path of the file's `id`."""

    fields: dict[str, str] = {}
    id: str


class ResultShape(_Part, frozen=True, kw_only=True):
    """The paths of the parts of one result line.

    `reply` is the response as it would have come alone, `status` its HTTP status. `kind` is the
    provider's word for a request that has neither a response nor an error.
    """

    id: str
    reply: str
    status: str | None = None
    error: tuple[str, ...] = ()
    kind: str | None = None


class BatchShape(_Part, frozen=True, kw_only=True):
    """The whole section.

    `states` maps the provider's words for a state to ours. The paths of one `counts` entry are
    summed. `message` is the path of what is wrong with the batch. `files` are the paths of the ids
    of files with results (`{file}` in the path of `batch_results`); without any, the results are
    at that path.
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
    """Return the section after checking that its paths parse. Raises ProtocolError otherwise."""
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
    for count_paths in shape.counts.values():
        yield from count_paths
