"""A chat request in the protocol's standard terms, before it is compiled for a provider."""

from collections.abc import Mapping, Sequence
from typing import Final

from ai_lib.types.json import JsonDict, JsonObject
from ai_lib.types.message import Message, read_all
from ai_lib.types.records.record import Record, freeze_lists
from ai_lib.types.tool import ToolChoice, ToolDefinition


class ResponseFormat(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The form of the response: `text`, `json_object`, or `json_schema` with its schema.

    `auto` is the strictest form the target has, `tool` is the arguments of a tool call, `prompt`
    only asks for it in words. With `fits` a schema may be rewritten for strict modes.
    `regex`, `choice` and `grammar` let the server write what fits `constraint` and nothing else: a
    pattern, texts to choose from, or a grammar in the server's own notation.
    """

    type: str = "text"
    schema: JsonObject | None = None
    name: str = "response"
    description: str | None = None
    strict: bool | None = None
    fits: bool = False
    constraint: str | tuple[str, ...] | None = None


class ChatRequest(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One chat request in the protocol's standard terms.

    `parameters` holds the standard parameters that were set (`temperature`, `max_tokens`,
    `stop_sequences`, ...); `extra` holds wire fields the caller sends as they are.
    Messages may be given as dicts. A tool's function is no part of `to_dict()`.
    """

    messages: Sequence[Message]
    parameters: Mapping[str, object] = {}
    tools: Sequence[ToolDefinition] = ()
    tool_choice: ToolChoice | None = None
    response_format: ResponseFormat | None = None
    extra: Mapping[str, object] = {}
    stream: bool = False

    def __post_init__(self) -> None:
        read_all(self, self.messages)
        if type(self.tools) is not tuple:
            freeze_lists(self, "tools")

    def to_dict(self) -> JsonDict:
        """Return all of it but its tools' functions as a dict of JSON's types, with a `version`.

        Raises:
            RequestError: a part of it has no form in JSON.
        """
        from msgspec.structs import replace

        tools = tuple(replace(tool, function=None) for tool in self.tools)
        return Record.to_dict(replace(self, tools=tools))


OFF: Final = "off"
ON: Final = "on"
EFFORTS: Final = ("minimal", "low", "medium", "high", "xhigh", "max")
"""The words for how much a model thinks, from the least on."""
REASONING_PARAMETERS: Final = ("reasoning_effort", "reasoning_budget", "reasoning_summary")
SUMMARIES: Final = ("auto", "concise", "detailed", OFF)


def read_effort(value: object) -> str:
    """Return the word of an effort.

    False and `none` mean off, True and `default` the provider's own.

    Raises:
        ValueError: it is no such word.
    """
    if value is True:
        return ON
    if value is False:
        return OFF
    word = value.strip().lower() if isinstance(value, str) else ""
    word = {"none": OFF, "default": ON}.get(word, word)
    if word not in (OFF, *EFFORTS, ON):
        words = ", ".join((OFF, *EFFORTS))
        raise ValueError(f"effort={value!r:.60} is not one of {words}, True or False")
    return word


def read_reasoning(
    effort: object, budget: object, summary: object
) -> tuple[str | None, int | None, str | None]:
    """Return effort, budget and summary as they are known; None says nothing.

    Raises:
        ValueError: a word is none that there is, or the budget is no number of tokens.
    """
    word = None if effort is None else read_effort(effort)
    if budget is not None and (not isinstance(budget, int) or type(budget) is bool or budget < 0):
        raise ValueError(f"budget={budget!r:.60} is not a number of tokens from 0 on")
    if summary is not None and (not isinstance(summary, str) or summary not in SUMMARIES):
        raise ValueError(f"summary={summary!r:.60} is not one of {', '.join(SUMMARIES)}")
    return word, budget, summary


def make_reasoning_parameters(
    effort: str | bool | None, budget: int | None, summary: str | None
) -> Mapping[str, object]:
    """Return the standard parameters of what was said about reasoning; None says nothing.

    Raises:
        ValueError: a word is none that there is, or the budget is no number of tokens.
    """
    read_reasoning(effort, budget, summary)
    parameters = zip(REASONING_PARAMETERS, (effort, budget, summary), strict=True)
    return {name: value for name, value in parameters if value is not None}
