"""A wire dialect: how one family of APIs writes requests and replies, as data.

A dialect is a YAML file in `dialects/`; a manifest chooses one by what it declares, may overlay
parts of it under `wire:`, or may carry a whole one of its own. Templates are explained in
`ai_lib.protocol.dialect.template`, expressions and paths in the AI-Protocol specification (match
language, RFC 9535).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from ai_lib.protocol.dialect.batches import BatchShape
from ai_lib.protocol.dialect.embeddings import EmbeddingShape
from ai_lib.protocol.dialect.token_rules import TokenShape
from ai_lib.types.json import JsonDict, JsonValue

Template: TypeAlias = JsonValue  # JSON with holes; its shape is the author's


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parent of every part of a dialect: unknown keys are errors that name their place."""


class MessageShape(Part, frozen=True, kw_only=True):
    """How turns are written.

    `system` says where instructions go: a `message` of their own or the body's `top`. `roles` has
    one template a role; `blocks` one a content block. Without a `tool_use` block, calls are
    written by `tool_call` into the hole `$tool_calls`; without a `tool_result` block, each result
    is a message of its own. `items` has the blocks that stand among the messages, as their equals.
    Files have blocks by their source, such as `image_url` and `image_data`; with `document_text`,
    a document that is text is written as such. `plain_text` sends a turn of text alone as a string;
    `merge_turns` joins neighbours of one role. `cache` is merged into a block, or a tool, up to
    which the provider is to remember the request; `cache_on` names the kinds of block, `tool` and
    `system` among them, that may be marked so (all, when empty). `block_values` are for holes of
    blocks about which the caller says nothing.
    """

    system: Literal["message", "top"] = "message"
    plain_text: bool = False
    merge_turns: bool = False
    roles: dict[str, Template]
    blocks: dict[str, Template]
    items: dict[str, Template] = {}
    cache: dict[str, Template] = {}
    cache_on: tuple[str, ...] = ()
    block_values: JsonDict = {}
    tool_call: Template = None


class SchemaShape(Part, frozen=True, kw_only=True):
    """Which keywords of JSON Schema a provider takes not: some are left out, some `refused`.

    With `only_strict` that holds for schemas which are to be followed strictly. `closed` says that
    it takes no schema with an object whose members are not all named.
    """

    left_out: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    only_strict: bool = False
    closed: bool = False


class RequestShape(Part, frozen=True, kw_only=True):
    """How a request is written. Fragments (`stream`, `tool_choice`, ...) are merged into `body`.

    `parameters` maps standard names to dotted places in the body, `options` maps a standard name
    and its value to a fragment, `required` gives what must be there when the caller says nothing,
    and so does `tool_values` for the holes of `tool`. `provider_tools` says where tools go that the
    provider runs itself: `among` the others, or `beside` the group they form.
    """

    path: str = ""
    body: dict[str, Template]
    stream: dict[str, Template] = {}
    stream_usage: dict[str, Template] = {}
    stream_path: dict[Literal["from", "to"], str] = {}
    stream_query: dict[str, str] = {}
    messages: MessageShape
    tool: Template = None
    tool_values: JsonDict = {}
    provider_tools: Literal["among", "beside"] = "among"
    schema: SchemaShape = SchemaShape()
    tool_choice: dict[str, dict[str, Template]] = {}
    response_format: dict[str, dict[str, Template]] = {}
    options: dict[str, dict[str, dict[str, Template]]] = {}
    parameters: dict[str, str] = {}
    required: JsonDict = {}


class Rule(Part, frozen=True, kw_only=True):
    """When `match` holds, emit an event with `fields`, or go on to the nested `rules`.

    With `each`, the rule is read once for every element the path selects, and `@` is the element;
    `candidate` then says where an element keeps its candidate index (else its position counts),
    and `numbered` makes its position the `index` of what is found in it.
    `extract` means `fields`. A field that does not start with `$` or `@` is a literal. Where a wire
    says in each frame all that was said so far, `total` is read in place of text or arguments.
    """

    match: str | None = None
    each: str | None = None
    candidate: str | None = None
    numbered: bool = False
    rules: tuple[Rule, ...] = ()
    otherwise: tuple[Rule, ...] = ()
    emit: str | None = None
    fields: JsonDict = {}
    extract: JsonDict = {}
    needs: tuple[str, ...] = ()


class ResponseShape(Part, frozen=True, kw_only=True):
    """How a plain reply is read: the whole body is one frame.

    `also` are rules read after `rules`: what a manifest adds without writing them anew.
    """

    envelope: dict[Literal["id", "model"], str] = {}
    rules: tuple[Rule, ...] = ()
    also: tuple[Rule, ...] = ()


class DecoderShape(Part, frozen=True, kw_only=True):
    """How bytes become frames; `done_signal` ends the stream.

    Frames are server-sent events (`sse`), lines (`json_lines`), the elements of one array
    (`json_array`), or the body itself (`json`).
    """

    format: Literal["sse", "json_lines", "json_array", "json"] = "sse"
    done_signal: str | None = None


class StreamShape(Part, frozen=True, kw_only=True):
    """How a stream is read.

    `select` drops frames it does not hold for; `end` is the frame after which nothing follows;
    `complete` a frame that makes the answer whole although more may follow. A frame for which
    `known` does not hold is counted as unknown. `fan_out` lets a rule written for candidate 0
    serve all. `also` is as in `ResponseShape`.
    """

    decoder: DecoderShape = DecoderShape()
    envelope: dict[Literal["id", "model"], str] = {}
    select: str | None = None
    rules: tuple[Rule, ...] = ()
    end: str | None = None
    complete: str | None = None
    known: str | None = None
    also: tuple[Rule, ...] = ()
    fan_out: bool = False


class UsageShape(Part, frozen=True, kw_only=True):
    """Where token counts are; `prompt_tokens` and `completion_tokens` are sums of several places.

    `combine` says what several reports in one stream mean: the `last` counts, each one's fields
    `merge` over those before, or they `sum`.
    """

    prompt_tokens: tuple[str, ...] = ()
    completion_tokens: tuple[str, ...] = ()
    total_tokens: str | None = None
    reasoning_tokens: str | None = None
    cache_read_tokens: str | None = None
    cache_write_tokens: str | None = None
    combine: Literal["last", "merge", "sum"] = "last"


class ThinkingTags(Part, frozen=True, kw_only=True):
    """Between what a model's thinking stands, when it is written at the beginning of its text."""

    open: str = "<think>"
    close: str = "</think>"


class ErrorShape(Part, frozen=True, kw_only=True):
    """Where an error body keeps its facts: the first path that selects something counts.

    `codes` are the codes that all who speak the dialect share, with the standard class of each; a
    manifest's own table comes before them.
    """

    message: tuple[str, ...] = ("error.message", "message", "error")
    code: tuple[str, ...] = ("error.code", "code")
    type: tuple[str, ...] = ("error.type", "type")
    param: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    request_id: tuple[str, ...] = ()
    codes: dict[str, str] = {}


class Dialect(Part, frozen=True, kw_only=True):
    """One wire dialect, whole. `serve` is the dialect seen from the provider's side.

    With `thinking_tags`, thinking at the beginning of the text is no text. `raw_joins` names the
    texts that a streamed `raw` object has in pieces: those of one `type` and `index` are one.
    """

    dialect: str
    chosen_by: dict[str, tuple[str, ...]] = {}
    request: RequestShape
    reply: ResponseShape = ResponseShape()
    stream: StreamShape = StreamShape()
    usage: UsageShape = UsageShape()
    error: ErrorShape = ErrorShape()
    tokens: TokenShape = TokenShape()
    termination: dict[str, str] = {}
    calls_mean_tool_use: bool = False
    thinking_tags: ThinkingTags | None = None
    raw_joins: tuple[str, ...] = ()
    embeddings: EmbeddingShape | None = None
    batches: BatchShape | None = None
    serve: JsonDict = {}
