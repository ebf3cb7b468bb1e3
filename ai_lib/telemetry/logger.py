"""Structured logs: an event in plain words, and fields."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final, NamedTuple

from ai_lib._log import LOG
from ai_lib.errors.printable import to_printable
from ai_lib.telemetry.redaction import Redactor

ROOT: Final = LOG.name

_RECORD_ATTRIBUTES: Final = frozenset(
    {*vars(logging.makeLogRecord({})), "message", "asctime", "event"}
)
_MAX_LENGTH: Final = 2_000
_NEEDS_QUOTES: Final = re.compile(r"[\s\"'=]")
# The number of our own frames between the caller and the standard library.
_STACK_LEVEL: Final = 5


def get_logger(name: str = "", *, redactor: Redactor | None = None) -> AiLibLogger:
    """Return the logger `ai_lib.<name>` of the standard library, with structured fields.

    Nothing is shown until the application gives the logger `ai_lib`, or the root logger, a
    handler; levels are set there as well. No global configuration of logging or structlog is
    touched or followed, but for structlog's context variables, whose fields are added.
    """
    if name != ROOT and not name.startswith(f"{ROOT}."):
        name = f"{ROOT}.{name}".rstrip(".")
    return AiLibLogger(logging.getLogger(name), redactor=redactor)


class AiLibLogger:
    """Logs events with fields, without secrets, through a logger of the standard library.

        >>> logger = get_logger("my_app")
        >>> logger.info("Request started", model="gpt-5.4-mini", tokens=100)

    The record's message is the event and its fields as `name=value`; each field is an attribute
    of the record as well (one that would hide an attribute of its own is called `field_<name>`),
    and `record.event` is the event alone. A logger that is filtered out costs one check of
    its level.
    """

    def __init__(
        self,
        logger: logging.Logger,
        *,
        redactor: Redactor | None = None,
        fields: Mapping[str, object] | None = None,
    ) -> None:
        self._logger = logger
        self._redactor = redactor or Redactor()
        self._fields = dict(fields or {})
        self._write: Callable[[int, str, Mapping[str, object]], object] | None = None

    @property
    def name(self) -> str:
        """The name of the standard library's logger."""
        return self._logger.name

    def bind(self, **fields: object) -> AiLibLogger:
        """Return a logger that adds these fields to every event."""
        merged = {**self._fields, **fields}
        return AiLibLogger(self._logger, redactor=self._redactor, fields=merged)

    def with_secrets(self, *secrets: str) -> AiLibLogger:
        """Return a logger that hides these values as well, wherever they occur."""
        redactor = self._redactor.with_secrets(secrets)
        return AiLibLogger(self._logger, redactor=redactor, fields=self._fields)

    def is_enabled_for(self, level: int) -> bool:
        """Return whether an event of that level of the standard library would be logged."""
        return self._logger.isEnabledFor(level)

    def debug(self, event: str, /, **fields: object) -> None:
        """Log at DEBUG: details that help to find a fault."""
        self._emit(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        """Log at INFO: something happened as it should."""
        self._emit(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        """Log at WARNING: something went wrong and was recovered."""
        self._emit(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        """Log at ERROR: something went wrong."""
        self._emit(logging.ERROR, event, fields)

    def critical(self, event: str, /, **fields: object) -> None:
        """Log at CRITICAL: the program can't go on."""
        self._emit(logging.CRITICAL, event, fields)

    def exception(self, event: str, /, **fields: object) -> None:
        """Log an error with the traceback of the exception that is being handled."""
        self._emit(logging.ERROR, event, {"exc_info": True, **fields})

    def log(self, level: int, event: str, /, **fields: object) -> None:
        """Log at a level of the standard library; `exc_info` is as there."""
        self._emit(level, event, fields)

    def _emit(self, level: int, event: str, fields: Mapping[str, object]) -> None:
        if self._logger.isEnabledFor(level):
            if self._write is None:
                self._write = self._make_write()
            self._write(level, event, fields)

    def _make_write(self) -> Callable[[int, str, Mapping[str, object]], object]:
        """Return a function that logs by structlog, without its global configuration."""
        import structlog

        if _TRACEBACK_FILTER not in self._logger.filters:
            self._logger.addFilter(_TRACEBACK_FILTER)
        processors: list[Any] = [structlog.contextvars.merge_contextvars, self._redact, _render]
        bound = structlog.BoundLoggerBase(self._logger, processors, dict(self._fields))

        def write(level: int, event: str, fields: Mapping[str, object]) -> object:
            return bound._proxy_to_logger("log", event, _level=level, _fields=fields)

        return write

    def _redact(self, logger: object, method: str, event: MutableMapping[str, Any]) -> _Entry:
        level, fields = event.pop("_level"), event.pop("_fields")
        text = self._redactor.redact_text(str(event.pop("event")))
        merged = {**event, **fields}
        exc_info = merged.pop("exc_info", None)
        return _Entry(level, text, self._redactor.redact_fields(merged), exc_info, self._redactor)

    def __repr__(self) -> str:
        return f"AiLibLogger({self.name!r})"


class _Entry(NamedTuple):
    level: int
    event: str
    fields: Mapping[str, object]
    exc_info: object
    redactor: Redactor


def _render(
    logger: object, method: str, entry: _Entry
) -> tuple[tuple[object, ...], dict[str, Any]]:
    """Return the arguments of the standard library's `Logger.log`."""
    extra = {_make_attribute_name(name): value for name, value in entry.fields.items()}
    options = {
        "extra": {"event": entry.event, **extra},
        "exc_info": entry.exc_info,
        "stacklevel": _STACK_LEVEL,
    }
    gap = " %s" if entry.fields else "%s"
    return (entry.level, entry.event.replace("%", "%%") + gap, _FieldText(entry)), options


def _make_attribute_name(name: str) -> str:
    return f"field_{name}" if name in _RECORD_ATTRIBUTES else name


class _FieldText:
    """Fields as `name=value`, written when a handler formats the record."""

    def __init__(self, entry: _Entry) -> None:
        self._fields = entry.fields
        self.redactor = entry.redactor

    def __str__(self) -> str:
        return " ".join(f"{name}={_format_value(value)}" for name, value in self._fields.items())


def _format_value(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    if isinstance(value, str) and (not text or _NEEDS_QUOTES.search(text)):
        text = repr(text)
    text = to_printable(text)
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}..."


class _TracebackFilter(logging.Filter):
    """Writes the traceback of our records, redacted, before a handler does."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Accept every record."""
        args = record.args
        if (
            record.exc_info
            and isinstance(args, tuple)
            and args
            and isinstance(args[-1], _FieldText)
        ):
            text = _FORMATTER.formatException(record.exc_info)
            record.exc_text = to_printable(args[-1].redactor.redact_text(text))
        return True


_FORMATTER: Final = logging.Formatter()
_TRACEBACK_FILTER: Final = _TracebackFilter()
