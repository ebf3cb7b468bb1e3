"""Checks a received request's AWS Signature Version 4, as the service does.

It is written from the vendor's page alone and shares no code with what signs:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from urllib.parse import quote, unquote

from tests.servers.scripted import Received

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


def is_signed_by(received: Received, secret: str) -> bool:
    """Whether a request is signed by this secret access key, as it arrived."""
    found = _HEADER.fullmatch(received.headers.get("authorization", ""))
    if found is None:
        return False
    _, day, region, service, names, signature = found.groups()
    stamp = received.headers["x-amz-date"]
    path, _, query = received.target.partition("?")
    signed = "".join(f"{name}:{received.headers[name].strip()}\n" for name in names.split(";"))
    body = hashlib.sha256(received.body).hexdigest()
    parts = [received.method, _encode_again(path), _sort(query), signed, names, body]
    scope = f"{day}/{region}/{service}/aws4_request"
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, digest])
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    must_be_signed = {"host", "x-amz-date"} | {n for n in received.headers if n[:6] == "x-amz-"}
    return signature == expected and stamp[:8] == day and must_be_signed <= set(names.split(";"))


def _encode_again(path: str) -> str:
    return "/".join(quote(segment, safe="-_.~") for segment in path.split("/"))


def _sort(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    encoded = [
        (quote(unquote(k), safe="-_.~"), quote(unquote(v), safe="-_.~")) for k, _, v in pairs
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))
