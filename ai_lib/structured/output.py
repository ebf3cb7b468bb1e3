"""Defines the typed answer: its value, the response it was in, and how it was obtained."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from ai_lib.errors.exceptions import AnswerCutShort, AnswerFailure, AnswerRefused
from ai_lib.structured.output_type import OutputShape, SchemaMismatch
from ai_lib.structured.validator import make_invalid_output
from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.problem import Problem
from ai_lib.types.response import CUT_SHORT, ChatResponse
from ai_lib.types.schema.reading import read_exact_object
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage

T = TypeVar("T")


class StructuredOutput(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """An answer that fits its type.

    `value` is the answer as a value of the type, `data` the same as decoded JSON, `raw` its text.
    `response` is the response that holds it; its `attempts` lists the attempts of all `asks`.
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
        from ai_lib.structured.display import output_markdown

        return output_markdown(self)

    @classmethod
    def from_response(
        cls,
        response: ChatResponse,
        kind: "type[T] | OutputShape[T]",
        asks: int = 1,
        *,
        coerce: bool = False,
    ) -> "StructuredOutput[T]":
        """Read the answer in a response, from its text or a tool call.

        With `coerce`, one that does not fit may be nearly JSON, or have numbers and the like as
        texts; what was bent is in the response's `adaptations`.

        Raises:
            AnswerRefused: the model refused.
            AnswerCutShort: the response ended at its token limit before the answer was complete.
            AnswerFailure: the response ended in a fault of the model or the provider.
            InvalidOutput: the answer does not fit.
            TypeError: the type has no schema.
        """
        shape: OutputShape[T] = kind if isinstance(kind, OutputShape) else OutputShape.of(kind)
        if response.termination_reason == "error":
            raise make_fault_error(response)
        call = next((call for call in response.tool_calls if call.name == shape.name), None)
        raw = response.content
        if call is not None:
            raw = call.exact_json or msgspec.json.encode(call.arguments).decode()
        elif response.termination_reason == "refusal":
            raise make_refusal_error(response)
        try:
            if call is not None:
                value, data = shape.read(_read_arguments(call)), call.arguments
            else:
                value, data = shape.read_text(raw)
        except SchemaMismatch as error:
            if coerce:
                with suppress(SchemaMismatch):  # the problems of the strict reading are told
                    value, data, notes = _read_leniently(shape, call, raw)
                    bent = _add_adaptations(response, notes)
                    return cls(value=value, data=data, raw=raw, response=bent, asks=asks)
            if response.termination_reason in CUT_SHORT:
                raise make_cut_short_error(response, raw) from error
            invalid = make_invalid_output(error.problems, raw, asks)
            invalid.partial, invalid.attempts = response, response.attempts
            raise invalid from error
        return cls(value=value, data=data, raw=raw, response=response, asks=asks)


def _read_leniently(
    shape: OutputShape[T], call: ToolCall | None, text: str
) -> tuple[T, JsonValue, Sequence[str]]:
    """Return the value of a call or a text, the JSON it is made from, and what was bent."""
    if call is None:
        return shape.read_text_leniently(text)
    value, notes = shape.read_leniently(_read_arguments(call))
    return value, call.arguments, notes


def _read_arguments(call: ToolCall) -> JsonObject:
    try:
        return read_exact_object(call.exact_json, call.arguments)
    except ValueError as error:
        raise SchemaMismatch((Problem(pointer="", message=str(error)),)) from error


def _add_adaptations(response: ChatResponse, notes: Sequence[str]) -> ChatResponse:
    return msgspec.structs.replace(response, adaptations=(*response.adaptations, *notes))


def make_fault_error(response: ChatResponse) -> AnswerFailure:
    """Return the error for an answer that ended in a fault of the model or the provider."""
    error = AnswerFailure(
        f"the answer ended in a fault, {response.finish_reason}; ask again, or another model",
        finish_reason=response.finish_reason,
        raw=response.content,
        model=response.model,
        request_id=response.request_id,
    )
    error.partial, error.attempts = response, response.attempts
    return error


def make_refusal_error(response: ChatResponse) -> AnswerRefused:
    """Return the error for an answer that is a refusal."""
    error = AnswerRefused(
        f"the model refused to answer: {response.content[:200] or '(it gave no reason)'}",
        raw=response.content,
        model=response.model,
        request_id=response.request_id,
    )
    error.partial, error.attempts = response, response.attempts
    return error


def make_cut_short_error(response: ChatResponse, raw: str) -> AnswerCutShort:
    """Return the error for an answer that the token limit cut short."""
    remedy = "the answer ended at the limit of tokens before it was whole; raise max_tokens"
    if response.termination_reason == "context_window":
        remedy = "the context window was full before the answer was whole; send a shorter request"
    error = AnswerCutShort(
        remedy,
        raw=raw,
        model=response.model,
        request_id=response.request_id,
    )
    error.partial, error.attempts = response, response.attempts
    return error
