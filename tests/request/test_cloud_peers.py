"""What AWS's own package says of our signatures, frames and addresses (`nox -s clouds`)."""

import json
import random
import string
from datetime import datetime, timezone
from urllib.parse import quote

import pytest

from ai_lib.errors.exceptions import DecodeError, ResponseTooLarge, StreamTruncated
from ai_lib.pipeline.decoders.aws_event_stream import AwsEventStreamDecoder
from ai_lib.protocol.addresses import resolve_variables
from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.trust import fill_placeholders
from ai_lib.testing.event_stream import write_event
from ai_lib.transport.credentials.aws_sigv4 import AwsSecret, SigningScope, sign_request
from ai_lib.types.wire import HttpRequest
from tests.wire.recordings import NO_RECORDINGS, recorded_clouds

pytest.importorskip("botocore", reason="botocore is not installed")

MOMENT = datetime(2026, 12, 1, 10, 11, 12, tzinfo=timezone.utc)
SCOPE = SigningScope("eu-west-1", "bedrock")
LETTERS = string.ascii_letters + string.digits + ":/ üñ~-_%@+&=!*'()$,;"


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


def test_recorded_streams_are_read_as_the_vendors_package_reads_them() -> None:
    from botocore.eventstream import EventStreamBuffer

    rows = [row for row in recorded_clouds("bedrock") if "body_base64" in row.row["response"]]
    if not rows:
        pytest.skip(NO_RECORDINGS)
    count = 0
    for row in rows:
        buffer, decoder = EventStreamBuffer(), AwsEventStreamDecoder()
        buffer.add_data(row.body)
        theirs = [(event.headers[":event-type"], event.payload) for event in buffer]
        frames = [json.loads(frame.data) for frame in decoder.feed(row.body) + decoder.close()]
        assert frames == [{name: json.loads(payload)} for name, payload in theirs], row.id
        count += len(frames)
    assert count > 1000


def test_a_frame_that_the_vendors_package_refuses_is_refused() -> None:
    """Each bit of a frame is flipped once; a length that grows makes it wait for the rest."""
    from botocore.eventstream import EventStreamBuffer, ParserError

    frame = write_event({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hi"}}})
    wrong = []
    for position in range(len(frame) * 8):
        broken = bytearray(frame)
        broken[position // 8] ^= 1 << position % 8
        buffer, decoder = EventStreamBuffer(), AwsEventStreamDecoder()
        buffer.add_data(bytes(broken))
        try:
            theirs = len(list(buffer))
        except ParserError:
            theirs = -1
        try:
            ours = len(decoder.feed(bytes(broken)) + decoder.close())
        except (DecodeError, StreamTruncated, ResponseTooLarge):
            ours = -1
        if ours != -1 or theirs > 0:
            wrong.append((position, theirs, ours))
    assert wrong == []


def test_each_region_has_the_host_that_the_vendors_package_calls() -> None:
    import botocore.session

    session = botocore.session.get_session()
    wrong = []
    for partition in session.get_available_partitions():
        for region in session.get_available_regions("bedrock-runtime", partition)[:3]:
            peer = session.create_client(
                "bedrock-runtime", region, aws_access_key_id="k", aws_secret_access_key="s"
            )
            manifest = ManifestCatalog().load("bedrock").manifest
            values = resolve_variables(manifest, {"region": region})
            ours = fill_placeholders(manifest.base_url, values)
            if ours != peer.meta.endpoint_url:
                wrong.append((region, ours, peer.meta.endpoint_url))
    assert wrong == []
