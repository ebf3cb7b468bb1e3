"""Cases about retries: the decision after one failed attempt, by the manifest's own policy."""

import importlib
from typing import Any

from ai_lib.errors.codes import standard_code
from ai_lib.errors.exceptions import RemoteError
from compliance.checks import CaseUnsupported, check
from compliance.manifests import load_case_manifest, open_client
from compliance.runtime_client import Runtime
from compliance.suite import Case

_STATUSES = {"E1001": 400, "E2001": 429, "E3001": 500}


def run_retry_decision(case: Case, runtime: Runtime) -> None:
    """A manifest's policy says whether an attempt is repeated, and when."""
    try:
        room: Any = importlib.import_module("ai_lib.resilience")
    except ModuleNotFoundError:
        raise CaseUnsupported("resilience: the retry policy") from None
    policy = {**load_case_manifest(case)["retry_policy"], **case.input["retry_policy"]}
    with open_client({**load_case_manifest(case), "retry_policy": policy}, runtime) as client:
        declared = client.describe(lambda client: client.manifest.raw["retry_policy"])
    config = room.RetryConfig.from_protocol(declared)
    attempt = case.input["attempt"] - 1  # the suite counts attempts, the policy retries
    decision = room.RetryPolicy(config).should_retry(_build_error(case), attempt)
    check("should_retry", decision, case.expected["should_retry"])
    if "delay_ms" in case.expected:
        _check_delay(room, config, attempt, case)


def _check_delay(room: Any, config: Any, attempt: int, case: Case) -> None:
    """Jitter may shorten a delay: what is bounded below is the delay that is then spread."""
    longest = room.RetryPolicy(config, chance=_choose_highest).calculate_delay(attempt) * 1000
    check("delay_ms", longest, case.expected["delay_ms"])


def _choose_highest() -> float:
    return 1.0


def _build_error(case: Case) -> RemoteError:
    code = standard_code(case.input["error"]["error_code"])
    check("retryable", code.retryable, case.input["error"]["retryable"])
    return RemoteError("no", status_code=_STATUSES[code.code], standard_code=code)
