# Copied from ai_lib/testing/__init__.py by codegen; do not edit.
"""Test doubles: a provider that answers on the loopback, what it is told, what it was asked."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.testing.guard import (
        RealCallRefused as RealCallRefused,
        real_calls_refused as real_calls_refused,
    )
    from ai_lib.testing.recorded import RecordedRequest as RecordedRequest
    from ai_lib.testing.reply import Reply as Reply
    from ai_lib.testing.shelf import RecordingNotFound as RecordingNotFound

    from .mock import MockProvider as MockProvider
    from .recorder import record as record
    from .replay import ReplayTransport as ReplayTransport

_WHERE = {
    "MockProvider": ".mock",
    "RealCallRefused": "ai_lib.testing.guard",
    "RecordedRequest": "ai_lib.testing.recorded",
    "RecordingNotFound": "ai_lib.testing.shelf",
    "ReplayTransport": ".replay",
    "Reply": "ai_lib.testing.reply",
    "real_calls_refused": "ai_lib.testing.guard",
    "record": ".recorder",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
