"""Cases about retries: the decision after one failed attempt, by the manifest's own policy."""

import importlib
from typing import Any

from ai_lib.errors.codes import standard_code
from ai_lib.errors.exceptions import RemoteError
from compliance.checks import NotYet, check
from compliance.door import Runtime
from compliance.manifests import door_to, own_manifest
from compliance.suite import Case

_STATUSES = {"E1001": 400, "E2001": 429, "E3001": 500}


def retry_decision(case: Case, runtime: Runtime) -> None:
    """A manifest's policy says whether an attempt is repeated, and when."""
    try:
        room: Any = importlib.import_module("ai_lib.resilience")
    except ModuleNotFoundError:
        raise NotYet("resilience: the retry policy") from None
    policy = {**own_manifest(case)["retry_policy"], **case.input["retry_policy"]}
    with door_to({**own_manifest(case), "retry_policy": policy}, runtime) as door:
        declared = door.describe(lambda client: client.manifest.raw["retry_policy"])
    config = room.RetryConfig.from_protocol(declared)
    attempt = case.input["attempt"] - 1  # the suite counts attempts, the policy retries
    decision = room.RetryPolicy(config).should_retry(_error(case), attempt)
    check("should_retry", decision, case.expected["should_retry"])
    if "delay_ms" in case.expected:
        _check_delay(room, config, attempt, case)


def _check_delay(room: Any, config: Any, attempt: int, case: Case) -> None:
    """Jitter may shorten a delay: what is bounded below is the delay that is then spread."""
    longest = room.RetryPolicy(config, chance=_highest).calculate_delay(attempt) * 1000
    check("delay_ms", longest, case.expected["delay_ms"])


def _highest() -> float:
    return 1.0


def _error(case: Case) -> RemoteError:
    code = standard_code(case.input["error"]["error_code"])
    check("retryable", code.retryable, case.input["error"]["retryable"])
    return RemoteError("no", status_code=_STATUSES[code.code], standard_code=code)
