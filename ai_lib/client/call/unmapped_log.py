"""Logs what providers say and no rule reads, each path once for a client."""

import re
from typing import Final

from ai_lib._log import LOG
from ai_lib.types.response import ChatResponse

_INDEX: Final = re.compile(r"\[\d+\]")
_MOST_PATHS: Final = 1024


def log_unmapped(response: ChatResponse, logged_paths: set[str]) -> None:
    """Log the unmapped paths of a response that were not logged yet, and add them to the set."""
    for unmapped_path in response.unmapped:
        path = _INDEX.sub("[*]", unmapped_path)
        if path not in logged_paths and len(logged_paths) < _MOST_PATHS:
            logged_paths.add(path)
            LOG.debug("%s: no rule reads %s; response.unmapped has it", response.model, path)
