"""The `batches:` part of a dialect: how a provider takes a batch of chats.

    batches:
      line: { custom_id: $id, params: $body }
      create: { requests: $lines }
      id: $.id
      state: $.processing_status
      states: { in_progress: running, ended: completed }
      result: { id: $.custom_id, reply: $.result.message, error: [$.result.error] }

Templates are those of `protocol/dialect/template.py`. The placeholders of `line` are `$id` (the id
of the request), `$body` (the body as it would be sent alone), the same under the name of its
dialect, such as `$openai_chat_body`, and `$path` (the path it would be sent to).

The requests are the operations `batches.create`, `batches.status`, `batches.cancel` and
`batches.results`, with `batches.upload` where the requests go up as a file of lines first,
`batches.add` where they are added to a batch that has been created, and `batches.list`. Their
placeholders are `$lines`, `$file` (the id of the file), `$path`, `$model`, `$name` and `$id`. What
they send may also stand here as `create` and `upload`, and their addresses may be the manifest's
endpoints `batch_create` and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import compile_path
from ai_lib.types.json import JsonDict, JsonObject, JsonValue

BatchState = Literal[
    "pending", "running", "cancelling", "completed", "failed", "expired", "cancelled"
]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parent of every part: an unknown key is an error that names its path."""


class UploadShape(_Part, frozen=True, kw_only=True):
    """The form that uploads the lines: its `fields`, and the path of the file's `id`."""

    fields: dict[str, str] = {}
    id: str = "$.id"


class ResultShape(_Part, frozen=True, kw_only=True):
    """The paths of the parts of one result line.

    `reply` is the response as it would have come alone, `status` its HTTP status. `kind` is the
    provider's word for a request that has neither a response nor an error. Where the results are
    no lines but a document, `each` are the paths of its elements. Responses are read as those of
    the API family `family`, where it is another one than that of the requests.
    """

    each: tuple[str, ...] = ()
    family: str | None = None

    id: str
    reply: str
    status: str | None = None
    error: tuple[str, ...] = ()
    kind: str | None = None


class BatchShape(_Part, frozen=True, kw_only=True):
    """The whole section.

    `states` maps the provider's words for a state to ours. The paths of one `counts` entry are
    summed. `message` is the path of what is wrong with the batch. `files` are the paths of the ids
    of files with results (`$file` of `batches.results`); without any, the results are at the path
    of that operation. `inline` are the paths of results that stand in the state itself.

    `body` is merged into the body of each request, where a null takes a member away; `${model}` is
    the model. Where a provider has no word for the state, it is the first of `conditions` whose
    expression holds.
    """

    line: JsonValue
    body: JsonDict = {}
    upload: UploadShape | None = None
    create: dict[str, JsonValue] = {}
    id: str
    state: str = "$.status"
    states: dict[str, BatchState] = {}
    conditions: dict[BatchState, str] = {}
    counts: dict[Literal["total", "completed", "failed"], tuple[str, ...]] = {}
    message: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    result: ResultShape


def check_batches(shape: BatchShape | None) -> BatchShape | None:
    """Return the section after checking that its paths parse. Raises ProtocolError otherwise."""
    if shape is None:
        return None
    for text in _list_paths(shape):
        compile_path(text)
    for condition in shape.conditions.values():
        compile_expression(condition)
    return shape


def name_operations(section: JsonObject, operations: JsonObject) -> JsonDict:
    """Return operations, with those that a `batches:` section describes by itself.

    Its `create` is the body of `batches.create`, its `upload` the fields of `batches.upload`. With
    them the section is all there is: addresses are the manifest's endpoints.
    """
    if "create" not in section:
        return dict(operations)
    get: JsonDict = {"method": "GET", "encoding": "none"}
    described: JsonDict = {
        "batches.create": {"body": section["create"]},
        "batches.status": get,
        "batches.cancel": {},
        "batches.results": {**get, "answer": {"form": "json_lines"}},
    }
    upload = section.get("upload")
    if isinstance(upload, Mapping):
        described["batches.upload"] = {
            "encoding": "multipart",
            "body": upload.get("fields") or {},
            "files": {"lines": "file"},
            "answer": {"facts": {"id": [upload.get("id") or "$.id"]}},
        }
    others = {name: part for name, part in operations.items() if not name.startswith("batches.")}
    return {**others, **described}


def _list_paths(shape: BatchShape) -> Iterator[str]:
    result = shape.result
    yield from (shape.id, shape.state, result.id, result.reply)
    yield from (text for text in (result.status, result.kind) if text)
    yield from (*shape.message, *shape.files, *shape.inline, *result.error, *result.each)
    if shape.upload is not None:
        yield shape.upload.id
    for count_paths in shape.counts.values():
        yield from count_paths
