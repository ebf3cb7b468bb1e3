# Generated from ai_lib/transport/pool_client.py by codegen; do not edit.
"""Sends requests that no manifest describes to one base URL, over a pool's connections."""

from __future__ import annotations

from collections.abc import Mapping

from ai_lib.transport.pool_response import PoolResponse
from ai_lib.types.json import JsonObject, JsonValue, encode_json
from ai_lib.types.upload import FileLike, Multipart
from ai_lib.types.wire import HttpRequest, TimeoutOptions, join_url

from .response import HttpResponse
from .transport import HttpTransport

_SECRETS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"})


class PoolClient:
    """Requests to `base_url`, each with the same `headers`; a pool's `get_client` makes it.

    An error status is a response like any other. Nothing is retried.
    """

    def __init__(
        self, transport: HttpTransport, base_url: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._transport = transport
        self._headers = dict(headers or {})

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> PoolResponse:
        """Send a GET request. Raises as `request`."""
        return self.request("GET", path, params=params, headers=headers, timeout=timeout)

    def post(
        self,
        path: str,
        *,
        json: JsonValue = None,
        content: bytes | None = None,
        data: JsonObject | None = None,
        files: Mapping[str, FileLike] | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> PoolResponse:
        """Send a POST request with `json`, `content` as it is, or a form of `data` and `files`.

        Raises as `request`.
        """
        body, content_type = _encode_body(json, content, data, files)
        return self.request(
            "POST",
            path,
            body=body,
            params=params,
            headers={**({"Content-Type": content_type} if content_type else {}), **(headers or {})},
            timeout=timeout,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | Multipart = b"",
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> PoolResponse:
        """Send a request and return the whole response; `timeout` is seconds for all of it.

        Raises:
            RequestError: the request can't be sent as it is.
            TransportError: bytes could not be exchanged in time.
        """
        response = self.send(
            method, path, body=body, params=params, headers=headers, timeout=timeout
        )
        with response:
            return PoolResponse(
                status_code=response.status,
                headers=response.headers,
                content=response.read(),
                url=response.request.safe_url,
            )

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | Multipart = b"",
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> HttpResponse:
        """Send a request and return once the response begins; iterate over it, and close it.

        Raises as `request`.
        """
        fields = {name.lower(): (name, value) for name, value in self._headers.items()}
        fields.update({name.lower(): (name, value) for name, value in (headers or {}).items()})
        http_request = HttpRequest(
            method=method,
            url=join_url(self.base_url, f"/{path.lstrip('/')}", params),
            headers=tuple(fields.values()),
            body=body,
            secrets=_SECRETS,
        )
        return self._transport.send(http_request, TimeoutOptions(total=timeout))

    def __repr__(self) -> str:
        return f"PoolClient({self.base_url!r})"


def _encode_body(
    json: JsonValue,
    content: bytes | None,
    data: JsonObject | None,
    files: Mapping[str, FileLike] | None,
) -> tuple[bytes | Multipart, str]:
    if sum(body is not None for body in (json, content, data or files)) > 1:
        raise TypeError("give one of json, content, and data with files")
    if data is not None or files is not None:
        form = Multipart(data or {}, files or {})
        return form, form.content_type
    if json is not None:
        return encode_json(json), "application/json"
    return content or b"", ""
