# Copied from ai_lib/testing/__init__.py by codegen; do not edit.
"""Test doubles: a provider that answers on the loopback, what it is told, what it was asked."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.testing.cassettes.index import RecordingNotFound as RecordingNotFound
    from ai_lib.testing.guard import (
        RealCallRefused as RealCallRefused,
        real_calls_refused as real_calls_refused,
    )
    from ai_lib.testing.mock.recorded_request import RecordedRequest as RecordedRequest
    from ai_lib.testing.mock.reply import Reply as Reply

    from .cassettes.recorder import record as record
    from .cassettes.replay import ReplayTransport as ReplayTransport
    from .mock.provider import MockProvider as MockProvider

_WHERE = {
    "MockProvider": ".mock.provider",
    "RealCallRefused": "ai_lib.testing.guard",
    "RecordedRequest": "ai_lib.testing.mock.recorded_request",
    "RecordingNotFound": "ai_lib.testing.cassettes.index",
    "ReplayTransport": ".cassettes.replay",
    "Reply": "ai_lib.testing.mock.reply",
    "real_calls_refused": "ai_lib.testing.guard",
    "record": ".cassettes.recorder",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
