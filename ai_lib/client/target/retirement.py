"""Warns once of a model that retires, and says in an error that a model is retired."""

from collections.abc import Callable
from datetime import date
from typing import Final

from ai_lib._log import LOG
from ai_lib.errors import codes
from ai_lib.errors.exceptions import AiLibError
from ai_lib.protocol.model import Model

_GONE_CODES: Final = (codes.NOT_FOUND, codes.INVALID_REQUEST)
# Who finds its own mark here is the first; `setdefault` is one step, so that no lock is needed.
_warned: Final[dict[str, object]] = {}


def warn_of_retirement(model: Model, today: Callable[[], date] = date.today) -> None:
    """Log a warning if the model retires or is retired, once for each model and process."""
    if model.record is None:
        return
    name, lifecycle = model.full_name, model.lifecycle
    sentence = lifecycle.describe(name, today())
    if not sentence:
        return
    mark = object()
    if _warned.setdefault(name, mark) is not mark:
        return
    LOG.warning("%s (%s)", sentence, lifecycle.source or model.record.source)


def add_successor(
    error: AiLibError, model: Model, today: Callable[[], date] = date.today
) -> AiLibError:
    """Return the error; one that a retired model explains says so, and names the successor."""
    if error.standard_code in _GONE_CODES:
        lifecycle, day = model.lifecycle, today()
        if lifecycle.is_retired(day):
            error.message = f"{error.message}; {lifecycle.describe(model.full_name, day)}"
    return error
