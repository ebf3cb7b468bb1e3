"""`Reply`: what the mock provider shall send back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from ai_lib.testing.mock.hosted import HostedCall
from ai_lib.types.content import AudioBlock, Citation, ImageBlock, TokenLogprob
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage

ReplyCall: TypeAlias = ToolCall | tuple[str, dict[str, Any] | str]


class Reply(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One reply in standard terms; it is written in the dialect of the provider that is called.

    What is sent:

    - `text`: one string, streamed word by word, or the pieces to stream;
    - `thinking`: the reasoning, given like `text`, sent before it;
    - `tool_calls`: `ToolCall`s or `(name, arguments)`; arguments given as text are sent unchanged,
      also broken JSON; a `ToolCall` with `is_custom` is one of a tool that takes free text, one of
      another `kind` than `function` is sent as the provider has it;
    - `hosted`: uses of tools that the provider ran, sent before the text;
    - `citations`, `logprobs`: sources of the text, and its tokens with their probabilities;
    - `audio`, `images`: sound and pictures that the model made;
    - `refusal`: why the model refuses, given like `text`, sent in place of it;
    - `usage`: token counts; by default each word is one token: the words of all messages are the
      prompt, those of thinking, text and arguments the completion;
    - `finish`: a standard termination reason (`max_tokens`, `refusal`, ...) or the provider's own
      word; by default `tool_use` when there are calls, else `end_turn`; "" omits it;
    - `closing_only`: in a stream, nothing comes in pieces; frames that close a part or the reply
      have all of it;
    - `n`: the number of candidates, by default as many as requested; the text of candidate i > 0
      ends in " (i)";
    - `status`, `error`, `code`, `type`: a `status` of 400 or more sends an error response; `error`
      alone sends an error inside a 200 response, after the text. The defaults of `code` and
      `type` are words that the manifest maps to this kind of error;
    - `body`: bytes to send in place of all of the above (base64 in JSON);
    - `headers`: additional response headers, such as `retry-after`.

    How it is sent:

    - `delay`: seconds before the response head;
    - `pause`: seconds between frames;
    - `linger`: seconds between the last frame and the end of the body;
    - `chunking`: the size of each chunk of the body: a `frame`, a `byte`, a number of bytes, or
      the `whole` body;
    - `heartbeats`: the number of keep-alives before every frame, spread over the pause;
    - `truncate`: the number of frames to send, or of bytes where `truncate_unit` is `bytes`.
      `cut` then says how the body stops: it ends as if complete (`end`), or the connection is
      closed in the middle of the body (`close`) or reset (`reset`).
    """

    text: str | Sequence[str] = ""
    thinking: str | Sequence[str] = ""
    tool_calls: Sequence[ReplyCall] = ()
    hosted: Sequence[HostedCall] = ()
    citations: Sequence[Citation] = ()
    logprobs: Sequence[TokenLogprob] = ()
    audio: AudioBlock | None = None
    images: Sequence[ImageBlock] = ()
    refusal: str | Sequence[str] = ""
    usage: Usage | None = None
    finish: str | None = None
    closing_only: bool = False
    n: int | None = None
    status: int = 200
    error: str | None = None
    code: str | None = None
    type: str | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = {}
    delay: float = 0.0
    pause: float = 0.0
    linger: float = 0.0
    chunking: Literal["frame", "byte", "whole"] | int = "frame"
    heartbeats: int = 0
    truncate: int | None = None
    truncate_unit: Literal["frames", "bytes"] = "frames"
    cut: Literal["end", "close", "reset"] = "end"

    @property
    def is_error(self) -> bool:
        """Whether the status is an error, 400 or more."""
        return self.status >= 400


def check_replies(replies: Iterable[Reply]) -> list[Reply]:
    """Return the replies as a list.

    Raises:
        TypeError: one of them is something else; the message says which.
    """
    checked = list(replies)
    for position, reply in enumerate(checked):
        if not isinstance(reply, Reply):
            kind = type(reply).__name__
            raise TypeError(f"reply {position} is of the type {kind}: give `Reply` values")
    return checked
