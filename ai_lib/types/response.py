"""What the caller gets: a response, its candidates, and the statistics of the call."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ai_lib.types.attempt import Attempt
from ai_lib.types.content import (
    AudioBlock,
    Block,
    Citation,
    HostedToolBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    TokenLogprob,
    merge_hosted_calls,
)
from ai_lib.types.cost import CostEstimate
from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.message import Message, MessageRole
from ai_lib.types.records.record import Record, freeze_lists
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage, sum_usages

COMMENTARY: Final = "commentary"
"""The phase of what a model says beside its final answer."""


class Candidate(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One of the candidates of a response. `blocks` has its parts in the order they came.

    `logprobs` has a token after another, where they were asked for.
    """

    index: int = 0
    blocks: Sequence[Block] = ()
    tool_calls: Sequence[ToolCall] = ()
    finish_reason: str | None = None
    termination_reason: str | None = None
    logprobs: Sequence[TokenLogprob] = ()

    def __post_init__(self) -> None:
        if list in (type(self.blocks), type(self.tool_calls), type(self.logprobs)):
            freeze_lists(self, "blocks", "tool_calls", "logprobs")

    @property
    def content(self) -> str:
        """The text of the response; beside a final answer, commentary is left out."""
        blocks = [block for block in self.blocks if isinstance(block, TextBlock)]
        if any(block.phase is not None for block in blocks):
            blocks = [b for b in blocks if b.phase != COMMENTARY] or blocks
        return "".join(block.text for block in blocks)

    @property
    def commentary(self) -> str:
        """What the model said beside its final answer, where the provider tells them apart."""
        blocks = (block for block in self.blocks if isinstance(block, TextBlock))
        return "".join(block.text for block in blocks if block.phase == COMMENTARY)

    @property
    def refusal(self) -> str | None:
        """Why the model refuses, in its words; None when it says nothing of that kind."""
        blocks = (block for block in self.blocks if isinstance(block, TextBlock))
        return "".join(block.text for block in blocks if block.is_refusal) or None

    @property
    def citations(self) -> list[Citation]:
        """The sources of all texts, each once; offsets are those in the text of their block."""
        citations: list[Citation] = []
        for block in self.blocks:
            if isinstance(block, TextBlock):
                citations += [source for source in block.citations if source not in citations]
        return citations

    @property
    def hosted_calls(self) -> list[HostedToolBlock]:
        """The uses of tools that the provider ran itself, each with what it gave."""
        return merge_hosted_calls(self.blocks)

    @property
    def images(self) -> list[ImageBlock]:
        """The images that the model made."""
        return [block for block in self.blocks if isinstance(block, ImageBlock)]

    @property
    def audio(self) -> AudioBlock | None:
        """The sound that the model made; None when there is none."""
        return next((block for block in self.blocks if isinstance(block, AudioBlock)), None)

    @property
    def thinking(self) -> str:
        """The model's reasoning, as far as the provider shows it."""
        return "".join(block.thinking for block in self.blocks if isinstance(block, ThinkingBlock))

    def to_message(self) -> Message:
        """Return the assistant turn to put into the next request, opaque state included."""
        return Message(MessageRole.ASSISTANT, self.blocks)


class ChatResponse(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A complete response. Content, tool calls and reasons are those of the first candidate.

    `finish_reason` is the provider's word, `termination_reason` the standard one. `adaptations`
    lists what was renamed or dropped to suit the target. `raw_response` is the body as decoded;
    it is None for a streamed response. `unknown_events` counts wire frames that no rule knew; the
    first sixteen of them are in `unknown_frames`, as decoded. `unmapped` has what the provider said
    and no rule of its dialect reads, by path, at most 128 paths and 64 KiB; `unmapped_count` counts
    those that are not kept as well. A path from `candidates` on has what a closing frame said
    otherwise than the pieces before it. `attempts` lists all attempts, the successful one last;
    `cost` is what they cost together, at the listed prices. `status_code` and `headers` are those
    of the last attempt, by names in small letters, without cookies; as text it is what the model
    says, and a line of figures.
    """

    candidates: Sequence[Candidate] = (Candidate(),)
    usage: Usage = Usage()
    id: str | None = None
    model: str | None = None
    request_id: str | None = None
    adaptations: Sequence[str] = ()
    raw_response: JsonObject | None = None
    unknown_events: int = 0
    unknown_frames: Sequence[JsonValue] = ()
    unmapped: JsonObject = {}
    unmapped_count: int = 0
    attempts: Sequence[Attempt] = ()
    cost: CostEstimate | None = None
    status_code: int | None = None
    headers: Mapping[str, str] = {}

    def __post_init__(self) -> None:
        members = (self.candidates, self.adaptations, self.unknown_frames, self.attempts)
        if list in map(type, members):
            freeze_lists(self, "candidates", "adaptations", "unknown_frames", "attempts")

    if not TYPE_CHECKING:  # to a type checker what is not there is not there

        def __getattr__(self, name: str) -> object:
            from ai_lib.types.dicts.other_names import OF_RESPONSES, make_missing_error

            raise make_missing_error(self, name, OF_RESPONSES)

    @property
    def total_usage(self) -> Usage:
        """The tokens of all attempts, those that failed included."""
        return (
            sum_usages(attempt.usage for attempt in self.attempts) if self.attempts else self.usage
        )

    @property
    def content(self) -> str:
        """The text of the response."""
        return self.candidates[0].content

    @property
    def text(self) -> str:
        """The same as `content`."""
        return self.content

    @property
    def thinking(self) -> str:
        """The model's reasoning, as far as the provider shows it."""
        return self.candidates[0].thinking

    @property
    def refusal(self) -> str | None:
        """Why the model refuses, in its words; None when it says nothing of that kind."""
        return self.candidates[0].refusal

    @property
    def citations(self) -> list[Citation]:
        """The sources of the text, each once."""
        return self.candidates[0].citations

    @property
    def hosted_calls(self) -> list[HostedToolBlock]:
        """The uses of tools that the provider ran itself, each with what it gave."""
        return self.candidates[0].hosted_calls

    @property
    def images(self) -> list[ImageBlock]:
        """The images that the model made."""
        return self.candidates[0].images

    @property
    def audio(self) -> AudioBlock | None:
        """The sound that the model made; None when there is none."""
        return self.candidates[0].audio

    @property
    def logprobs(self) -> Sequence[TokenLogprob]:
        """The tokens of the answer with their probabilities, where they were asked for."""
        return self.candidates[0].logprobs

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The tool calls that the model wants answered, as a new list."""
        return list(self.candidates[0].tool_calls)

    @property
    def finish_reason(self) -> str | None:
        """Why the response ended, in the provider's word."""
        return self.candidates[0].finish_reason

    @property
    def termination_reason(self) -> str | None:
        """Why the response ended, in the standard word."""
        return self.candidates[0].termination_reason

    @property
    def has_tool_calls(self) -> bool:
        """Whether the model wants tools called."""
        return bool(self.tool_calls)

    def to_message(self) -> Message:
        """Return the assistant turn to put into the next request, opaque state included."""
        return self.candidates[0].to_message()

    def __str__(self) -> str:
        from ai_lib.types.display import response_text

        return response_text(self)

    def _repr_markdown_(self) -> str:
        from ai_lib.types.display import response_markdown

        return response_markdown(self)


CUT_SHORT: Final = frozenset({"max_tokens", "context_window"})
"""The standard termination reasons of a response that a limit of tokens cut short."""


class CallStats(Record, frozen=True, kw_only=True):
    """The statistics of one call; times are milliseconds, the first token's of a stream only.

    `retry_count` is how many attempts were sent after the first, to whichever target; asking again
    for a typed response that does not fit is no retry.
    `request_id` is the provider's when it sent one, else made here. `cost` is what all attempts
    cost together, in `currency`; None is unknown. `cost_is_estimate` says that some of it was
    counted here, as the provider did not say what it used.
    """

    model: str
    provider: str
    latency_ms: float
    time_to_first_token_ms: float | None = None
    retry_count: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    request_id: str = ""
    cost: float | None = None
    currency: str = "USD"
    cost_is_estimate: bool = False

    def _repr_html_(self) -> str:
        from ai_lib.types.display import stats_html

        return stats_html(self)
