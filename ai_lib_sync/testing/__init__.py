# Copied from ai_lib/testing/__init__.py by codegen; do not edit.
"""Test doubles: a mock provider on the loopback, cassettes, and a guard against real calls."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.testing.cassettes.index import RecordingNotFound as RecordingNotFound
    from ai_lib.testing.guard import (
        RealCallRefused as RealCallRefused,
        refuse_real_calls as refuse_real_calls,
    )
    from ai_lib.testing.mock.hosted import HostedCall as HostedCall
    from ai_lib.testing.mock.recorded_request import RecordedRequest as RecordedRequest
    from ai_lib.testing.mock.reply import Reply as Reply

    from .cassettes.recorder import record as record
    from .cassettes.replay import ReplayTransport as ReplayTransport
    from .mock.provider import MockProvider as MockProvider

_WHERE = {
    "HostedCall": "ai_lib.testing.mock.hosted",
    "MockProvider": ".mock.provider",
    "RealCallRefused": "ai_lib.testing.guard",
    "RecordedRequest": "ai_lib.testing.mock.recorded_request",
    "RecordingNotFound": "ai_lib.testing.cassettes.index",
    "ReplayTransport": ".cassettes.replay",
    "Reply": "ai_lib.testing.mock.reply",
    "record": ".cassettes.recorder",
    "refuse_real_calls": "ai_lib.testing.guard",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
