"""The parts of a wire dialect: data that says how an API family writes requests and responses.

A dialect is a YAML file in `dialects/`, and the names of these fields are its keys. A manifest
chooses a dialect by what it declares, may overlay parts of it under `wire:`, or may carry a whole
one of its own. Templates are explained in `ai_lib.protocol.dialect.template`, expressions and paths
in the AI-Protocol specification (match language, RFC 9535).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from ai_lib.protocol.dialect.batches import BatchShape
from ai_lib.protocol.dialect.billing import BillingShape
from ai_lib.protocol.dialect.constraints import ConstraintRule
from ai_lib.protocol.dialect.embeddings import EmbeddingShape
from ai_lib.protocol.dialect.hosted_tools import HostedPartShape, HostedToolShape
from ai_lib.protocol.dialect.listing import CountingShape, ListingShape
from ai_lib.protocol.dialect.reasoning import ReasoningShape
from ai_lib.protocol.dialect.token_rules import TokenShape
from ai_lib.types.json import JsonDict, JsonValue

Template: TypeAlias = JsonValue  # JSON with placeholders, of any shape


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parent of every part of a dialect: an unknown key is an error that names its path."""


class CallIdShape(Part, frozen=True, kw_only=True):
    """The ids of tool calls that a provider takes.

    An id that does not match `pattern` is replaced, in the call and in its result, by `length`
    letters and digits that follow from it.
    """

    pattern: str
    length: int = 24


class CallSignatureShape(Part, frozen=True, kw_only=True):
    """The signature for the first call of a turn of another model, for models that demand one."""

    models: tuple[str, ...]
    value: str


class MessageShape(Part, frozen=True, kw_only=True):
    """How messages are written.

    `system` says where instructions go: into a `message` of their own or to the body's `top`, as a
    text or, there, as `blocks`.
    `roles` has a template for each role, `blocks` one for each content block. Without a `tool_use`
    block, calls are written by `tool_call` into the placeholder `$tool_calls`; without a
    `tool_result` block, each result is a message of its own. `items` has the blocks that stand
    beside the messages in their list. Files have blocks by their source, such as `image_url` and
    `image_data`; with `document_text`, a text document is written as text. With `plain_text`, a
    message of text alone is a string; with `merge_turns`, neighbours of one role are joined.
    `cache` is merged into the block or tool up to which the provider is to cache the request,
    `cache_after` is written behind it as a block of its own; `cache_on` names the kinds of block,
    with `tool` and `system`, that may have it (all, when empty). With `refuses_blank`, the provider
    refuses texts of blanks alone, which are left out as empty ones are; with `calls_need_tools`, it
    refuses a conversation with calls without the tools. `formats` has the provider's words
    for media types, as `$format`; files of other types are refused. `url_schemes` are those of the
    addresses that it fetches, where they are others than usual. `document_names` says what is no
    part of a document's name, as a set of a regular expression; each has another one then.
    `block_values` are the defaults for placeholders of blocks. `tool_media` says where the
    files go that a tool returns: `inline`, in its result, into the `next_user` turn, or nowhere
    (`none`), which the result then says in words.
    Calls of tools that take free text, and their results, have templates with `custom_` before the
    name; images and sound that the model made have `model_image` and `model_audio`. `call_ids` are
    those that the provider takes, `call_signature` is for calls that have none. `file_headers` are
    sent with messages that name stored files.
    """

    system: Literal["message", "top", "blocks"] = "message"
    plain_text: bool = False
    merge_turns: bool = False
    roles: dict[str, Template]
    blocks: dict[str, Template]
    items: dict[str, Template] = {}
    cache: dict[str, Template] = {}
    cache_after: dict[str, Template] = {}
    cache_on: tuple[str, ...] = ()
    refuses_blank: bool = False
    calls_need_tools: bool = False
    formats: dict[str, str] = {}
    url_schemes: tuple[str, ...] = ()
    document_names: str | None = None
    block_values: JsonDict = {}
    tool_call: Template = None
    custom_tool_call: Template = None
    call_ids: CallIdShape | None = None
    call_signature: CallSignatureShape | None = None
    file_headers: dict[str, str] = {}
    tool_media: Literal["inline", "next_user", "none"] = "next_user"


class ToolNameShape(Part, frozen=True, kw_only=True):
    """What the name of a tool may be: its `characters` and its `first` one, as sets of a regular
    expression, and at most how many. The strictest is assumed where a dialect says nothing.
    """

    characters: str = "A-Za-z0-9_"
    first: str = "A-Za-z_"
    max: int = 64


class SchemaShape(Part, frozen=True, kw_only=True):
    """The keywords of JSON Schema that a provider does not take.

    Those in `left_out` are removed, as is a `format` that is not one of `formats`; a schema with a
    keyword in `refused` is refused. With `only_strict`, this holds for strict schemas only. With
    `closed`, every object of an answer's schema is closed; a schema with an object that does not
    name all its members is refused. Without `lookaround`, a `pattern` that looks ahead or behind is
    removed.
    """

    left_out: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    only_strict: bool = False
    closed: bool = False
    lookaround: bool = True


class RequestShape(Part, frozen=True, kw_only=True):
    """How a request is written. Fragments (`stream`, `tool_choice`, ...) are merged into `body`.

    `parameters` maps standard names to dotted paths in the body, `options` maps a standard name
    and its value to a fragment. `required` are values that are sent when the caller sets none,
    `tool_values` the defaults for placeholders of `tool`. `provider_tools` says where tools go that
    the provider runs itself: `among` the others, or `beside` the group that the others form.
    `spread` is the member that a model's parameters are written into and whose members then stand
    in the body themselves: another dialect has them there for the same models.
    `constraints` say, by their names, what of a body excludes, needs or replaces what. `hosted` has
    the tools that the provider runs itself, by the names of what they do. `caller_tools` has
    patterns of the provider's own tools that the caller runs, each with an expression over the tool
    that holds then, or an empty one. `window_setting` names what sets the context window of a
    server that may cut longer prompts without a word.
    """

    path: str = ""
    window_setting: str = ""
    body: dict[str, Template]
    stream: dict[str, Template] = {}
    stream_usage: dict[str, Template] = {}
    stream_path: dict[Literal["from", "to"], str] = {}
    stream_query: dict[str, str] = {}
    messages: MessageShape
    tool: Template = None
    tool_names: ToolNameShape = ToolNameShape()
    tool_values: JsonDict = {}
    provider_tools: Literal["among", "beside"] = "among"
    schema: SchemaShape = SchemaShape()
    tool_choice: dict[str, dict[str, Template]] = {}
    response_format: dict[str, dict[str, Template]] = {}
    options: dict[str, dict[str, dict[str, Template]]] = {}
    parameters: dict[str, str] = {}
    required: JsonDict = {}
    spread: str | None = None
    constraints: dict[str, ConstraintRule | None] = {}
    hosted: dict[str, HostedToolShape] = {}
    caller_tools: dict[str, str] = {}


class Rule(Part, frozen=True, kw_only=True):
    """When `match` holds, the rule emits an event with `fields`, or reads the nested `rules`.

    With `each`, the rule is read once for every element that the path selects, and `@` is the
    element. `candidate` is then the path of an element's candidate index (without it, the
    element's position counts), and `numbered` makes the position the `index` of the event; with
    `index`, that path has it.
    `otherwise` are rules that are read when this one found nothing, or an empty text.
    `extract` means `fields`. A field that does not start with `$` or `@` is a literal. Where each
    frame repeats the text or arguments so far, the field `total` holds them.
    """

    match: str | None = None
    each: str | None = None
    candidate: str | None = None
    numbered: bool = False
    index: str | None = None
    rules: tuple[Rule, ...] = ()
    otherwise: tuple[Rule, ...] = ()
    emit: str | None = None
    fields: JsonDict = {}
    extract: JsonDict = {}
    needs: tuple[str, ...] = ()


class ResponseShape(Part, frozen=True, kw_only=True):
    """How a plain response is read: the whole body is one frame.

    `also` are rules that are read after `rules`; a manifest adds rules there. `ignored` are paths
    of members that are known and of no interest; what neither a rule reads nor this lists is kept
    as unmapped. With `lenient`, the values of models are taken in nearly the right form too, as
    those of small ones often are.
    """

    lenient: bool = False
    envelope: dict[Literal["id", "model"], str] = {}
    rules: tuple[Rule, ...] = ()
    also: tuple[Rule, ...] = ()
    ignored: tuple[str, ...] = ()


class DecoderShape(Part, frozen=True, kw_only=True):
    """How bytes become frames; `done_signal` ends the stream.

    Frames are server-sent events (`sse`), lines (`json_lines`), the elements of one array
    (`json_array`), the body itself (`json`), or the messages of a binary event stream
    (`aws_event_stream`): each is an object with the payload under the event's name, an error has
    the name `exception`. With `unwrap`, the member of that name holds the frame in base64.
    """

    format: Literal["sse", "json_lines", "json_array", "json", "aws_event_stream"] = "sse"
    done_signal: str | None = None
    unwrap: str | None = None


class StreamShape(Part, frozen=True, kw_only=True):
    """How a stream is read.

    Frames for which `select` does not hold are dropped. `end` holds for the last frame, `complete`
    for a frame that completes the response although more may follow. With `needs_end`, a reason to
    finish does not complete it. A frame for which `known` does not hold is counted as unknown. With
    `fan_out`, a rule for candidate 0 is read for all.
    `also` is as in `ResponseShape`.

    `finals` are rules for frames that close a part, a candidate or the response: what they find is
    the whole of it. It is compared with what was emitted, and what is missing is emitted. Parts of
    one text are told apart by the field `part`, and by `parts`, the name of their list.

    `ignored` is as in `ResponseShape`; of frames for which `skipped` holds, all is ignored that no
    rule reads, because later frames repeat it. Unmapped texts and lists below a path in `pieces`
    are pieces, to be joined; others are repetitions.
    """

    decoder: DecoderShape = DecoderShape()
    envelope: dict[Literal["id", "model"], str] = {}
    select: str | None = None
    rules: tuple[Rule, ...] = ()
    end: str | None = None
    complete: str | None = None
    needs_end: bool = False
    known: str | None = None
    also: tuple[Rule, ...] = ()
    finals: tuple[Rule, ...] = ()
    ignored: tuple[str, ...] = ()
    skipped: str | None = None
    pieces: tuple[str, ...] = ()
    fan_out: bool = False


class UsageShape(Part, frozen=True, kw_only=True):
    """The paths of token counts; `prompt_tokens` and `completion_tokens` are sums of all paths.

    Another count may have several paths: the first that has a number counts.

    `tool_uses` has the paths of how often a tool was used that the provider ran, by its name.
    `service_tier` is the path of the tier that served the request. `cost` is the path of what the
    provider says that it cost, in `cost_unit`s of `cost_currency`.

    `combine` says what several reports in one stream mean: the `last` one counts, the fields of
    each `merge` over those before, or they `sum`.
    """

    prompt_tokens: tuple[str, ...] = ()
    completion_tokens: tuple[str, ...] = ()
    total_tokens: str | None = None
    reasoning_tokens: str | tuple[str, ...] | None = None
    cache_read_tokens: str | tuple[str, ...] | None = None
    cache_write_tokens: str | tuple[str, ...] | None = None
    cache_write_long_tokens: str | None = None
    input_audio_tokens: str | None = None
    output_audio_tokens: str | None = None
    input_image_tokens: str | None = None
    output_image_tokens: str | None = None
    tool_uses: dict[str, str] = {}
    service_tier: str | None = None
    cost: str | None = None
    cost_unit: float = 1.0
    cost_currency: str = "USD"
    combine: Literal["last", "merge", "sum"] = "last"


class ThinkingTags(Part, frozen=True, kw_only=True):
    """The tags around a model's thinking, when it is written at the beginning of its text.

    With `replayed`, the thinking of earlier turns goes back between them.
    """

    open: str = "<think>"
    close: str = "</think>"
    replayed: bool = False


class ErrorShape(Part, frozen=True, kw_only=True):
    """The paths of an error's facts in the body: the first that selects something counts.

    `retry_after` are the paths of the time to wait: seconds, a duration such as `7m12s`, or a
    message that says one. `codes` maps the codes that all providers of the dialect share to
    standard classes; a manifest's own table comes before it. `content_policy` are the codes and
    types of a refusal by the provider's rules for content. `context_length` are phrases of messages
    that say, without a code of their own, that a request is longer than the model's context window.

    `headers` name the headers of the response that say a fact, which come before the body. Of a
    code or a type, what matches `name_pattern` counts: its first group.
    """

    headers: dict[str, tuple[str, ...]] = {}
    name_pattern: str | None = None

    content_policy: tuple[str, ...] = (
        "content_filter", "content_policy_violation", "content_policy", "prohibited_content",
        "ResponsibleAIPolicyViolation", "data_inspection_failed", "moderation_blocked", "safety",
    )  # fmt: skip
    # https://github.com/BerriAI/litellm/issues/10793 and the servers' own sources.
    context_length: tuple[str, ...] = (
        "maximum context length", "maximum model length", "maximum prompt length",
        "model's context length", "exceeds the context length", "loaded with context length",
        "exceeds the available context size", "exceed context window", "exceed context limit",
        "prompt is too long", "input is too long for", "reduce the length of the messages",
        "exceeds the maximum number of tokens allowed", "`max_new_tokens` must be <=",
    )  # fmt: skip
    message: tuple[str, ...] = ("error.message", "message", "error")
    code: tuple[str, ...] = ("error.code", "code")
    type: tuple[str, ...] = ("error.type", "type")
    param: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    request_id: tuple[str, ...] = ()
    retry_after: tuple[str, ...] = ()
    codes: dict[str, str] = {}


class Dialect(Part, frozen=True, kw_only=True):
    """A whole wire dialect. `serve` is the dialect as the provider writes it, for mocks.

    `reasoning` says by patterns of models how they are told to think.

    `operations` are what is beside chat, each an `OperationShape`, read when it is first used;
    `operations_of` is the dialect that has them, where it is another one.

    With `thinking_tags`, thinking at the beginning of the text is taken out of it. `raw_joins` are
    the texts that a streamed `raw` object has in pieces: those of one `type` and `index` are
    joined. `hosted_parts` say which of the parts that only the provider understands tell what its
    own tools did.
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
    hosted_parts: tuple[HostedPartShape, ...] = ()
    embeddings: EmbeddingShape | None = None
    batches: BatchShape | None = None
    billing: BillingShape = BillingShape()
    reasoning: dict[str, ReasoningShape] = {}
    models: ListingShape | None = None
    counting: CountingShape | None = None
    operations: JsonDict = {}
    operations_of: str | None = None
    serve: JsonDict = {}
