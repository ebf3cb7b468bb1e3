"""A reply as Markdown for a notebook: thinking folded, text, tool calls, and its figures."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from ai_lib.types.attempt import Attempt
from ai_lib.types.cost import CostEstimate
from ai_lib.types.figures import figures
from ai_lib.types.json import JsonObject
from ai_lib.types.markdown import harmless
from ai_lib.types.markup import folded, note, prose
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage


class Said(Protocol):
    """One candidate of a reply."""

    @property
    def content(self) -> str: ...
    @property
    def thinking(self) -> str: ...
    @property
    def tool_calls(self) -> Sequence[ToolCall]: ...


class Replied(Protocol):
    """A whole reply."""

    @property
    def candidates(self) -> Sequence[Said]: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def total_usage(self) -> Usage: ...
    @property
    def model(self) -> str | None: ...
    @property
    def attempts(self) -> Sequence[Attempt]: ...
    @property
    def cost(self) -> CostEstimate | None: ...


def reply_sheet(reply: Replied) -> str:
    """Return a reply with the line of its figures."""
    return joined(*map(_candidate, reply.candidates), note(reply_figures(reply)))


def _candidate(one: Said) -> str:
    return said_sheet(one.thinking, one.content, [(c.name, c.arguments) for c in one.tool_calls])


def said_sheet(
    thinking: str, content: str, calls: Sequence[tuple[str, JsonObject | str]], end: str = ""
) -> str:
    """Return what was said so far; arguments given as text are shown as they are."""
    thought = (
        folded("Thinking", f"<div>{prose(thinking).translate(_SIGNS)}</div>")
        if thinking.strip()
        else ""
    )
    made = "\n".join(f"- {call_line(name, arguments)}" for name, arguments in calls)
    return joined(thought, harmless(content) + end, made)


def call_line(name: str, arguments: JsonObject | str) -> str:
    """Return a tool call on one line, as HTML in Markdown."""
    return inline_code(call_text(name, arguments))


def call_text(name: str, arguments: JsonObject | str) -> str:
    """Return a tool call on one line; arguments given as text are taken as they are."""
    given = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
    return f"{name}({given})"


def inline_code(text: str) -> str:
    """Return a text on one line as HTML that Markdown sees nothing in."""
    return f"<code>{prose(text).translate(_SIGNS)}</code>"


_SIGNS: Final = str.maketrans({sign: f"&#{ord(sign)};" for sign in "[]()*_`~$|\\"})


def reply_figures(reply: Replied) -> str:
    """Return model, tokens, cost, time and attempts in one line, as far as they are known."""
    return " · ".join(figures(reply.model, reply.total_usage, reply.attempts, reply.cost))


def joined(*parts: str) -> str:
    """Return parts as paragraphs; empty ones are left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())
