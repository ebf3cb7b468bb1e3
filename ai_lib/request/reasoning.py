"""Writes how much a model shall think, in the words that it takes."""

from collections.abc import Mapping
from typing import Final

from ai_lib.errors.exceptions import CapabilityError, RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.dialect.reasoning import ReasoningShape, ThinkingBudgetShape
from ai_lib.protocol.dialect.template import fill_template
from ai_lib.protocol.model import Model
from ai_lib.request.fragments import Body, merge, set_path
from ai_lib.types.request import EFFORTS, OFF, ON, REASONING_PARAMETERS, read_reasoning

# How many tokens each effort stands for, where a model takes words and is given tokens.
_TYPICAL: Final = {"minimal": 512, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768}


class ReasoningWriter:
    """Writes effort, budget and summary into a body; `adaptations` lists what was changed."""

    def __init__(self, compiled: CompiledManifest, model: Model) -> None:
        self._compiled = compiled
        self._model = model
        self.adaptations: list[str] = []

    def write(self, body: Body, parameters: Mapping[str, object]) -> Mapping[str, object]:
        """Write the parameters of reasoning; return the other ones, as far as they may be sent.

        Raises:
            CapabilityError: thinking shall be off, and the model always thinks.
            RequestError: an effort, a budget or a summary is none.
        """
        effort, budget, summary = self._read(parameters)
        others = {
            name: value for name, value in parameters.items() if name not in REASONING_PARAMETERS
        }
        shape = self._model.reasoning
        if shape is None:
            return self._write_unlisted(body, others, effort, budget, summary)
        if effort == OFF or budget == 0:
            self._turn_off(body, shape)
            return others
        if budget is not None or effort is not None:
            others = self._turn_on(body, shape, others, effort, budget)
        if summary is not None:
            self._write_summary(body, shape, summary)
        return others

    def _read(self, parameters: Mapping[str, object]) -> tuple[str | None, int | None, str | None]:
        effort, budget, summary = (parameters.get(name) for name in REASONING_PARAMETERS)
        try:
            return read_reasoning(effort, budget, summary)
        except ValueError as error:
            raise RequestError(f"reasoning {error}", provider=self._compiled.id) from None

    def _write_unlisted(
        self,
        body: Body,
        others: dict[str, object],
        effort: str | None,
        budget: int | None,
        summary: str | None,
    ) -> dict[str, object]:
        """Write for a model of which nothing is known but where its dialect has the effort."""
        name = self._model.name
        knows = self._model.entry.capabilities.get("reasoning")
        takes = self._find_path("reasoning_effort") is not None
        if knows is None and not self._model.listed_name and takes:
            if budget is not None:
                effort = _nearest_effort(budget, EFFORTS)
                self.adaptations.append(f"budget {budget} sent as effort {effort}")
            if effort not in (None, ON):
                others["reasoning_effort"] = "none" if effort == OFF else effort
            if summary is not None:
                others["reasoning_summary"] = summary
            return others
        if knows and (effort == OFF or budget == 0):
            self._refuse_off()
        if (effort not in (None, OFF, ON)) or budget:
            reason = "takes no effort" if knows else "does not reason"
            self.adaptations.append(f"reasoning_effort left out: {name} {reason}")
        return others

    def _turn_off(self, body: Body, shape: ReasoningShape) -> None:
        if shape.off is None:
            self._refuse_off()
        else:
            self._merge(body, shape.off)

    def _refuse_off(self) -> None:
        raise CapabilityError(
            f"{self._model.full_name} always reasons: it can't be turned off; ask for the least "
            "effort, or another model",
            capability="reasoning_off",
            provider=self._compiled.id,
        )

    def _turn_on(
        self,
        body: Body,
        shape: ReasoningShape,
        others: dict[str, object],
        effort: str | None,
        budget: int | None,
    ) -> dict[str, object]:
        if effort == ON and budget is None:
            self._merge(body, shape.on)
        elif shape.budget is not None and (budget is not None or not shape.levels):
            self._write_budget(body, shape.budget, others, effort, budget)
        elif shape.levels:
            self._write_level(body, shape, effort, budget)
        elif shape.on:
            self._merge(body, shape.on)
            self.adaptations.append(f"effort {effort} sent as the model's own")
        else:
            self.adaptations.append(
                f"reasoning_effort left out: {self._model.name} takes no effort"
            )
            return others
        if shape.budget is not None and effort not in (None, ON) and shape.levels and budget:
            self._write_level(body, shape, effort, None)
        for name in shape.forbids:
            if others.pop(name, None) is not None:
                self.adaptations.append(f"{name} left out while {self._model.name} reasons")
        return others

    def _write_level(
        self, body: Body, shape: ReasoningShape, effort: str | None, budget: int | None
    ) -> None:
        if effort in (None, ON):
            effort = _nearest_effort(budget or 0, shape.levels)
            self.adaptations.append(f"budget {budget} sent as effort {effort}")
        elif budget is not None:
            self.adaptations.append(f"budget {budget} left out beside effort {effort}")
        level = effort if effort in shape.levels else _find_level(effort, shape.levels)
        if level != effort:
            self.adaptations.append(f"effort {effort} sent as {level}")
        self._merge(body, shape.levels[level])

    def _write_budget(
        self,
        body: Body,
        shape: ThinkingBudgetShape,
        others: dict[str, object],
        effort: str | None,
        budget: int | None,
    ) -> None:
        if budget is None:
            table = {**_TYPICAL, "max": shape.maximum, **shape.of}
            budget = table.get(effort or "", shape.minimum)
            self.adaptations.append(f"effort {effort} sent as budget {budget}")
        fitted = min(max(budget, shape.minimum), shape.maximum)
        limit = others.get("max_tokens")
        if shape.below_limit and type(limit) is int and fitted >= limit:
            fitted = limit - 1
            if fitted < shape.minimum:
                self.adaptations.append(
                    f"reasoning left out: max_tokens={limit} has no room for {shape.minimum} tokens"
                )
                return
            self.adaptations.append(f"budget lowered to {fitted} to stay below max_tokens")
        elif fitted != budget:
            self.adaptations.append(f"budget {budget} sent as {fitted}")
        self._merge(body, shape.fragment, budget=fitted)
        usual = self._compiled.request.defaults.get("max_tokens")
        if shape.below_limit and limit is None and type(usual) is int:
            others["max_tokens"] = usual + fitted

    def _write_summary(self, body: Body, shape: ReasoningShape, summary: str) -> None:
        fragment = shape.summary.get(summary)
        if fragment is None and summary in ("concise", "detailed"):
            fragment = shape.summary.get("auto")
        path = self._find_path("reasoning_summary")
        if fragment is not None:
            self._merge(body, fragment)
        elif path is not None and summary != OFF:
            set_path(body, path, summary)
        elif summary != OFF:
            self.adaptations.append(f"reasoning_summary left out: {self._model.name} takes none")

    def _merge(self, body: Body, value: object, **values: object) -> None:
        if isinstance(value, str):
            path = self._find_path("reasoning_effort")
            if path is not None:
                set_path(body, path, value)
            return
        filled = fill_template(value, values)
        if isinstance(filled, dict):
            merge(body, filled)

    def _find_path(self, name: str) -> str | None:
        declared = self._compiled.parameters.get(name)
        if declared is not None:
            return declared.path
        return self._compiled.dialect.request.parameters.get(name)


def _find_level(effort: str | None, levels: Mapping[str, object]) -> str:
    """Return the next lower effort that there is, else the next higher one."""
    rank = EFFORTS.index(effort or "")
    order = [*reversed(EFFORTS[:rank]), *EFFORTS[rank:]]
    return next(level for level in order if level in levels)


def _nearest_effort(budget: int, levels: "Mapping[str, object] | tuple[str, ...]") -> str:
    """Return the effort that so many tokens come closest to."""
    candidates = [effort for effort in EFFORTS if effort in levels]
    return min(candidates, key=lambda effort: abs(_TYPICAL.get(effort, 65536) - budget))
