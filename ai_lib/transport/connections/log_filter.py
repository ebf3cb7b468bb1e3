"""What httpcore logs of a reply, without the keys of the request it answers.

At DEBUG it logs the headers it receives, and a server may say a key back in them.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from ai_lib._log import HTTPCORE
from ai_lib.types.secret import forms_of
from ai_lib.types.wire import HttpRequest

_asked: Final[ContextVar[HttpRequest | None]] = ContextVar("ai_lib_asked", default=None)


@contextmanager
def keys_hidden(request: HttpRequest) -> Iterator[None]:
    """Have the keys of this request shown as `***` by httpcore's loggers, here and until the end.

    What else logs there, or speaks by httpcore on its own, is left as it is.
    """
    for logger in HTTPCORE:
        logger.addFilter(_hide)  # a second time it does nothing
    token = _asked.set(request)
    try:
        yield
    finally:
        _asked.reset(token)


def _hide(record: logging.LogRecord) -> bool:
    request = _asked.get()
    if request is not None:
        said = record.getMessage()
        for key in request.keys():  # noqa: SIM118 (it is no mapping)
            for form in forms_of(key):
                said = said.replace(form, "***")
        record.msg, record.args = said, None
    return True
