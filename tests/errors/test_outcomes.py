"""What follows from each error of the tree: another attempt, another target, an open circuit."""

import inspect

import pytest

from ai_lib.errors import AiLibError, ManifestSyntaxError, exceptions as tree
from ai_lib.resilience.circuit.circuit import is_service_failure

# Standard class, retryable, fallbackable, whether it counts against the circuit. A new error gets
# a line here.
OUTCOMES = {
    "AiLibError": ("unknown", False, False, False),
    "AnswerCutShort": ("unknown", False, False, False),
    "AnswerFailure": ("server_error", True, True, True),
    "AnswerRefused": ("unknown", False, False, False),
    "BackpressureError": ("overloaded", True, True, False),
    "BatchError": ("unknown", False, False, False),
    "BudgetExceeded": ("quota_exhausted", False, True, False),
    "CacheError": ("unknown", False, False, False),
    "CapabilityError": ("request_too_large", False, False, False),
    "CircuitOpenError": ("overloaded", True, True, False),
    "ConnectError": ("server_error", True, True, True),
    "ConnectionLost": ("server_error", True, True, True),
    "ContentFiltered": ("unknown", False, False, False),
    "CredentialError": ("authentication", False, True, False),
    "CredentialTypeError": ("authentication", False, True, False),
    "DecodeError": ("server_error", True, True, True),
    "EmptyResponse": ("server_error", True, True, True),
    "GuardrailError": ("invalid_request", False, False, False),
    "HostNotAllowed": ("invalid_request", False, False, False),
    "InvalidArguments": ("invalid_request", False, False, False),
    "InvalidInput": ("invalid_request", False, False, False),
    "InvalidOutput": ("unknown", False, False, False),
    "InvalidToolArguments": ("unknown", False, False, False),
    "ItemOutcomeUnknown": ("unknown", False, False, False),
    "ItemTimeout": ("timeout", True, True, False),
    "JobFailed": ("unknown", False, False, False),
    "JobTimeout": ("timeout", False, False, True),
    "JournalError": ("unknown", False, False, False),
    "ManifestInvalid": ("invalid_request", False, False, False),
    "ManifestNotFound": ("not_found", False, False, False),
    "ManifestSyntaxError": ("invalid_request", False, False, False),
    "MediaError": ("invalid_request", False, False, False),
    "PicklingError": ("invalid_request", False, False, False),
    "PluginError": ("unknown", False, False, False),
    "ProtocolError": ("invalid_request", False, False, False),
    "RateLimitExceeded": ("rate_limited", True, True, False),
    "RemoteError": ("unknown", False, False, False),
    "RequestError": ("invalid_request", False, False, False),
    "ResilienceError": ("overloaded", True, True, False),
    "ResponseError": ("server_error", True, True, True),
    "ResponseTooLarge": ("unknown", False, False, False),
    "SharedStateError": ("overloaded", True, True, False),
    "SharedStateUnavailable": ("overloaded", True, True, False),
    "StreamCancelled": ("cancelled", False, False, False),
    "StreamTruncated": ("server_error", True, True, True),
    "ToolRoundsExceeded": ("unknown", False, False, False),
    "TransportError": ("server_error", True, True, True),
    "TransportTimeout": ("timeout", True, True, True),
    "UnknownTool": ("unknown", False, False, False),
    "UnsupportedVersion": ("invalid_request", False, False, False),
    "ValidationError": ("invalid_request", False, False, False),
}
_VALUES = {"status_code": 503, "timeout_name": "idle", "seconds": 1.0, "limit": 1}


def make(kind: type[AiLibError]) -> AiLibError:
    """Make one with the arguments that it can't do without."""
    if kind is ManifestSyntaxError:
        return ManifestSyntaxError("m", 0, "m")
    required = [
        name
        for name, one in inspect.signature(kind).parameters.items()
        if one.default is one.empty and one.kind is not one.VAR_KEYWORD and name != "message"
    ]
    return kind("m", **{name: _VALUES.get(name, "x") for name in required})


KINDS = {
    name: kind
    for name, kind in inspect.getmembers(tree, inspect.isclass)
    if issubclass(kind, AiLibError)
}


def test_every_error_of_the_tree_has_its_outcome() -> None:
    assert sorted(OUTCOMES) == sorted(KINDS)


@pytest.mark.parametrize("name", OUTCOMES)
def test_what_follows_from_an_error(name: str) -> None:
    error = make(KINDS[name])
    followed = (error.error_type, error.retryable, error.fallbackable, is_service_failure(error))
    assert followed == OUTCOMES[name]
