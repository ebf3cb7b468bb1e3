"""Writes standard parameters into the body, checked against the ranges that the provider allows."""

from collections.abc import Mapping
from decimal import Decimal
from numbers import Number, Real
from typing import Any, Final, SupportsInt, TypeGuard

from ai_lib.errors.exceptions import RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.model import Parameter
from ai_lib.protocol.model import Model
from ai_lib.request.fragments import Body, merge, set_path
from ai_lib.types.json import JsonDict
from ai_lib.types.request import REASONING_PARAMETERS, ChatRequest


class ParameterWriter:
    """Writes standard parameters into a body. `adaptations` lists what was renamed or left out."""

    def __init__(self, compiled: CompiledManifest, model: Model) -> None:
        self._compiled = compiled
        self._shape = compiled.dialect.request
        self._overrides = model.entry.parameters
        self.adaptations: list[str] = []

    def write(self, body: Body, parameters: Mapping[str, object]) -> None:
        """Set each parameter at its path.

        A parameter without a path here is left out and listed in `adaptations`.

        Raises RequestError for a value outside the manifest's range.
        """
        for name, value in parameters.items():
            self._set(body, name, value)
        # Sent without a request of the caller: parameters with a value in the manifest.
        shape = self._compiled.request
        unasked = shape.defaults_with_top_p if "top_p" in parameters else shape.defaults
        for name, value in unasked.items():
            if name not in parameters:
                self._set(body, name, value)

    def _set(self, body: Body, name: str, value: object) -> None:
        if name in self._shape.options:
            merge(body, self._find_fragment(name, value))
            return
        declared = self._compiled.parameters.get(name)
        path = self._find_path(name, declared)
        if path is None:
            self.adaptations.append(f"{name} left out: {self._compiled.id} does not take it")
            return
        if name in _COUNTS:
            if not _is_count(value):
                raise RequestError(
                    f"{name}={value!r:.100} is no count: it is a whole number from 1 on",
                    provider=self._compiled.id,
                )
            value = int(value)
        if declared is not None:
            self._check(name, value, declared)
        if path != name:
            self.adaptations.append(f"{name} sent as {path}")
        set_path(body, path, value)

    def _find_path(self, name: str, declared: Parameter | None) -> str | None:
        if name in self._overrides:
            return self._overrides[name]
        if declared is not None:
            return declared.path
        return self._shape.parameters.get(name)

    def _check(self, name: str, value: object, declared: Parameter) -> None:
        if isinstance(value, bool | complex) or not isinstance(value, Number):
            return
        low, high = declared.minimum, declared.maximum
        number: Any = value
        if number != number:  # NaN is below and above nothing
            raise RequestError(f"{name}={value} is no number", provider=self._compiled.id)
        if (low is not None and number < low) or (high is not None and number > high):
            raise RequestError(
                f"{name}={value} is outside what {self._compiled.id} allows: {low} to {high}",
                provider=self._compiled.id,
            )

    def _find_fragment(self, name: str, value: object) -> JsonDict:
        key = str(value).lower() if isinstance(value, bool) else str(value)
        fragments = self._shape.options[name]
        if key not in fragments:
            choices = ", ".join(fragments)
            raise RequestError(
                f"{name}={value!r} is not one of {choices}", provider=self._compiled.id
            )
        return fragments[key]


# What is paid for by the number: a limit that is none would bound no cost.
_COUNTS: Final = frozenset({"max_tokens", "n"})
_MOST: Final = 100_000_000


def _is_count(value: Any) -> TypeGuard[SupportsInt]:
    """Whether it is a whole number in the range of counts, of whatever type of numbers."""
    number: Any = value
    is_number = isinstance(value, Real | Decimal) and not isinstance(value, bool)
    return is_number and bool(0 < number <= _MOST and number == int(number))


def write_parameters(
    body: Body, request: ChatRequest, compiled: CompiledManifest, model: Model
) -> list[str]:
    """Write the parameters into a body; return what was changed to fit."""
    adaptations: list[str] = []
    parameters = ParameterWriter(compiled, model)
    selected = _select_parameters(request)
    if not selected.keys().isdisjoint(REASONING_PARAMETERS):
        from ai_lib.request.reasoning import ReasoningWriter

        reasoning = ReasoningWriter(compiled, model)
        selected = reasoning.write(body, selected)
        adaptations += reasoning.adaptations
    parameters.write(body, selected)
    adaptations += parameters.adaptations
    spread = compiled.dialect.request.spread
    if spread in body:
        merge(body, body.pop(spread))
    return adaptations


def _select_parameters(request: ChatRequest) -> Mapping[str, object]:
    """Return the parameters that apply: without tool calls there are no parallel ones."""
    choice = request.tool_choice
    if choice is None or choice.mode != "none":
        return request.parameters
    return {k: v for k, v in request.parameters.items() if k != "parallel_tool_calls"}
