"""Test doubles: a provider that answers on the loopback, what it is told, what it was asked."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.testing.recorded import RecordedRequest as RecordedRequest
    from ai_lib.testing.reply import Reply as Reply

    from .mock import MockProvider as MockProvider

_WHERE = {
    "MockProvider": ".mock",
    "RecordedRequest": "ai_lib.testing.recorded",
    "Reply": "ai_lib.testing.reply",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
