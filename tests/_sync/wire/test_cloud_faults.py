# Generated from tests/wire/test_cloud_faults.py by codegen; do not edit.
"""How clouds fail: by status and name, and by frames inside a stream.

The names are those of the vendors' service models; the recordings hold none of most of them.
"""

import json

import pytest

from ai_lib.errors.exceptions import AiLibError, RemoteError, StreamTruncated
from ai_lib.resilience.retry import RetryConfig
from ai_lib.testing.event_stream import write_event, write_message
from ai_lib.types.response import ChatResponse
from ai_lib_sync import AiClient
from ai_lib_sync.client.builder import AiClientBuilder
from tests.servers.fixtures import Serve
from tests.servers.scripted import Exchange

EVENT_STREAM = "content-type: application/vnd.amazon.eventstream\r\n"
HELLO = write_event({"messageStart": {"role": "assistant"}}) + write_event(
    {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hello"}}}
)
ENDING = (
    write_event({"contentBlockStop": {"contentBlockIndex": 0}})
    + write_event({"messageStop": {"stopReason": "end_turn"}})
    + write_event({"metadata": {"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}}})
)

# Name, status, message, and the standard code: the vendor's own table.
# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
AWS_ERRORS = [
    ("ValidationException", 400, "Malformed input request", "invalid_request"),
    ("ValidationException", 400, "Input is too long for requested model.", "request_too_large"),
    ("ValidationException", 400, "prompt is too long: 210000 tokens", "request_too_large"),
    (
        "ValidationException",
        400,
        "Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
        "request_too_large",
    ),
    ("ValidationException", 400, "There are too many total text bytes.", "request_too_large"),
    ("ValidationException", 400, "The provided model identifier is invalid.", "not_found"),
    ("AccessDeniedException", 403, "You don't have access to the model.", "permission_denied"),
    ("UnrecognizedClientException", 403, "The security token is invalid.", "authentication"),
    ("ExpiredTokenException", 403, "The security token has expired", "authentication"),
    ("InvalidSignatureException", 403, "The request signature does not match", "authentication"),
    ("IncompleteSignature", 403, "Authorization header requires", "authentication"),
    ("MissingAuthenticationToken", 403, "Missing Authentication Token", "authentication"),
    ("ResourceNotFoundException", 404, "Could not resolve the foundation model", "not_found"),
    ("ThrottlingException", 429, "Too many requests, please wait", "rate_limited"),
    ("ThrottlingException", 429, "Too many tokens per day, please wait", "quota_exhausted"),
    ("ModelNotReadyException", 429, "Model is not ready for inference.", "overloaded"),
    ("ServiceQuotaExceededException", 400, "Your request exceeds the quota", "quota_exhausted"),
    ("ModelTimeoutException", 408, "The model took too long.", "timeout"),
    ("ModelErrorException", 424, "The model failed.", "server_error"),
    ("ModelStreamErrorException", 424, "The stream failed.", "server_error"),
    ("InternalServerException", 500, "An internal error.", "server_error"),
    ("ServiceUnavailableException", 503, "Try again.", "overloaded"),
    ("ConflictException", 400, "It is in use.", "conflict"),
]
# https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/api-errors
GOOGLE_ERRORS = [
    ("INVALID_ARGUMENT", 400, "Request contains an invalid argument.", "invalid_request"),
    (
        "INVALID_ARGUMENT",
        400,
        "The input token count (1300000) exceeds the maximum number of tokens allowed (1048576).",
        "request_too_large",
    ),
    ("FAILED_PRECONDITION", 400, "Location is not supported.", "invalid_request"),
    ("UNAUTHENTICATED", 401, "Request had invalid credentials.", "authentication"),
    ("PERMISSION_DENIED", 403, "Permission denied.", "permission_denied"),
    ("NOT_FOUND", 404, "Publisher Model was not found.", "not_found"),
    ("RESOURCE_EXHAUSTED", 429, "Resource exhausted.", "rate_limited"),
    ("CANCELLED", 499, "The operation was cancelled.", "cancelled"),
    ("INTERNAL", 500, "Internal error.", "server_error"),
    ("UNAVAILABLE", 503, "Overloaded.", "overloaded"),
    ("DEADLINE_EXCEEDED", 504, "Deadline expired.", "timeout"),
]
ANTHROPIC_ERRORS = [
    ("invalid_request_error", 400, "anthropic_version: Field required", "invalid_request"),
    ("invalid_request_error", 400, "prompt is too long: 210000 tokens", "request_too_large"),
    ("not_found_error", 404, "model: claude-9", "not_found"),
    ("rate_limit_error", 429, "Slow down.", "rate_limited"),
    ("overloaded_error", 529, "Overloaded", "overloaded"),
]
AZURE_ERRORS = [
    ("401", 401, "Access denied due to invalid subscription key.", "authentication"),
    ("DeploymentNotFound", 404, "The API deployment does not exist.", "not_found"),
    ("RateLimitReached", 429, "Rate limit reached.", "rate_limited"),
    ("NoCapacity", 503, "No capacity.", "overloaded"),
    ("insufficient_quota", 429, "You exceeded your quota.", "quota_exhausted"),
    ("content_filter", 400, "The response was filtered.", "invalid_request"),
    ("context_length_exceeded", 400, "The maximum context length is 128000.", "request_too_large"),
]
# The key that is wrong is told with a status of 400.
XAI_ERRORS = [
    ("invalid-argument", 400, "Incorrect API key provided: xa***ey.", "authentication"),
    ("invalid-argument", 400, "The model does not take this.", "invalid_request"),
    ("The caller does not have permission", 403, "No access.", "permission_denied"),
]


def aws_error(exchange: Exchange, name: str, status: int, message: str) -> None:
    headers = f"x-amzn-errortype: {name}:http://internal.amazon.com/\r\nx-amzn-requestid: r-1\r\n"
    exchange.reply(json.dumps({"message": message}).encode(), status, headers)


def google_error(exchange: Exchange, name: str, status: int, message: str) -> None:
    error = {"code": status, "status": name, "message": message}
    exchange.reply(json.dumps({"error": error}).encode(), status)


def google_array(exchange: Exchange, name: str, status: int, message: str) -> None:
    error = {"code": status, "status": name, "message": message}
    exchange.reply(json.dumps([{"error": error}]).encode(), status)


def anthropic_error(exchange: Exchange, name: str, status: int, message: str) -> None:
    error = {"type": "error", "error": {"type": name, "message": message}}
    exchange.reply(json.dumps(error).encode(), status)


def azure_error(exchange: Exchange, name: str, status: int, message: str) -> None:
    exchange.reply(json.dumps({"error": {"code": name, "message": message}}).encode(), status)


def xai_error(exchange: Exchange, name: str, status: int, message: str) -> None:
    exchange.reply(json.dumps({"code": name, "error": message}).encode(), status)


GATES = {
    "bedrock": ("bedrock/us.amazon.nova-lite-v1:0", None, aws_error, AWS_ERRORS),
    "claude on bedrock": ("bedrock/anthropic.claude-opus-5", "messages", aws_error, AWS_ERRORS),
    "vertex": ("vertex/gemini-3.7-flash", None, google_error, GOOGLE_ERRORS),
    "vertex in an array": ("vertex/gemini-3.7-flash", None, google_array, GOOGLE_ERRORS),
    "claude on vertex, the gate": ("vertex/claude-opus-5", None, google_error, GOOGLE_ERRORS),
    "claude on vertex, the model": (
        "vertex/claude-opus-5",
        None,
        anthropic_error,
        ANTHROPIC_ERRORS,
    ),
    "azure": ("azure/my-deployment", None, azure_error, AZURE_ERRORS),
    "azure responses": ("azure/my-deployment", "responses", azure_error, AZURE_ERRORS),
    "xai": ("xai/grok-5", None, xai_error, XAI_ERRORS),
    "xai responses": ("xai/grok-5", "responses", xai_error, XAI_ERRORS),
}


def builder_of(
    model: str, url: str, family: str | None = None, retries: int = 0
) -> AiClientBuilder[AiClient]:
    builder = AiClient.builder().model(model).api_key("nobody's").base_url(url)
    builder.with_retry(RetryConfig(max_retries=retries, min_delay_ms=1, max_delay_ms=1))
    if model.startswith("vertex/"):
        builder.variable(project="my-project", location="global")
    if family is not None:
        builder.api_family(family)
    return builder


@pytest.mark.parametrize("gate", GATES)
def test_each_error_of_a_cloud_has_its_code(gate: str, serve: Serve) -> None:
    model, family, write, table = GATES[gate]
    rows = iter(table)
    server = serve(lambda exchange: write(exchange, *next(rows)[:3]))
    wrong: list[object] = []
    with builder_of(model, server.url, family).build() as client:
        for name, status, message, code in table:
            with pytest.raises(RemoteError) as caught:
                client.chat().user("Hi").execute()
            error = caught.value
            found = (error.standard_code.name, error.status_code, message in str(error))
            if found != (code, status, True) or name not in (error.type, error.code):
                wrong.append((name, message, found, error.type, error.code))
    assert wrong == []


def test_an_error_of_aws_has_the_id_of_the_request(serve: Serve) -> None:
    server = serve(lambda exchange: aws_error(exchange, "ThrottlingException", 429, "Slow"))
    with builder_of("bedrock/m", server.url).build() as client:
        with pytest.raises(RemoteError) as caught:
            client.chat().user("Hi").execute()
    assert caught.value.request_id == "r-1"


def stream_outcome(builder: AiClientBuilder[AiClient]) -> AiLibError | ChatResponse:
    """Read one stream; return its response, or its error."""
    with builder.build() as client:
        stream = client.chat().user("Hi").stream()
        try:
            for _ in stream:
                pass
        except AiLibError as error:
            return error
        return stream.response()


# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
FRAMES = {
    "throttlingException": ("rate_limited", True),
    "validationException": ("invalid_request", False),
    "internalServerException": ("server_error", True),
    "modelStreamErrorException": ("server_error", True),
    "serviceUnavailableException": ("overloaded", True),
    "modelTimeoutException": ("timeout", True),
}


@pytest.mark.parametrize("name", FRAMES)
def test_an_exception_frame_before_content_is_tried_again_where_that_may_help(
    name: str, serve: Serve
) -> None:
    code, is_retried = FRAMES[name]
    frame = write_message("exception", name, b'{"message": "Not now."}')
    bodies = iter([write_event({"messageStart": {"role": "assistant"}}) + frame, HELLO + ENDING])
    server = serve(lambda exchange: exchange.reply(next(bodies), headers=EVENT_STREAM))
    outcome = stream_outcome(builder_of("bedrock/m", server.url, retries=1))
    if is_retried:
        assert isinstance(outcome, ChatResponse)
        assert (outcome.content, len(server.received)) == ("Hello", 2)
        assert [attempt.ended for attempt in outcome.attempts] == [code, "answered"]
    else:
        assert isinstance(outcome, RemoteError)
        assert (outcome.standard_code.name, len(server.received)) == (code, 1)


@pytest.mark.parametrize("name", FRAMES)
def test_an_exception_frame_after_content_ends_the_stream_with_what_came(
    name: str, serve: Serve
) -> None:
    frame = write_message("exception", name, b'{"message": "Not now."}')
    server = serve(lambda exchange: exchange.reply(HELLO + frame, headers=EVENT_STREAM))
    outcome = stream_outcome(builder_of("bedrock/m", server.url, retries=1))
    assert isinstance(outcome, RemoteError)
    assert (outcome.standard_code.name, outcome.type) == (FRAMES[name][0], name)
    assert isinstance(outcome.partial, ChatResponse)
    assert (outcome.partial.content, outcome.partial.finish_reason) == ("Hello", None)
    assert len(server.received) == 1


def test_a_stream_without_its_last_frame_is_truncated(serve: Serve) -> None:
    stop = write_event({"messageStop": {"stopReason": "end_turn"}})
    server = serve(lambda exchange: exchange.reply(HELLO + stop, headers=EVENT_STREAM))
    outcome = stream_outcome(builder_of("bedrock/m", server.url))
    assert isinstance(outcome, StreamTruncated)
    assert isinstance(outcome.partial, ChatResponse)
    assert outcome.partial.content == "Hello"
