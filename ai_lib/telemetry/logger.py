"""Structured logs: an event in plain words, and its facts as fields."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final, NamedTuple

from ai_lib._log import LOG
from ai_lib.telemetry.redaction import Redactor

ROOT: Final = LOG.name

_TAKEN: Final = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "event"})
_SHOWN: Final = 2_000
_UNCLEAR: Final = re.compile(r"[\s\"'=]")
# Our own frames between the caller and the standard library.
_CALLER: Final = 5


def get_logger(name: str = "", *, redactor: Redactor | None = None) -> AiLibLogger:
    """Return the logger `ai_lib.<name>` of the standard library, with structured fields.

    Nothing is shown until the application gives the logger `ai_lib`, or the root logger, a
    handler; levels are set there as well. No global configuration of logging or structlog is
    touched or followed, but for structlog's context variables, whose fields are added.
    """
    whole = name if name == ROOT or name.startswith(f"{ROOT}.") else f"{ROOT}.{name}".rstrip(".")
    return AiLibLogger(logging.getLogger(whole), redactor=redactor)


class AiLibLogger:
    """Logs events with fields, secrets taken out, through a logger of the standard library.

        >>> logger = get_logger("my_app")
        >>> logger.info("Request started", model="gpt-4o", tokens=100)

    The record's message is the event and its fields as `name=value`; each field is an attribute
    of the record as well (one that would hide an attribute of its own is called `field_<name>`),
    and `record.event` is the event alone. A logger that is filtered out costs one look at its
    level.
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
        """Return one that adds these fields to every event."""
        merged = {**self._fields, **fields}
        return AiLibLogger(self._logger, redactor=self._redactor, fields=merged)

    def knowing(self, *secrets: str) -> AiLibLogger:
        """Return one that hides these values as well, wherever they stand."""
        redactor = self._redactor.knowing(secrets)
        return AiLibLogger(self._logger, redactor=redactor, fields=self._fields)

    def is_enabled_for(self, level: int) -> bool:
        """Whether an event of that level of the standard library would be logged."""
        return self._logger.isEnabledFor(level)

    def debug(self, event: str, /, **fields: object) -> None:
        """Log what helps to find a fault."""
        self._emit(logging.DEBUG, event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        """Log what happened as it should."""
        self._emit(logging.INFO, event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        """Log what went wrong and was made good."""
        self._emit(logging.WARNING, event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        """Log what went wrong."""
        self._emit(logging.ERROR, event, fields)

    def critical(self, event: str, /, **fields: object) -> None:
        """Log what nothing can go on after."""
        self._emit(logging.CRITICAL, event, fields)

    def exception(self, event: str, /, **fields: object) -> None:
        """Log an error with the traceback of the exception that is being handled."""
        self._emit(logging.ERROR, event, {"exc_info": True, **fields})

    def log(self, level: int, event: str, /, **fields: object) -> None:
        """Log at a level of the standard library; `exc_info` is taken as that does."""
        self._emit(level, event, fields)

    def _emit(self, level: int, event: str, fields: Mapping[str, object]) -> None:
        if self._logger.isEnabledFor(level):
            if self._write is None:
                self._write = self._writer()
            self._write(level, event, fields)

    def _writer(self) -> Callable[[int, str, Mapping[str, object]], object]:
        """Return structlog over our logger, with nothing left to its global configuration."""
        import structlog

        if _TRACEBACKS not in self._logger.filters:
            self._logger.addFilter(_TRACEBACKS)
        processors: list[Any] = [structlog.contextvars.merge_contextvars, self._redact, _render]
        bound = structlog.BoundLoggerBase(self._logger, processors, dict(self._fields))

        def write(level: int, event: str, fields: Mapping[str, object]) -> object:
            return bound._proxy_to_logger("log", event, _level=level, _fields=fields)

        return write

    def _redact(self, logger: object, method: str, event: MutableMapping[str, Any]) -> _Entry:
        level, fields = event.pop("_level"), event.pop("_fields")
        text = self._redactor.text(str(event.pop("event")))
        given = {**event, **fields}
        exc_info = given.pop("exc_info", None)
        return _Entry(level, text, self._redactor.fields(given), exc_info, self._redactor)

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
    extra = {_name(name): value for name, value in entry.fields.items()}
    options = {
        "extra": {"event": entry.event, **extra},
        "exc_info": entry.exc_info,
        "stacklevel": _CALLER,
    }
    gap = " %s" if entry.fields else "%s"
    return (entry.level, entry.event.replace("%", "%%") + gap, _Text(entry)), options


def _name(name: str) -> str:
    return f"field_{name}" if name in _TAKEN else name


class _Text:
    """Fields as `name=value`, written when a handler asks for it."""

    def __init__(self, entry: _Entry) -> None:
        self._fields = entry.fields
        self.redactor = entry.redactor

    def __str__(self) -> str:
        return " ".join(f"{name}={_shown(value)}" for name, value in self._fields.items())


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    if isinstance(value, str) and (not text or _UNCLEAR.search(text)):
        text = repr(text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


class _Tracebacks(logging.Filter):
    """Writes the traceback of our records itself, so that no handler shows a secret in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through."""
        args = record.args
        if record.exc_info and isinstance(args, tuple) and args and isinstance(args[-1], _Text):
            text = _FORMATTER.formatException(record.exc_info)
            record.exc_text = args[-1].redactor.text(text)
        return True


_FORMATTER: Final = logging.Formatter()
_TRACEBACKS: Final = _Tracebacks()
