"""Hands something to code that is not ours and must not break what it is told of."""

from collections.abc import Callable
from typing import TypeVar

from ai_lib.telemetry.logger import get_logger

T = TypeVar("T")

_LOG = get_logger("telemetry")


def delivered(receiver: Callable[[T], object], what: T) -> bool:
    """Whether the receiver took it without an error; its error is logged, as a warning."""
    try:
        receiver(what)
    except Exception as error:  # noqa: BLE001 (a sink's fault is no reason to fail a call)
        report_lost(receiver, error)
        return False
    return True


def report_lost(receiver: object, error: Exception) -> None:
    """Log that a receiver failed."""
    _LOG.warning("Telemetry was lost", receiver=type(receiver).__qualname__, error=error)
