"""A typed answer: the value, the reply it stood in, and what it took to get it."""

from typing import Generic, TypeVar

import msgspec

from ai_lib.errors.exceptions import AnswerCutShort, AnswerRefused
from ai_lib.structured.output_type import OutputShape, SchemaMismatch
from ai_lib.structured.validator import invalid_output
from ai_lib.types.json import JsonValue
from ai_lib.types.response import ChatResponse
from ai_lib.types.usage import Usage

T = TypeVar("T")


class StructuredOutput(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """An answer that fits its type.

    `value` is the answer as a value of the type, `data` the same as decoded JSON, `raw` its text;
    `response` is the reply it stood in, whose `attempts` lists every try of all `asks`.
    """

    value: T
    data: JsonValue
    raw: str
    response: ChatResponse
    asks: int = 1

    @property
    def usage(self) -> Usage:
        """The tokens of all asks together."""
        return self.response.total_usage

    def _repr_markdown_(self) -> str:
        from ai_lib.structured.display import output_sheet

        return output_sheet(self)

    @classmethod
    def from_response(
        cls, response: ChatResponse, kind: "type[T] | OutputShape[T]", asks: int = 1
    ) -> "StructuredOutput[T]":
        """Read the answer that stands in a reply, in its text or as a tool call.

        Raises:
            AnswerRefused: the model refused.
            AnswerCutShort: the reply ended at its limit of tokens before the answer was whole.
            InvalidOutput: the answer does not fit.
            TypeError: the type has no schema.
        """
        shape: OutputShape[T] = kind if isinstance(kind, OutputShape) else OutputShape.of(kind)
        call = next((each for each in response.tool_calls if each.name == shape.name), None)
        raw = response.content
        if call is not None:
            raw = msgspec.json.encode(call.arguments).decode()
        elif response.termination_reason == "refusal":
            raise _refused(response)
        try:
            if call is not None:
                value, data = shape.read(call.arguments), call.arguments
            else:
                value, data = shape.read_text(raw)
        except SchemaMismatch as error:
            if response.termination_reason == "max_tokens":
                raise cut_short(response, raw) from error
            found = invalid_output(error.problems, raw, asks)
            found.partial, found.attempts = response, response.attempts
            raise found from error
        return cls(value=value, data=data, raw=raw, response=response, asks=asks)


def _refused(response: ChatResponse) -> AnswerRefused:
    error = AnswerRefused(
        f"the model refused to answer: {response.content[:200] or '(it gave no reason)'}",
        raw=response.content,
        model=response.model,
        request_id=response.request_id,
    )
    error.partial, error.attempts = response, response.attempts
    return error


def cut_short(response: ChatResponse, raw: str) -> AnswerCutShort:
    error = AnswerCutShort(
        "the answer ended at the limit of tokens before it was whole; raise max_tokens",
        raw=raw,
        model=response.model,
        request_id=response.request_id,
    )
    error.partial, error.attempts = response, response.attempts
    return error
