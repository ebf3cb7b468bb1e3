"""What the mock provider is told to answer."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage

Call: TypeAlias = ToolCall | tuple[str, dict[str, Any] | str]


class Reply(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One answer, in no provider's words; it is written in the dialect of whoever is asked.

    What is said:

    - `text`: one string, streamed word by word, or the pieces to stream;
    - `thinking`: reasoning, given like `text`, sent before it;
    - `tool_calls`: `ToolCall`s or `(name, arguments)`; arguments given as text are sent as they
      are, broken JSON too;
    - `usage`: token counts; by default a token is a word: of all messages for the prompt, of
      thinking, text and arguments for the completion;
    - `finish`: a standard termination reason (`max_tokens`, `refusal`, ...) or the provider's own
      word; by default `tool_use` when there are calls, else `end_turn`; "" leaves it out;
    - `n`: how many candidates, by default as many as asked for; the text of candidate i > 0 ends
      in " (i)";
    - `status`, `error`, `code`, `type`: with a `status` of 400 or more, an error answer; with
      `error` alone, an error inside a 200 answer, after the text. Code and type are by default
      the words the manifest classifies that way;
    - `body`: bytes to send instead of all that, as they are (base64 in JSON);
    - `headers`: more response headers, such as `retry-after`.

    How it is sent:

    - `delay`: seconds before the response head;
    - `pause`: seconds between frames;
    - `linger`: seconds between the last frame and the end of the body;
    - `chunking`: each piece of the body that is sent by itself: a `frame`, a `byte`, that many
      bytes, or the `whole` body;
    - `heartbeats`: how many keep-alives come before every frame, spread over the pause;
    - `truncate`: send only so many frames, or bytes when `truncate_unit` says so. `cut` then
      says how it stops: the body ends as if complete (`end`), the connection is closed in the
      middle of the body (`close`), or reset (`reset`).
    """

    text: str | Sequence[str] = ""
    thinking: str | Sequence[str] = ""
    tool_calls: Sequence[Call] = ()
    usage: Usage | None = None
    finish: str | None = None
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
    def fails(self) -> bool:
        """Whether this is an error answer by status."""
        return self.status >= 400
