# Generated from tests/transport/test_cloud_signing.py by codegen; do not edit.
"""Requests to AWS over a socket: signed for what arrives, whatever is between."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import msgspec
import pytest

from ai_lib.resilience.retry import RetryConfig
from ai_lib.transport.credentials.aws import AwsKeySource
from ai_lib.transport.credentials.aws_sigv4 import SigningScope
from ai_lib.types.message import Message
from ai_lib_sync import AiClient
from ai_lib_sync.client.builder import AiClientBuilder
from ai_lib_sync.plugins import Plugin, PluginContext
from ai_lib_sync.transport import CredentialCache
from tests._sync.transport.conftest import Serve
from tests.servers.relay import Relay
from tests.servers.scripted import Exchange
from tests.servers.signatures import is_signed_by

SECRET = "secret/of+nobody"
ANSWER = (
    b'{"output":{"message":{"role":"assistant","content":[{"text":"Hello"}]}},'
    b'"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2}}'
)
SCOPE = SigningScope("eu-west-3", "bedrock")
START = datetime(2026, 12, 1, 23, 59, 58, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def access_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the access keys of nobody."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session//token==")
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)


def answer(exchange: Exchange) -> None:
    exchange.reply(ANSWER)


def builder_of(url: str, model: str = "amazon.nova-micro-v1:0") -> AiClientBuilder[AiClient]:
    builder = AiClient.builder().model(f"bedrock/{model}").base_url(url)
    return builder.variable(region="eu-west-3")


@pytest.mark.parametrize(
    "model",
    [
        "us.anthropic.claude-opus-4-6-v1:0",
        "arn:aws:bedrock:eu-west-3:123456789012:application-inference-profile/a1/b2",
        "a model of ours",
        "größe:ü/ß",
        "50%+1=x&y",
    ],
)
def test_a_request_is_signed_for_the_model_as_it_arrives(model: str, serve: Serve) -> None:
    server = serve(answer)
    with builder_of(server.url, model).build() as client:
        client.chat().user("Grüße").execute()
    [received] = server.received
    assert is_signed_by(received, SECRET)
    assert not is_signed_by(received, "another secret")
    assert received.target.count("/") == 3  # the id is one segment


def test_each_attempt_has_its_own_date(serve: Serve) -> None:
    """The second attempt is a day later, by a clock that the test holds."""
    moments = iter([START, START + timedelta(seconds=3)])
    statuses = iter([503, 200])
    server = serve(lambda exchange: exchange.reply(ANSWER, status=next(statuses)))
    source = AwsKeySource("AWS_ACCESS_KEY_ID", SCOPE, clock=lambda: next(moments))
    builder = builder_of(server.url).api_key(CredentialCache(source))
    builder.with_retry(RetryConfig(max_retries=1, min_delay_ms=1, max_delay_ms=1))
    with builder.build() as client:
        client.chat().user("Hi").execute()
    assert [request.headers["x-amz-date"] for request in server.received] == [
        "20261201T235958Z",
        "20261202T000001Z",
    ]
    assert all(is_signed_by(request, SECRET) for request in server.received)


class Rewriter(Plugin):
    """Puts another question into every request."""

    def on_before_request(self, ctx: PluginContext) -> None:
        """Replace the question."""
        assert ctx.request is not None
        ctx.request = msgspec.structs.replace(ctx.request, messages=[Message.user("Ünother")])


def test_a_body_that_a_plugin_changed_is_signed_as_it_is_sent(serve: Serve) -> None:
    server = serve(answer)
    builder = builder_of(server.url).plugins([Rewriter()])
    with builder.build() as client:
        client.chat().user("Hi").execute()
    [received] = server.received
    assert "Ünother".encode() in received.body
    assert is_signed_by(received, SECRET)


def test_a_header_of_the_caller_is_signed_where_the_service_wants_that(serve: Serve) -> None:
    server = serve(answer)
    builder = builder_of(server.url)
    builder.headers({"X-Amzn-Bedrock-Trace": "ENABLED", "X-Amz-Note": "a  b"})
    with builder.build() as client:
        client.chat().user("Hi").execute()
    [received] = server.received
    assert received.headers["x-amzn-bedrock-trace"] == "ENABLED"
    assert "x-amz-note" in received.headers["authorization"]
    assert "x-amzn-bedrock-trace" not in received.headers["authorization"]


@pytest.fixture
def relay() -> Iterator[Relay]:
    """Start a proxy."""
    started = Relay()
    yield started
    started.close()


def test_a_proxy_leaves_the_signature_as_it_is(serve: Serve, relay: Relay) -> None:
    server = serve(answer)
    builder = builder_of(server.url).proxy(f"http://{relay.place}")
    with builder.build() as client:
        client.chat().user("Hi").execute()
    [received] = server.received
    assert relay.asked
    assert received.headers["host"] == f"127.0.0.1:{server.port}"
    assert is_signed_by(received, SECRET)


def test_other_operations_are_signed_as_well(serve: Serve) -> None:
    def script(exchange: Exchange) -> None:
        if exchange.received.method == "GET":
            exchange.reply(b'{"inferenceProfileSummaries": [{"inferenceProfileId": "us.a"}]}')
        elif exchange.received.target.endswith("/count-tokens"):
            exchange.reply(b'{"inputTokens": 7}')
        else:
            exchange.reply(b'{"action": "NONE"}')

    server = serve(script)
    with builder_of(server.url).build() as client:
        assert client.models.count_tokens(client.chat().user("Hi").build()) == 7
        client.invoke("apply_guardrail", {"source": "INPUT"}, id="gr1", version="DRAFT")
        client.invoke("list_inference_profiles")
    assert [is_signed_by(request, SECRET) for request in server.received] == [True] * 3
