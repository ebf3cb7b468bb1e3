"""Signature Version 4: the vendor's public vectors, and what a request of ours signs."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ai_lib.errors.exceptions import RequestError
from ai_lib.transport.credentials.aws_sigv4 import AwsSecret, SigningScope, sign_request
from ai_lib.transport.http.url import Origin, RequestTarget
from ai_lib.types.upload import Multipart
from ai_lib.types.wire import HttpRequest

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "suites" / "sigv4.json"
KEYS = AwsSecret("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SCOPE = SigningScope("us-east-1", "service")
MOMENT = datetime(2015, 8, 30, 12, 36, tzinfo=timezone.utc)


def cases() -> list[Any]:
    if not VECTORS.exists():
        reason = f"there are no vectors at {VECTORS}"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    loaded = json.loads(VECTORS.read_text())["cases"]
    return [pytest.param(case, id=case["name"]) for case in loaded]


def read_case(text: str) -> tuple[str, str, list[tuple[str, str]], str]:
    """Split the text of a request into its method, path, headers and body."""
    head, _, body = text.partition("\n\n")
    first, *lines = head.split("\n")
    method, _, rest = first.partition(" ")
    headers: list[tuple[str, str]] = []
    for line in filter(None, lines):
        if line[0] in " \t":  # the value goes on
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
        else:
            name, _, value = line.partition(":")
            headers.append((name, value))
    return method, rest.rpartition(" ")[0], headers, body


@pytest.mark.parametrize("case", cases())
def test_the_vendors_vectors_are_signed_alike(case: dict[str, Any]) -> None:
    context = case["context"]
    method, path, headers, body = read_case(case["request"])
    host = next(value for name, value in headers if name.lower() == "host")
    others = [pair for pair in headers if pair[0].lower() != "host"]
    token = context["credentials"].get("token", "")
    signs_token = not context.get("omit_session_token", False)
    if context.get("sign_body"):
        expected = read_case(case["signed_request"])[2]
        others += [pair for pair in expected if pair[0].lower() == "x-amz-content-sha256"]
    signed = sign_request(
        HttpRequest(
            method=method, url=f"https://{host}/", headers=tuple(others), body=body.encode()
        ),
        AwsSecret(
            context["credentials"]["access_key_id"],
            context["credentials"]["secret_access_key"],
            token if signs_token else "",
        ),
        SigningScope(context["region"], context["service"]),
        datetime.fromisoformat(context["timestamp"].replace("Z", "+00:00")),
        target=RequestTarget(Origin("https", host, 443), path),
        is_signed=lambda name: name != "authorization",
        normalizes=context["normalize"],
    )
    found = dict(signed.headers)["Authorization"]
    assert found.endswith(f"Signature={case['signature']}")


def test_a_request_of_ours_is_signed_as_it_is_sent() -> None:
    # Computed with the vendor's own signer, with the same keys at the same time.
    request = HttpRequest(
        url="https://bedrock-runtime.eu-west-1.amazonaws.com:8443/model/a%20b%2F%C3%BC:0/converse?b=2&a=1",
        headers=(("Content-Type", "application/json"), ("Accept", "application/json")),
        body=b"{}",
    )
    signed = sign_request(
        request, KEYS._replace(session_token="token"), SigningScope("eu-west-1", "bedrock"), MOMENT
    )
    headers = dict(signed.headers)
    assert headers["X-Amz-Date"] == "20150830T123600Z"
    assert headers["X-Amz-Security-Token"] == "token"
    assert headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/bedrock/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
        "Signature=bfb19fe031a341273d9ad04bc2966391b9a567414ca789b4ea2b8020134b8504"
    )
    assert signed.secrets == {"authorization", "x-amz-security-token"}
    assert signed.body == request.body


def test_a_second_signature_replaces_the_first() -> None:
    request = HttpRequest(url="https://x.example/a", body=b"{}")
    first = sign_request(request, KEYS, SCOPE, MOMENT)
    later = MOMENT + timedelta(minutes=5)
    assert sign_request(first, KEYS, SCOPE, later) == sign_request(request, KEYS, SCOPE, later)


def test_a_body_that_is_read_while_it_is_sent_is_refused() -> None:
    request = HttpRequest(url="https://x.example/a", body=Multipart({}, {"file": b"x"}))
    with pytest.raises(RequestError, match="can't be signed"):
        sign_request(request, KEYS, SCOPE, MOMENT)
