"""What AWS's own package says of our signatures, our frames and our bodies (`nox -s clouds`)."""

import random
import string
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

import pytest

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.request.chat import build_chat
from ai_lib.testing.event_stream import write_event
from ai_lib.transport.credentials.aws_sigv4 import AwsSecret, SigningScope, sign_request
from ai_lib.types.content import ImageBlock, TextBlock
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest, ResponseFormat
from ai_lib.types.tool import ToolChoice, ToolDefinition
from ai_lib.types.wire import HttpRequest

pytest.importorskip("botocore", reason="botocore is not installed")

MOMENT = datetime(2026, 12, 1, 10, 11, 12, tzinfo=timezone.utc)
SCOPE = SigningScope("eu-west-1", "bedrock")
LETTERS = string.ascii_letters + string.digits + ":/ üñ~-_%@+&=!*'()$,;"
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WEATHER = ToolDefinition(
    name="weather",
    description="Tells the weather.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}},
)


def make_request(chance: random.Random) -> HttpRequest:
    model = "".join(chance.choice(LETTERS) for _ in range(chance.randint(1, 30)))
    host = chance.choice(["bedrock-runtime.eu-west-1.amazonaws.com", "vpce.example:8443"])
    url = f"https://{host}/model/{quote(model, safe=chance.choice([':@', '']))}/converse"
    if chance.random() < 0.5:
        url += f"?{chance.choice('abAB')}=1&{chance.choice('xyXY')}={quote(model[:4], safe='')}"
    headers = [("Content-Type", "application/json"), ("Accept", "application/json")]
    if chance.random() < 0.5:
        headers.append(("X-Amz-Meta-Note", "some   words "))
    return HttpRequest(
        url=url, headers=tuple(headers), body=chance.randbytes(chance.randint(0, 99))
    )


@pytest.mark.parametrize("seed", range(200))
def test_a_signature_is_that_of_the_vendors_package(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    chance = random.Random(seed)
    request, token = make_request(chance), chance.choice(["", "token/of+nobody=="])
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda *_, **__: MOMENT.replace(tzinfo=None)
    )
    signed = {k: v for k, v in request.headers if k.lower() != "accept"}
    peer = AWSRequest("POST", request.url, data=request.body, headers=signed)
    botocore.auth.SigV4Auth(
        Credentials("AKIDEXAMPLE", "secret/+", token or None), SCOPE.service, SCOPE.region
    ).add_auth(peer)
    ours = sign_request(request, AwsSecret("AKIDEXAMPLE", "secret/+", token), SCOPE, MOMENT)
    assert dict(ours.headers)["Authorization"] == peer.headers["Authorization"]


def test_the_vendors_package_reads_the_frames_of_the_mock() -> None:
    from botocore.eventstream import EventStreamBuffer

    buffer = EventStreamBuffer()
    buffer.add_data(write_event({"contentBlockDelta": {"delta": {"text": "ü"}}}))
    (event,) = list(buffer)
    assert event.headers[":event-type"] == "contentBlockDelta"
    assert event.payload == '{"delta":{"text":"ü"}}'.encode()


CHATS: dict[str, dict[str, Any]] = {
    "text": {"messages": [Message.system("Be brief."), Message.user("Hi")]},
    "parameters": {
        "messages": [Message.user("Hi")],
        "parameters": {"temperature": 0.2, "max_tokens": 9, "stop_sequences": ["END"]},
    },
    "tools": {
        "messages": [Message.user("Hi")],
        "tools": [WEATHER],
        "tool_choice": ToolChoice.of("required"),
    },
    "image": {
        "messages": [
            Message.user([TextBlock(text="See"), ImageBlock(data=PNG, media_type="image/png")])
        ]
    },
    "typed": {
        "messages": [Message.user("Hi")],
        "response_format": ResponseFormat(
            type="json_schema",
            name="Answer",
            schema={"type": "object", "properties": {}, "additionalProperties": False},
        ),
    },
}


@pytest.mark.parametrize("chat", CHATS.values(), ids=list(CHATS))
def test_a_body_is_one_of_the_vendors_service_model(chat: dict[str, Any]) -> None:
    import botocore.session
    from botocore.validate import ParamValidator

    shape = (
        botocore.session.get_session()
        .get_service_model("bedrock-runtime")
        .operation_model("Converse")
        .input_shape
    )
    built = build_chat(
        ChatRequest(**chat),
        ManifestCatalog().load("bedrock"),
        model="global.anthropic.claude-sonnet-4-6",
        credential="k",
        base_url="https://x.example",
    )
    report = ParamValidator().validate({"modelId": "m", **built.body}, shape)
    assert report.generate_report() == ""
