"""The events of a stream: a closed union.

`Event` is the union; each member is also a `StreamingEvent`, whose predicates and accessors suit
code without `match`. `signature`, `raw` and `extra` are opaque state that the provider
wants back (see `ai_lib.types.content`); they may come in an event of their own, with empty text,
and so may `phase`.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias, TypeVar

from ai_lib.types.content import Citation, HostedOutput, TokenLogprob
from ai_lib.types.json import JsonObject
from ai_lib.types.records.record import Record
from ai_lib.types.usage import Usage

TERMINATION_REASONS: Final = (
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "refusal",
    "pause_turn",
    "context_window",
    "error",
    "other",
)
"""Why an answer ended, in standard words.

They are those of AI-Protocol (v1/spec.yaml, termination_reasons), and two more: `context_window`
says that the model's context is full, `error` that a fault of the model or the provider ended it.
"""


class StreamingEvent(Record, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """One step of a streamed response. `candidate` is the index of the candidate it belongs to.

    `is_...` says which event this is; `as_...` returns it with its own type and raises TypeError
    when it is another one.
    """

    candidate: int = 0

    @property
    def is_content_delta(self) -> bool:
        """A piece of the response's text."""
        return isinstance(self, PartialContentDelta)

    @property
    def is_thinking_delta(self) -> bool:
        """A piece of the model's reasoning."""
        return isinstance(self, ThinkingDelta)

    @property
    def is_tool_call_started(self) -> bool:
        """A tool call has begun: its id and name are known."""
        return isinstance(self, ToolCallStarted)

    @property
    def is_partial_tool_call(self) -> bool:
        """A piece of a tool call's arguments."""
        return isinstance(self, PartialToolCall)

    @property
    def is_tool_call_ended(self) -> bool:
        """A tool call is complete and its arguments are parsed."""
        return isinstance(self, ToolCallEnded)

    @property
    def is_opaque_content(self) -> bool:
        """A part that only its provider understands."""
        return isinstance(self, OpaqueContent)

    @property
    def is_hosted_tool_started(self) -> bool:
        """The provider uses a tool of its own."""
        return isinstance(self, HostedToolStarted)

    @property
    def is_hosted_tool_delta(self) -> bool:
        """A piece of what a tool of the provider is given."""
        return isinstance(self, HostedToolDelta)

    @property
    def is_hosted_tool_ended(self) -> bool:
        """A tool of the provider has given its result."""
        return isinstance(self, HostedToolEnded)

    @property
    def is_image_content(self) -> bool:
        """An image that the model made."""
        return isinstance(self, ImageContent)

    @property
    def is_audio_delta(self) -> bool:
        """A piece of sound that the model made, or of its transcript."""
        return isinstance(self, AudioDelta)

    @property
    def is_logprobs_delta(self) -> bool:
        """Tokens with the logarithms of their probabilities."""
        return isinstance(self, LogprobsDelta)

    @property
    def is_metadata(self) -> bool:
        """Usage, or the model's name."""
        return isinstance(self, Metadata)

    @property
    def is_final_candidate(self) -> bool:
        """A candidate has its finish reason."""
        return isinstance(self, FinalCandidate)

    @property
    def is_stream_end(self) -> bool:
        """The last event of a complete stream."""
        return isinstance(self, StreamEnd)

    @property
    def as_content_delta(self) -> "PartialContentDelta":
        """This event as a piece of text."""
        return _as(self, PartialContentDelta)

    @property
    def as_thinking_delta(self) -> "ThinkingDelta":
        """This event as a piece of reasoning."""
        return _as(self, ThinkingDelta)

    @property
    def as_tool_call_started(self) -> "ToolCallStarted":
        """This event as the start of a tool call."""
        return _as(self, ToolCallStarted)

    @property
    def as_partial_tool_call(self) -> "PartialToolCall":
        """This event as a piece of a tool call's arguments."""
        return _as(self, PartialToolCall)

    @property
    def as_tool_call_ended(self) -> "ToolCallEnded":
        """This event as the end of a tool call."""
        return _as(self, ToolCallEnded)

    @property
    def as_opaque_content(self) -> "OpaqueContent":
        """This event as a part that only its provider understands."""
        return _as(self, OpaqueContent)

    @property
    def as_hosted_tool_started(self) -> "HostedToolStarted":
        """This event as the start of a provider's tool."""
        return _as(self, HostedToolStarted)

    @property
    def as_hosted_tool_delta(self) -> "HostedToolDelta":
        """This event as a piece of what a provider's tool is given."""
        return _as(self, HostedToolDelta)

    @property
    def as_hosted_tool_ended(self) -> "HostedToolEnded":
        """This event as the result of a provider's tool."""
        return _as(self, HostedToolEnded)

    @property
    def as_image_content(self) -> "ImageContent":
        """This event as an image."""
        return _as(self, ImageContent)

    @property
    def as_audio_delta(self) -> "AudioDelta":
        """This event as a piece of sound."""
        return _as(self, AudioDelta)

    @property
    def as_logprobs_delta(self) -> "LogprobsDelta":
        """This event as tokens with their probabilities."""
        return _as(self, LogprobsDelta)

    @property
    def as_metadata(self) -> "Metadata":
        """This event as metadata."""
        return _as(self, Metadata)

    @property
    def as_final_candidate(self) -> "FinalCandidate":
        """This event as a finish reason."""
        return _as(self, FinalCandidate)

    @property
    def as_stream_end(self) -> "StreamEnd":
        """This event as the end of the stream."""
        return _as(self, StreamEnd)


class PartialContentDelta(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of the response's text, or sources for it.

    `index` numbers the texts of one response where the provider counts them. With `is_refusal`, it
    is a piece of why the model refuses.
    """

    content: str
    citations: Sequence[Citation] = ()
    is_refusal: bool = False
    phase: str | None = None
    signature: str | None = None
    raw: Sequence[JsonObject] = ()
    extra: JsonObject | None = None
    index: int | None = None

    @property
    def text(self) -> str:
        """The same as `content`."""
        return self.content


ContentDelta = PartialContentDelta


class ThinkingDelta(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of the model's reasoning. `redacted` is reasoning only the provider can read."""

    thinking: str = ""
    phase: str | None = None
    signature: str | None = None
    redacted: str | None = None
    raw: Sequence[JsonObject] = ()
    extra: JsonObject | None = None
    index: int | None = None

    @property
    def text(self) -> str:
        """The same as `thinking`."""
        return self.thinking


class ToolCallStarted(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A tool call has begun. `index` counts the calls of a candidate from 0.

    With `is_custom`, the tool takes free text; it comes in the pieces of its arguments. `kind` and
    `server` are as in `ToolCall`.
    """

    tool_call_id: str
    tool_name: str
    index: int
    is_custom: bool = False
    kind: str = "function"
    server: str | None = None

    @property
    def id(self) -> str:
        """The same as `tool_call_id`."""
        return self.tool_call_id

    @property
    def name(self) -> str:
        """The same as `tool_name`."""
        return self.tool_name


class PartialToolCall(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of a tool call's arguments, as JSON text; of a custom call, as free text."""

    tool_call_id: str
    index: int
    arguments: str


class ToolCallEnded(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A tool call is complete; `arguments` is the parsed JSON object.

    That of a custom call has its free text as the member `input`. `exact_json` is the object as
    text where a number in it has more digits than a float. `kind` and `server` are as in
    `ToolCall`.
    """

    tool_call_id: str
    tool_name: str
    index: int
    arguments: JsonObject
    is_custom: bool = False
    exact_json: str = ""
    kind: str = "function"
    server: str | None = None
    signature: str | None = None
    raw: Sequence[JsonObject] = ()
    extra: JsonObject | None = None

    @property
    def id(self) -> str:
        """The same as `tool_call_id`."""
        return self.tool_call_id

    @property
    def name(self) -> str:
        """The same as `tool_name`."""
        return self.tool_name


class OpaqueContent(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A whole part that means something to its provider only, such as a search it ran.

    `body` is as in `OpaqueBlock`.
    """

    raw: Sequence[JsonObject] = ()
    body: JsonObject | None = None


class HostedToolStarted(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The provider uses a tool of its own; the fields are those of `HostedToolBlock`.

    With `raw` it is a part of the answer by itself, otherwise it is told before its end.
    """

    id: str
    kind: str
    name: str = ""
    input: JsonObject = {}
    server: str | None = None
    raw: Sequence[JsonObject] = ()


class HostedToolDelta(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of what a tool of the provider is given, such as code while it is written."""

    id: str
    text: str


class HostedToolEnded(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A tool of the provider has given its result; the fields are those of `HostedToolBlock`."""

    id: str
    kind: str
    name: str = ""
    input: JsonObject = {}
    output: Sequence[HostedOutput] = ()
    status: str = "completed"
    error: str | None = None
    server: str | None = None
    raw: Sequence[JsonObject] = ()


class ImageContent(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """An image that the model made, whole: by `url`, or as base64 `data` of `media_type`."""

    data: str | None = None
    url: str | None = None
    media_type: str | None = None
    id: str | None = None
    signature: str | None = None
    raw: Sequence[JsonObject] = ()
    extra: JsonObject | None = None
    index: int | None = None


class AudioDelta(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of sound that the model made, as base64 `data`, or of its `transcript`, or both.

    Each piece of sound can be decoded by itself where the provider sends it so.
    """

    data: str = ""
    transcript: str = ""
    media_type: str | None = None
    id: str | None = None
    expires_at: int | None = None
    signature: str | None = None
    extra: JsonObject | None = None
    index: int | None = None


class LogprobsDelta(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens of the answer with the logarithms of their probabilities, in their order.

    `index` is that of the text they are of, where the provider counts texts.
    """

    logprobs: Sequence[TokenLogprob]
    index: int | None = None


class Metadata(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Facts about the response: usage so far, the provider's id of it, the model's name."""

    usage: Usage | None = None
    id: str | None = None
    model: str | None = None


class FinalCandidate(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A candidate is finished. `finish_reason` is the provider's word for why.

    `termination_reason` is the standard one, one of `TERMINATION_REASONS`.
    """

    finish_reason: str
    termination_reason: str = "other"


class StreamEnd(StreamingEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The stream is complete; exactly one, always last. Reasons are those of candidate 0."""

    finish_reason: str | None = None
    termination_reason: str | None = None
    usage: Usage | None = None


Event: TypeAlias = (
    PartialContentDelta
    | ThinkingDelta
    | ToolCallStarted
    | PartialToolCall
    | ToolCallEnded
    | OpaqueContent
    | HostedToolStarted
    | HostedToolDelta
    | HostedToolEnded
    | ImageContent
    | AudioDelta
    | LogprobsDelta
    | Metadata
    | FinalCandidate
    | StreamEnd
)


E = TypeVar("E", bound=StreamingEvent)


def _as(event: StreamingEvent, kind: type[E]) -> E:
    if isinstance(event, kind):
        return event
    raise TypeError(f"this event is a {type(event).__name__}, not a {kind.__name__}")
