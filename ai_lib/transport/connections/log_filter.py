"""Redacts the keys of a request in what httpcore logs of its response.

At DEBUG httpcore logs the headers it receives, and a server may repeat a key in them.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from ai_lib._log import HTTPCORE
from ai_lib.types.secret import list_secret_forms
from ai_lib.types.wire import HttpRequest

_current_request: Final[ContextVar[HttpRequest | None]] = ContextVar("ai_lib_request", default=None)


@contextmanager
def redact_httpcore_logs(request: HttpRequest) -> Iterator[None]:
    """Have httpcore's loggers show the keys of this request as `***` within the block.

    Records of other users of httpcore are left as they are.
    """
    for logger in HTTPCORE:
        logger.addFilter(_redact)  # a second time it does nothing
    token = _current_request.set(request)
    try:
        yield
    finally:
        _current_request.reset(token)


def _redact(record: logging.LogRecord) -> bool:
    request = _current_request.get()
    if request is not None:
        text = record.getMessage()
        for key in request.secret_values():
            for form in list_secret_forms(key):
                text = text.replace(form, "***")
        record.msg, record.args = text, None
    return True
