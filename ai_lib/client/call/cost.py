"""What a call's attempts cost together, at the prices that are listed."""

from collections.abc import Callable, Sequence

from ai_lib.protocol.manifest.models import ModelRecord, Prices
from ai_lib.types.attempt import Attempt
from ai_lib.types.cost import CostEstimate, summed_costs

Record = Callable[[str, str], ModelRecord | None]


def bill(attempts: Sequence[Attempt], record: Record) -> CostEstimate:
    """Return the cost of the attempts, each at the prices of the model it went to.

    An attempt that failed or was cancelled costs what the provider said it used; one that answered
    without saying so is of unknown cost.
    """
    return summed_costs([cost_of_attempt(one, record) for one in attempts if _counts(one)])


def cost_of_attempt(attempt: Attempt, record: Record) -> CostEstimate:
    """Return what one attempt cost."""
    from ai_lib.tokens.cost import calculate_cost, make_unknown_cost

    model = f"{attempt.provider}/{attempt.model}"
    if not attempt.usage.total_tokens:
        return make_unknown_cost(
            attempt.usage, model, f"{attempt.provider} did not say what it used"
        )
    found = record(attempt.provider, attempt.model)
    return calculate_cost(attempt.usage, found.prices if found is not None else Prices(), model)


_NOTHING = 0, summed_costs(())


class CallCost:
    """A bill that is made anew when there are more attempts."""

    def __init__(self) -> None:
        self._last = _NOTHING

    def cost(self, attempts: Sequence[Attempt], record: Record) -> CostEstimate:
        """Return what the attempts cost together."""
        count, known = self._last
        if len(attempts) != count:
            known = bill(attempts, record)
            self._last = len(attempts), known
        return known


def _counts(attempt: Attempt) -> bool:
    return attempt.ended == "answered" or attempt.usage.total_tokens > 0
