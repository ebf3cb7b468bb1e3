"""A list of models that a notebook shows as a table."""

from typing import Final

from ai_lib.routing.info import ModelInfo

_COLUMNS: Final = ("model", "context", "answer", "in / 1M", "out / 1M", "abilities")
_MOST: Final = 50


class ModelList(list[ModelInfo]):
    """Models in an order. It is a list, and copies and slices of it are plain lists."""

    def _repr_html_(self) -> str:
        from ai_lib.types.markup import note, table

        left = len(self) - _MOST
        more = note(f"{left:,} more are not shown") if left > 0 else ""
        return table(_COLUMNS, map(_row, self[:_MOST])) + more


def _row(model: ModelInfo) -> tuple[object, ...]:
    pricing = model.pricing
    status = f" ({model.status})" if model.status not in ("", "active") else ""
    return (
        f"{model.full_id}{status}",
        model.context_window,
        model.max_output_tokens,
        _price(pricing.input_cost_per_1k, pricing.currency),
        _price(pricing.output_cost_per_1k, pricing.currency),
        ", ".join(model.capabilities.names),
    )


def _price(per_thousand: float | None, currency: str) -> str | None:
    return None if per_thousand is None else f"{per_thousand * 1000:.6g} {currency}"
