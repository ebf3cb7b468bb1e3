# Generated from ai_lib/client/interceptors/wire_log.py by codegen; do not edit.
"""Shows requests and responses, without secrets, where the variable AI_LIB_LOG asks for it."""

from __future__ import annotations

import logging
import os
from typing import Final

from ai_lib._log import LOG
from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.interceptors.call_facts import secrets_of
from ai_lib.errors.exceptions import AiLibError, RemoteError, RequestError
from ai_lib.telemetry.logger import AiLibLogger
from ai_lib.telemetry.redaction import Redactor
from ai_lib.types.response import ChatResponse

from .base import Interceptor
from .logging import LoggingInterceptor

VARIABLE: Final = "AI_LIB_LOG"
_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO}


class WireLogInterceptor(Interceptor):
    """Logs each request that is sent, and what came of it, at DEBUG."""

    order = 9

    def __init__(self) -> None:
        self._logger = AiLibLogger(LOG)

    def before_attempt(self, call: Call, prepared: PreparedRequest) -> None:
        """Log the request; a key that is fetched for the attempt is not in it yet."""
        wire = prepared.wire
        body = wire.body.decode("utf-8", "replace") if isinstance(wire.body, bytes) else "a form"
        self._log(
            "Request",
            call,
            line=f"{wire.method} {wire.safe_url}",
            headers=dict(wire.safe_headers),
            body=body,
        )

    def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Log the response: its body as it came, or what a stream added up to."""
        body = response.raw_response
        self._log(
            "Response",
            call,
            status_code=response.status_code,
            headers=dict(response.headers),
            body=response.content if body is None else body,
        )
        return response

    def on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        """Log an error after which another attempt follows."""
        self._log_error(call, error)

    def on_error(self, call: Call, error: AiLibError) -> None:
        """Log the error that ends the call."""
        self._log_error(call, error)

    def _log_error(self, call: Call, error: AiLibError) -> None:
        remote = error if isinstance(error, RemoteError) else None
        self._log(
            "Error response",
            call,
            error=error,
            status_code=remote.status_code if remote else None,
            body=remote.body if remote else None,
        )

    def _log(self, event: str, call: Call, **fields: object) -> None:
        redacted_fields = Redactor(secrets_of(call)).redact_fields(fields)
        self._logger.debug(event, call_id=call.id, **redacted_fields)


def log_interceptors() -> tuple[Interceptor, ...]:
    """Return what logs calls as AI_LIB_LOG says, and let the records be seen.

    Records go to standard error, unless the application has given the logger `ai_lib` or the root
    logger a handler.

    Raises:
        RequestError: the variable is neither `debug` nor `info`.
    """
    text = os.environ.get(VARIABLE, "").strip().lower()
    if not text:
        return ()
    level = _LEVELS.get(text)
    if level is None:
        raise RequestError(f"{VARIABLE} is 'debug' or 'info', not {text!r:.40}")
    LOG.setLevel(level)
    if all(isinstance(handler, logging.NullHandler) for handler in LOG.handlers):
        if not logging.getLogger().handlers:
            handler = logging.StreamHandler()
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
            LOG.addHandler(handler)
    calls = LoggingInterceptor(AiLibLogger(LOG), content=False)
    return (calls,) if level == logging.INFO else (WireLogInterceptor(), calls)
