"""Hands something to code that is not ours and must not break what it is told of."""

from collections.abc import Callable

from ai_lib.telemetry.logger import get_logger

_LOG = get_logger("telemetry")


def delivered(receiver: Callable[..., object], *what: object) -> bool:
    """Whether the receiver took it without an error; its error is logged, as a warning."""
    try:
        receiver(*what)
    except Exception as error:  # noqa: BLE001 (a sink's fault is no reason to fail a call)
        report_lost(receiver, error)
        return False
    return True


def report_lost(receiver: object, error: Exception) -> None:
    """Log that a receiver failed."""
    name = getattr(receiver, "__qualname__", type(receiver).__qualname__)
    _LOG.warning("Telemetry was lost", receiver=name, error=error)
