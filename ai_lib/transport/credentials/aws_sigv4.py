"""Signs requests by AWS Signature Version 4.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timezone
from functools import lru_cache
from posixpath import normpath
from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec

from ai_lib.errors.exceptions import RequestError
from ai_lib.transport.http.url import RequestTarget, parse_target
from ai_lib.types.wire import HttpRequest

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SECRETS: Final = frozenset({"authorization", "x-amz-security-token"})


class AwsSecret(NamedTuple):
    """The keys of one account; temporary ones have a session token."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""


class SigningScope(NamedTuple):
    """What a signature holds for."""

    region: str
    service: str


def is_signed_usually(name: str) -> bool:
    """Whether a header is signed: those that no proxy on the way changes."""
    return name in ("host", "content-type") or name.startswith("x-amz-")


def sign_request(
    request: HttpRequest,
    keys: AwsSecret,
    scope: SigningScope,
    moment: datetime,
    *,
    target: RequestTarget | None = None,
    is_signed: Callable[[str], bool] = is_signed_usually,
    normalizes: bool = True,
) -> HttpRequest:
    """Return the request with its date, its session token and its signature.

    `target` is what is requested, where that is not what the URL says. `is_signed` says by a
    lower-case name whether a header is signed. With `normalizes`, dot segments and double slashes
    of the path are resolved before it is signed.

    Raises:
        RequestError: the body is read while it is sent, so that its hash is not known before.
    """
    if not isinstance(request.body, bytes):
        raise RequestError(
            "a request with files can't be signed: its body is read while it is sent; send the "
            "file's content in the body instead"
        )
    stamp = moment.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    added = [("X-Amz-Date", stamp)]
    if keys.session_token:
        added.append(("X-Amz-Security-Token", keys.session_token))
    new_names = {name.lower() for name, _ in added} | {"authorization"}
    headers = [*(pair for pair in request.headers if pair[0].lower() not in new_names), *added]
    target = target or parse_target(request.url)
    values: dict[str, list[str]] = {"host": [target.origin.authority]}
    for name, value in headers:
        lowered = name.lower()
        if is_signed(lowered) and lowered != "host":
            values.setdefault(lowered, []).append(" ".join(value.split()))
    names = ";".join(sorted(values))
    path, _, query = target.path.partition("?")
    lines = [request.method, _encode_path(path, normalizes), _sort_query(query)]
    lines += [f"{name}:{','.join(values[name])}" for name in sorted(values)]
    lines += ["", names, hashlib.sha256(request.body).hexdigest()]
    signature, credential_scope = _sign("\n".join(lines), keys, scope, stamp)
    authorization = (
        f"{_ALGORITHM} Credential={keys.access_key_id}/{credential_scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return msgspec.structs.replace(
        request,
        headers=(*headers, ("Authorization", authorization)),
        secrets=request.secrets | _SECRETS,
    )


def _sign(canonical: str, keys: AwsSecret, scope: SigningScope, stamp: str) -> tuple[str, str]:
    """Return the signature of a canonical request, and the scope that it holds for."""
    day = stamp[:8]
    credential_scope = f"{day}/{scope.region}/{scope.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join((_ALGORITHM, stamp, credential_scope, digest))
    key = _derive_key(keys.secret_access_key, day, scope)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), credential_scope


def _encode_path(path: str, normalizes: bool) -> str:
    """Return the path as it is signed: encoded once more than it is sent."""
    if normalizes:
        ending = "/" if path.endswith(("/", "/.", "/..")) else ""
        path = f"/{normpath(path).strip('/')}".rstrip("/") + ending if path != "/" else path
    return quote(path, safe="/-_.~") or "/"


def _sort_query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    encoded = sorted((_encode_query(name), _encode_query(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encode_query(text: str) -> str:
    return quote(text, safe="-_.~%+")


@lru_cache(maxsize=16)
def _derive_key(secret_access_key: str, day: str, scope: SigningScope) -> bytes:
    """Return the key of one day: all requests of a day are signed by the same."""
    key = b"AWS4" + secret_access_key.encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
