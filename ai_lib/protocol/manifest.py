"""One provider, described: the internal form every manifest version ends in."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from ai_lib.types.json import JsonObject


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """How a key is attached: as `bearer`, in a `header`, or as a `query` parameter.

    `env` names the environment variables that may hold it, in order. Where it is `optional`, a
    call without a key is sent without one.
    """

    kind: Literal["bearer", "header", "query", "none"] = "bearer"
    header: str = "Authorization"
    prefix: str = ""
    param: str = "key"
    env: tuple[str, ...] = ()
    optional: bool = False
    extra_headers: tuple[tuple[str, str], ...] = ()


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One address of a provider, relative to its base URL. `{model}` stands for the model.

    `query` is part of the address of every call.
    """

    path: str
    method: str = "POST"
    adapter: str | None = None
    query: Mapping[str, str] = {}


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter the provider takes: its dotted place in the body and what it allows."""

    place: str
    minimum: float | None = None
    maximum: float | None = None


class ErrorRules(msgspec.Struct, frozen=True, kw_only=True):
    """Which standard class an error is, by code, canonical status, message and HTTP status."""

    by_code: Mapping[str, str] = {}
    by_status: Mapping[str, str] = {}
    by_message: Mapping[str, str] = {}
    by_http_status: Mapping[str, str] = {}


class ModelEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What a manifest says of one model: sizes, prices per million tokens, parameter overrides."""

    context_window: int | None = None
    max_output_tokens: int | None = None
    parameters: Mapping[str, str | None] = {}


# bundled: ships with the library. given: named by the caller or the environment. found: in a folder
# nearby that nobody named. remote: fetched from an address.
Origin = Literal["bundled", "given", "found", "remote"]


class ProtocolManifest(msgspec.Struct, frozen=True, kw_only=True):
    """A provider as its manifest describes it, whatever the protocol version it was written for.

    `raw` is the document as read, unknown fields included; `source` says where it came from.
    `capabilities` is None when the manifest does not say.
    """

    id: str
    protocol_version: str
    base_url: str
    source: str
    raw: JsonObject
    origin: Origin = "given"
    name: str = ""
    aliases: tuple[str, ...] = ()
    timeout_ms: int | None = None
    auth: Auth = Auth()
    endpoints: Mapping[str, Endpoint] = {}
    dialect: str | None = None
    wire: JsonObject = {}
    hints: Mapping[str, tuple[str, ...]] = {}
    parameters: Mapping[str, Parameter] = {}
    termination: Mapping[str, str] = {}
    errors: ErrorRules = ErrorRules()
    retry_after_header: str | None = None
    capabilities: frozenset[str] | None = None
    models: Mapping[str, ModelEntry] = {}
