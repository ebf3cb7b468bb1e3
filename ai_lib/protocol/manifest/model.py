"""The internal form of a manifest, which describes one provider in any protocol version."""

import re
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from ai_lib.protocol.manifest.media import Multimodal
from ai_lib.types.json import JsonObject


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """How a key is attached: as `bearer`, in a `header`, or as a `query` parameter.

    Other kinds are issued: a token of a cloud, or access keys that sign each request; `settings`
    say for what.

    `env` names the environment variables that may hold the key, in order. With `optional`, a call
    may be sent without a key. `shadowed_env` names the variables of an `auth` block that does not
    count because `endpoint.auth` comes before it.
    """

    kind: Literal["bearer", "header", "query", "none", "aws_sigv4", "google_oauth", "entra"] = (
        "bearer"
    )
    header: str = "Authorization"
    prefix: str = ""
    param: str = "key"
    env: tuple[str, ...] = ()
    optional: bool = False
    extra_headers: tuple[tuple[str, str], ...] = ()
    shadowed_env: tuple[str, ...] = ()
    settings: Mapping[str, str] = {}


class AddressPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a provider's addresses that the caller or the environment knows.

    It stands there as `{name}`. Its value is the caller's, else that of the first variable of the
    environment in `env`, else what the source `found_by` knows, else `default`. It must match
    `pattern` as a whole, since it may choose the host that gets the key. With `by`, the value
    follows from that of another variable: the first pattern (`*`, `?`) in `values` that it matches.
    """

    env: tuple[str, ...] = ()
    pattern: re.Pattern[str]
    default: str | None = None
    found_by: str | None = None
    by: str | None = None
    values: Mapping[str, str] = {}


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint of a provider, with its path relative to the base URL, or an address of its own.

    `{model}` stands for the model; `query` and `headers` are added to every request.
    `response_binding` is the path of a service's result in the response. `request_encoding` is how
    a body is written, JSON when it is None (AI-Protocol, generative endpoint entry).
    """

    path: str
    method: str = "POST"
    adapter: str | None = None
    query: Mapping[str, str] = {}
    response_binding: str | None = None
    headers: Mapping[str, str] = {}
    request_encoding: Literal["json", "multipart", "form"] | None = None


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a provider: its dotted path in the body and its bounds.

    The provider does not take a parameter without a `path`. `default` is sent when the caller does
    not set the parameter.
    """

    path: str | None
    minimum: float | None = None
    maximum: float | None = None
    default: object = None


class ErrorRules(msgspec.Struct, frozen=True, kw_only=True):
    """The standard class of an error by its code, canonical status, message and HTTP status.

    `by_message` has substrings, `by_pattern` regular expressions, both ignoring case.
    `retry_after` finds the time to wait in the message, in units of `retry_after_unit` seconds.
    """

    by_code: Mapping[str, str] = {}
    by_status: Mapping[str, str] = {}
    by_message: Mapping[str, str] = {}
    by_pattern: tuple[tuple[re.Pattern[str], str], ...] = ()
    by_http_status: Mapping[str, str] = {}
    retry_after: re.Pattern[str] | None = None
    retry_after_unit: float = 1.0


class RetryRules(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest's `retry_policy`; the caller's policy decides where a field is None.

    `max_retries` does not count the first attempt; delays are milliseconds. Errors with one of
    `http_status`, `error_status` (canonical words such as UNAVAILABLE) or `error_code` (standard
    class names) are retried beside those that are retryable anyway.
    """

    strategy: Literal["none", "exponential_backoff", "linear_backoff", "fixed_delay"] = (
        "exponential_backoff"
    )
    max_retries: int | None = None
    min_delay_ms: int | None = None
    max_delay_ms: int | None = None
    jitter: Literal["none", "full", "equal"] = "full"
    http_status: frozenset[int] = frozenset()
    error_status: frozenset[str] = frozenset()
    error_code: frozenset[str] = frozenset()


ResetFormat = Literal[
    "auto", "seconds", "milliseconds", "epoch", "duration", "rfc3339", "unix", "unix_milliseconds"
]


class RateLimitHeaders(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the response headers that hold rate limits; None where there is none.

    A window is the period of its limit: seconds, a period such as `1d`, or the name of a header
    that holds seconds. `reset_format` says what a plain number in a reset header means; the
    `reset_unit` of requests or tokens comes before it.
    """

    requests_limit: str | None = None
    requests_remaining: str | None = None
    requests_reset: str | None = None
    requests_reset_unit: ResetFormat | None = None
    requests_window: float | str | None = None
    tokens_limit: str | None = None
    tokens_remaining: str | None = None
    tokens_reset: str | None = None
    tokens_reset_unit: ResetFormat | None = None
    tokens_window: float | str | None = None
    reset_format: ResetFormat = "auto"
    retry_after: str | None = None


class HealthCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The request that checks whether a provider is available, and the statuses it expects."""

    method: Literal["GET", "HEAD", "POST"] = "GET"
    path: str = "/"
    expected_status: frozenset[int] = frozenset({200, 401})
    timeout_ms: int = 3000


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """Where the provider is deployed (`cn`, `global`, `us`, `eu`) and how to check it.

    With `required`, a client checks the provider when it starts. `fallback` is the check to make
    when `check` fails. A result is valid for `interval_ms`, None when the manifest does not say.
    """

    required: bool = False
    regions: tuple[str, ...] = ()
    check: HealthCheck | None = None
    fallback: HealthCheck | None = None
    interval_ms: int | None = None


class TextTools(msgspec.Struct, frozen=True, kw_only=True):
    """Tool calls written into the text, for models without native tool calls.

    With `replaces_native`, the model has no native calls, so that tools are described in the
    prompt; otherwise the text is read only when no native call came. `dialects` maps tags that
    models invent to the tool that they mean. `offered` has the schemas of the arguments of a
    request's tools by the tools' names; the manifest has none.
    """

    replaces_native: bool = False
    prompt_level: Literal["L1", "L2", "L3"] = "L2"
    dialects: Mapping[str, str] = {}
    offered: Mapping[str, JsonObject] | None = None


class ModelEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest's entry of one model: sizes in tokens, capabilities, parameter overrides.

    `names` are its names beside the one it is listed by.
    `capabilities` has those that are known, true or false; they come before the provider's.
    `content_silence` is for how many seconds its streams may send keep-alives only.
    """

    names: tuple[str, ...] = ()
    context_window: int | None = None
    max_output_tokens: int | None = None
    parameters: Mapping[str, str | None] = {}
    capabilities: Mapping[str, bool] = {}
    pricing: JsonObject = {}
    content_silence: float | None = None
    constraints: JsonObject = {}


# bundled: ships with the library. given: named by the caller or the environment. updated: put in
# force by `ai-lib update`. found: in a nearby folder that was not named. remote: fetched from an
# address.
Origin = Literal["bundled", "given", "updated", "found", "remote"]
TRUSTED_ORIGINS: Final = ("bundled", "given", "updated")


class ProtocolManifest(msgspec.Struct, frozen=True, kw_only=True):
    """A provider as its manifest describes it, in any protocol version.

    `raw` is the document as read, with unknown fields; `source` is its file or address.
    `capabilities` is None when the manifest has none; its version has no words for the
    `undeclarable` ones. `content_silence` is for how many seconds a stream may send keep-alives
    only, where a model does not say. `chosen_family` is the API family that was asked for by name.
    The caller allowed its endpoints `allowed_hosts`.

    `base_url_env` names the variables of the environment that may replace the base URL;
    `base_path` is the path that follows it, as far as it does not end in that. `variables` are the
    parts to be filled in addresses, `variable_values` their values, when they are known.
    `other_auths` are further ways to attach a credential: the first counts for which one is found.
    `model_families` has the API family of the models that match a pattern.
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
    content_silence: float | None = None
    auth: Auth = Auth()
    other_auths: tuple[Auth, ...] = ()
    endpoints: Mapping[str, Endpoint] = {}
    services: Mapping[str, Endpoint] = {}
    api_families: tuple[str, ...] = ()
    chosen_family: str | None = None
    dialect: str | None = None
    wire: JsonObject = {}
    hints: Mapping[str, tuple[str, ...]] = {}
    parameters: Mapping[str, Parameter] = {}
    termination: Mapping[str, str] = {}
    errors: ErrorRules = ErrorRules()
    retry: RetryRules | None = None
    rate_limits: RateLimitHeaders = RateLimitHeaders()
    availability: Availability | None = None
    text_tools: TextTools | None = None
    multimodal: Multimodal = Multimodal()
    capabilities: frozenset[str] | None = None
    undeclarable: frozenset[str] = frozenset()
    models: Mapping[str, ModelEntry] = {}
    allowed_hosts: frozenset[str] = frozenset()
    base_url_env: tuple[str, ...] = ()
    base_path: str = ""
    variables: Mapping[str, AddressPart] = {}
    variable_values: Mapping[str, str] = {}
    model_families: Mapping[str, str] = {}

    @property
    def retry_after_header(self) -> str | None:
        """The header with the time to wait after an error, or None."""
        return self.rate_limits.retry_after


def is_required(manifest: ProtocolManifest) -> bool:
    """Whether a client has to check the provider when it starts, and can."""
    availability = manifest.availability
    return availability is not None and availability.required and availability.check is not None
