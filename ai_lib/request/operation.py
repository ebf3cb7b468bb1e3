"""Builds the wire request of an operation other than chat: a service or an endpoint."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec

from ai_lib.errors.exceptions import RequestError
from ai_lib.protocol.compiled import CompiledManifest
from ai_lib.protocol.manifest.capabilities import require_operation
from ai_lib.protocol.manifest.model import Endpoint
from ai_lib.request.chat import attach_credential, join_endpoint, quote_segment, resolve_base_url
from ai_lib.types.json import JsonObject, encode_json
from ai_lib.types.upload import FileLike, Multipart
from ai_lib.types.wire import HttpRequest

_PLACEHOLDER: Final = re.compile(r"(?<!\$)\{(\w+)\}")


class BuiltOperation(msgspec.Struct, frozen=True, kw_only=True):
    """A wire request, and the path of the result in its response."""

    wire: HttpRequest
    binding: str | None


def build_operation(
    name: str,
    compiled: CompiledManifest,
    *,
    body: JsonObject | None,
    values: Mapping[str, str],
    credential: str | None,
    base_url: str | None = None,
    files: Mapping[str, FileLike] | None = None,
) -> BuiltOperation:
    """Return the request of an operation; `values` fill the `{...}` of its path and its query.

    A parameter of the query without its value is left out.

    Raises:
        CapabilityError: the manifest does not declare the operation's capability.
        RequestError: the manifest has no such operation, a value is missing, or a file can't be
            sent.
    """
    require_operation(compiled.manifest, name)
    endpoint = _find_endpoint(name, compiled)
    base = resolve_base_url(compiled, base_url)
    url = join_endpoint(
        compiled, base, _fill_path(name, endpoint, values, compiled), _fill_query(endpoint, values)
    )
    encoded, content_type = _encode_body(name, endpoint, body, files)
    # What may fail comes before this line: no traceback shows these locals.
    headers, url, secrets = attach_credential(compiled, credential, url)
    wire = HttpRequest(
        method=endpoint.method,
        url=url,
        headers=(
            *content_type,
            ("Accept", "application/json"),
            *endpoint.headers.items(),
            *headers,
        ),
        body=encoded,
        secrets=secrets,
    )
    return BuiltOperation(wire=wire, binding=endpoint.response_binding)


def _encode_body(
    name: str,
    endpoint: Endpoint,
    body: JsonObject | None,
    files: Mapping[str, FileLike] | None,
) -> tuple[bytes | Multipart, tuple[tuple[str, str], ...]]:
    encoding = endpoint.request_encoding or ("multipart" if files else "json")
    if files and encoding != "multipart":
        raise RequestError(f"{name} takes no files: its manifest has it sent as {encoding}")
    if encoding in ("multipart", "form") and body:
        # A form would have NaN as text.
        encode_json([v for v in body.values() if isinstance(v, float | list | tuple)])
    if encoding == "multipart":
        form = Multipart(body or {}, files or {})
        return form, (("Content-Type", form.content_type),)
    if body is None:
        return b"", ()
    if encoding == "form":
        pairs = {key: value for key, value in body.items() if value is not None}
        form_type = "application/x-www-form-urlencoded"
        return urlencode(pairs, doseq=True).encode(), (("Content-Type", form_type),)
    return encode_json(body), (("Content-Type", "application/json"),)


def _find_endpoint(name: str, compiled: CompiledManifest) -> Endpoint:
    manifest = compiled.manifest
    endpoint = manifest.endpoints.get(name) or manifest.services.get(name)
    if endpoint is None:
        operations = ", ".join(sorted({*manifest.endpoints, *manifest.services})) or "none"
        raise RequestError(
            f"{compiled.id} has no operation {name!r}; its manifest has {operations}",
            provider=compiled.id,
        )
    return endpoint


def _fill_query(endpoint: Endpoint, values: Mapping[str, str]) -> dict[str, str]:
    query = {}
    for key, text in endpoint.query.items():
        hole = _PLACEHOLDER.fullmatch(text)
        if hole is None:
            query[key] = text
        elif hole[1] in values:
            query[key] = str(values[hole[1]])
    return query


def _fill_path(
    name: str, endpoint: Endpoint, values: Mapping[str, str], compiled: CompiledManifest
) -> str:
    variables = compiled.manifest.variables
    templates = " ".join((endpoint.path, *endpoint.query.values()))
    own_values = set(_PLACEHOLDER.findall(templates)) - variables.keys()
    unknown = set(values) - own_values - {"model"}
    if unknown:
        names = ", ".join(f"{value}=" for value in sorted(unknown))
        raise RequestError(f"{name} does not take {names} in its path {endpoint.path}")

    def fill_placeholder(hole: re.Match[str]) -> str:
        if hole[1] in variables:
            return hole[0]
        if hole[1] not in values:
            raise RequestError(f"{name} needs {hole[1]}= for its path {endpoint.path}")
        return quote_segment(str(values[hole[1]]), f"{hole[1]}=")

    return _PLACEHOLDER.sub(fill_placeholder, endpoint.path)
