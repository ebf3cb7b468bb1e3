"""The `serve:` section of a dialect: how a provider of that family writes its responses.

Everything is a template of `ai_lib.protocol.dialect.template`. These placeholders have values:

- everywhere: `$reply_id`, `$request_id`, `$model`; in `ids`, `$unique`;
- usage: the fields of `Usage` by name, `$uncached_prompt_tokens`, `$answer_tokens`, and, with no
  value when there are none, `$some_reasoning_tokens`, `$some_cache_read_tokens`; the uses of tools,
  such as `$web_search_uses`, `$service_tier`, and, with no value when there is none,
  `$some_web_search_uses` and the like, `$reported_cost`, `$reported_cost_ticks` (of 1e-10);
- everywhere, the filled usage template is `$usage`; in a stream, `$usage_asked` has a value when
  the request asks for usage, and `$no_usage_yet` is then null;
- a candidate: `$candidate` (its index), `$text`, `$thinking`, `$signature`, `$blocks`,
  `$tool_calls`, `$finish_reason`; all candidates are `$candidates`;
- a block: `$block` (its index in the reply), `$piece` (of text or of a call's arguments), the
  whole `$text` or `$thinking`, and a
  tool call's `$call` (its index), `$id`, `$name`, `$arguments` (JSON text), `$input` (the object);
- vectors: `$vector` and `$index` in an item; `$items`, `$texts`, `$prompt_tokens` in the body, and
  the items again as `$float_items` or, where base64 was asked for, `$packed_items`;
- a model of a list: `$id`, `$owner`, `$created` (seconds), `$created_at` (RFC 3339),
  `$context_window`, `$max_output_tokens`; in the list's body they are `$items`; in a count of
  tokens, `$prompt_tokens`;
- a citation: `$url`, `$title`, `$start`, `$end`, `$cited_text`, `$source_id`, `$number`,
  `$start_byte`, `$end_byte`, `$said` (the text between them); all are `$citations`, and `$supports`
  by their other template;
- a token: `$token`, `$logprob`, `$bytes`, `$alternatives`, those are tokens; all are `$tokens`, and
  the part that has them is `$logprobs`;
- sound and images: `$data`, `$media_type`, `$data_url`, `$transcript`, `$id`, `$expires_at`; all
  images are `$images`, the sound is `$audio`; `$refusal` is a text;
- an error: `$message`, `$code`, `$type`, `$status` (the HTTP status).
"""

from typing import Any

import msgspec

from ai_lib.errors.exceptions import ProtocolError
from ai_lib.protocol.dialect.model import Dialect, Part, Template
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import compile_path


class IdShape(Part, frozen=True, kw_only=True):
    """The templates of ids."""

    reply: str = "reply-${unique}"
    tool_call: str = "call-${unique}"
    request: str = "req-${unique}"
    signature: str = "signature-${unique}"


class CredentialShape(Part, frozen=True, kw_only=True):
    """A header that may carry the credential, other than the manifest's."""

    header: str
    prefix: str = ""


class ContentShape(Part, frozen=True, kw_only=True):
    """The parts of an answer that few have, each written by its template.

    `support` writes a citation once more, for dialects that have its place apart from its source.
    `alternatives` has the likeliest tokens at one place, where they stand apart from the tokens.
    """

    citation: Template = None
    support: Template = None
    logprobs: Template = None
    token: Template = None
    alternatives: Template = None
    audio: Template = None
    image: Template = None


class HostedCallShape(Part, frozen=True, kw_only=True):
    """A use of a tool that the provider runs, as its `parts`; a failed one as `failed_parts`.

    `source` is the template of each of `$sources`. Every member of the input is a value too.
    """

    source: Template = None
    parts: tuple[Template, ...]
    failed_parts: tuple[Template, ...] = ()


class PlainShape(Part, frozen=True, kw_only=True):
    """A reply in one body. `blocks` has the templates that differ from the request's blocks."""

    content_type: str = "application/json"
    body: dict[str, Template]
    candidate: Template = None
    blocks: dict[str, Template] = {}


class FrameShape(Part, frozen=True, kw_only=True):
    """One frame of a stream; `event` is the name it is sent under."""

    event: str | None = None
    data: dict[str, Template]


Frames = tuple[FrameShape, ...]


class BlockShape(Part, frozen=True, kw_only=True):
    """The frames of one block: `start` and `stop` once, `piece` for every piece."""

    start: Frames = ()
    piece: Frames = ()
    stop: Frames = ()


class ClosingShape(Part, frozen=True, kw_only=True):
    """The frames of a reply that comes without pieces, for a `Reply` that is `closing_only`.

    A block is sent as its frames here; `finish` and `close`, where there are any, are sent in place
    of those with pieces, and have the values of the candidate. Without any frames, each block is
    one piece.
    """

    thinking: Frames = ()
    text: Frames = ()
    tool_call: Frames = ()
    finish: Frames = ()
    close: Frames = ()

    def __bool__(self) -> bool:
        return any((self.thinking, self.text, self.tool_call, self.finish, self.close))


class StreamedShape(Part, frozen=True, kw_only=True):
    """A reply in frames, in the order of the fields below; `common` is part of all but `error`.

    `citation` is sent for each one at the end of the text's pieces, `sources` once after it, if
    there are citations or probabilities. `candidate` and `finish` are sent for each candidate,
    `error` in place of all that is left. `calls` are those of other kinds than functions, `hosted`
    are sent for each `$part` that tells of a tool which the provider ran.
    Without `heartbeat` frames a heartbeat is a comment line.
    """

    content_type: str = "text/event-stream"
    line_end: str = "\n"
    common: dict[str, Template] = {}
    heartbeat: Frames = ()
    open: Frames = ()
    candidate: Frames = ()
    thinking: BlockShape = BlockShape()
    text: BlockShape = BlockShape()
    tool_call: BlockShape = BlockShape()
    refusal: BlockShape = BlockShape()
    custom_tool_call: BlockShape = BlockShape()
    calls: dict[str, BlockShape] = {}
    hosted: Frames = ()
    image: Frames = ()
    audio: Frames = ()
    citation: Frames = ()
    sources: Frames = ()
    finish: Frames = ()
    usage: Frames = ()
    close: Frames = ()
    error: Frames = ()
    closing: ClosingShape = ClosingShape()


class EmbeddingsResponseShape(Part, frozen=True, kw_only=True):
    """The response to a request for vectors: `item` is written for each text."""

    body: dict[str, Template]
    item: Template


class ModelListShape(Part, frozen=True, kw_only=True):
    """The list of models: `item` is written for each; without a `body` the items are the body."""

    body: Template = None
    item: Template


class ErrorResponseShape(Part, frozen=True, kw_only=True):
    """An error body; `types` gives `$type` by HTTP status where it differs from `$code`."""

    body: dict[str, Template]
    types: dict[str, str] = {}


class SnakeCaseShape(Part, frozen=True, kw_only=True):
    """A service that takes members in snake case too, where the dialect has them in camel case.

    What is in the members `kept` is the caller's own and stays; `named` have names of the caller's
    for parts of the service's.
    """

    kept: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()


class AcceptanceShape(Part, frozen=True, kw_only=True):
    """What the provider refuses, with `message`: a body for which `when` holds.

    `roles` is the path of the messages' roles. With `among`, one that is not in it is refused; with
    `after`, one behind a role that is not listed there as one that may precede it ("" is the
    beginning). `code` and `type` are those of the error, where the status does not say them.
    """

    when: str | None = None
    roles: str = ""
    among: frozenset[str] = frozenset()
    after: dict[str, frozenset[str]] = {}
    message: str
    status: int = 400
    code: str | None = None
    type: str | None = None


class ServeSection(Part, frozen=True, kw_only=True):
    """The whole section. `turns` and `tools` list more templates of a role's turn and of a tool.

    `schemas` list more members that give the schema of the answer, `choices` those that give what
    its text may be, `thinks` the conditions of a body that asks for thinking, whichever the model.
    `accepts` has what is refused, by names.
    """

    credentials: tuple[CredentialShape, ...] = ()
    ids: IdShape = IdShape()
    headers: dict[str, str] = {}
    turns: dict[str, tuple[Template, ...]] = {}
    tools: tuple[Template, ...] = ()
    schemas: tuple[dict[str, Template], ...] = ()
    choices: Template = None
    thinks: tuple[str, ...] = ()
    snake_case: SnakeCaseShape | None = None
    accepts: dict[str, AcceptanceShape] = {}
    usage: dict[str, Template] = {}
    content: ContentShape = ContentShape()
    hosted: dict[str, HostedCallShape] = {}
    plain: PlainShape = PlainShape(body={})
    stream: StreamedShape = StreamedShape()
    embeddings: EmbeddingsResponseShape | None = None
    models: ModelListShape | None = None
    counting: Template = None
    error: ErrorResponseShape


def read_serve_section(dialect: Dialect, source: str) -> ServeSection:
    """Return the dialect's `serve:` section.

    Raises:
        ProtocolError: the dialect has no such section, or a part of it is unknown or malformed.
    """
    if not dialect.serve:
        raise ProtocolError(
            f"{source}: the dialect {dialect.dialect!r} has no `serve:` section, so it can't be "
            "mocked",
            source=source,
        )
    section: dict[str, Any] = dialect.serve
    try:
        serve = msgspec.convert(section, ServeSection)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"{source}: serve: {error}", source=source) from error
    _check_conditions(serve, source)
    return serve


def _check_conditions(serve: ServeSection, source: str) -> None:
    """Compile each condition and path, so that a mistake is found before any request."""
    conditions = [*serve.thinks, *filter(None, (rule.when for rule in serve.accepts.values()))]
    try:
        for condition in conditions:
            compile_expression(condition)
        for rule in serve.accepts.values():
            compile_path(rule.roles or "$")
    except ProtocolError as error:
        raise ProtocolError(f"{source}: serve: {error}", source=source) from error
