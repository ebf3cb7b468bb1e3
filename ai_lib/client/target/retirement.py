"""Warns once of a model that retires, and says in an error that a model is retired."""

from collections.abc import Callable
from datetime import date
from typing import Final

from ai_lib._log import LOG
from ai_lib.errors import codes
from ai_lib.errors.exceptions import AiLibError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.lifecycle import find_lifecycle

_GONE_CODES: Final = (codes.NOT_FOUND, codes.INVALID_REQUEST)
# Who finds its own mark here is the first; `setdefault` is one step, so that no lock is needed.
_warned: Final[dict[str, object]] = {}


def warn_of_retirement(
    compiled: CompiledManifest, model: str, today: Callable[[], date] = date.today
) -> None:
    """Log a warning if the model retires or is retired, once for each model and process."""
    lifecycle = find_lifecycle(compiled.manifest.raw, model)
    if lifecycle is None:
        return
    name = f"{compiled.id}/{model}"
    sentence = lifecycle.describe(name, today())
    if not sentence:
        return
    mark = object()
    if _warned.setdefault(name, mark) is not mark:
        return
    LOG.warning("%s (%s)", sentence, lifecycle.source or compiled.manifest.source)


def add_successor(
    error: AiLibError,
    compiled: CompiledManifest,
    model: str,
    today: Callable[[], date] = date.today,
) -> AiLibError:
    """Return the error; one that a retired model explains says so, and names the successor."""
    if error.standard_code in _GONE_CODES:
        lifecycle = find_lifecycle(compiled.manifest.raw, model)
        day = today()
        if lifecycle is not None and lifecycle.is_retired(day):
            error.message = f"{error.message}; {lifecycle.describe(f'{compiled.id}/{model}', day)}"
    return error
