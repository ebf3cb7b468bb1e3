# Generated from tests/resilience/test_in_doubt.py by codegen; do not edit.
"""An attempt says whether the provider may have worked on it although no answer came."""

import pytest

from ai_lib_sync.errors import (
    AiLibError,
    ConnectionLost,
    DecodeError,
    RemoteError,
    ResilienceError,
    StreamTruncated,
)
from ai_lib_sync.resilience import AttemptLog, PreflightChecker


@pytest.mark.parametrize(
    ("error", "sent", "in_doubt"),
    [
        (ConnectionLost("gone", request_sent=True), True, True),
        (ConnectionLost("gone", request_sent=False), True, False),
        (StreamTruncated("cut"), True, True),
        (DecodeError("no JSON"), True, False),
        (RemoteError("no", status_code=500), True, False),
        (ResilienceError("refused by one of ours"), False, False),
    ],
)
def test_what_broke_off_is_in_doubt(error: AiLibError, sent: bool, in_doubt: bool) -> None:
    attempt_log = AttemptLog()
    permit = PreflightChecker().admit(attempt_log)
    permit.fail(error)
    (attempt,) = attempt_log.attempts
    assert (attempt.sent, attempt.in_doubt) == (sent, in_doubt)


def test_an_answer_is_in_no_doubt() -> None:
    attempt_log = AttemptLog()
    permit = PreflightChecker().admit(attempt_log)
    permit.succeed()
    assert not attempt_log.attempts[0].in_doubt
