"""One provider, described: the internal form every manifest version ends in."""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from ai_lib.protocol.manifest.media import Multimodal
from ai_lib.types.json import JsonObject


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """How a key is attached: as `bearer`, in a `header`, or as a `query` parameter.

    `env` names the environment variables that may hold it, in order. Where it is `optional`, a
    call without a key is sent without one. `shadowed_env` names the variables of a second block
    that does not count, because `endpoint.auth` comes before `auth`.
    """

    kind: Literal["bearer", "header", "query", "none"] = "bearer"
    header: str = "Authorization"
    prefix: str = ""
    param: str = "key"
    env: tuple[str, ...] = ()
    optional: bool = False
    extra_headers: tuple[tuple[str, str], ...] = ()
    shadowed_env: tuple[str, ...] = ()


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One address of a provider, relative to its base URL.

    `{model}` stands for the model; `query` is part of the address of every call.
    `response_binding` is where the answer of a service keeps what was asked for; `headers` are
    sent beside the usual ones. `request_encoding` is how a body is written, JSON unless it says
    otherwise (AI-Protocol, generative endpoint entry).
    """

    path: str
    method: str = "POST"
    adapter: str | None = None
    query: Mapping[str, str] = {}
    response_binding: str | None = None
    headers: Mapping[str, str] = {}
    request_encoding: Literal["json", "multipart", "form"] | None = None


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter the provider takes: its dotted place in the body and what it allows.

    Without a `place` the provider does not take it; `default` is sent when the caller says
    nothing.
    """

    place: str | None
    minimum: float | None = None
    maximum: float | None = None
    default: object = None


class ErrorRules(msgspec.Struct, frozen=True, kw_only=True):
    """Which standard class an error is, by code, canonical status, message and HTTP status.

    `by_message` has substrings, `by_pattern` regular expressions, both without regard to case.
    `retry_after` finds in the message how long to wait, in units of `retry_after_unit` seconds.
    """

    by_code: Mapping[str, str] = {}
    by_status: Mapping[str, str] = {}
    by_message: Mapping[str, str] = {}
    by_pattern: tuple[tuple[re.Pattern[str], str], ...] = ()
    by_http_status: Mapping[str, str] = {}
    retry_after: re.Pattern[str] | None = None
    retry_after_unit: float = 1.0


class RetryRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the manifest's `retry_policy` says; None is left to the caller's policy.

    `max_retries` does not count the first attempt; delays are milliseconds. `http_status`,
    `error_status` (canonical words such as UNAVAILABLE) and `error_code` (standard class names)
    say what is retried beside the classes that are retryable anyway.
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
    """The names of the response headers that tell the limits; None where there is none.

    A window is the span its limit is for: seconds, a span such as `1d`, or the name of the header
    that tells the seconds. `reset_format` says what a plain number in a reset header means, each
    measure's own `reset_unit` comes before it.
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
    """How to see whether a provider is there: it connects and answers with an expected status."""

    method: Literal["GET", "HEAD", "POST"] = "GET"
    path: str = "/"
    expected_status: frozenset[int] = frozenset({200, 401})
    timeout_ms: int = 3000


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """Where the provider is deployed (`cn`, `global`, `us`, `eu`) and how to check on it.

    `required` says that nothing works without it: a client sees to it at the start. `fallback` is
    the check to make when `check` fails; `interval_ms` is how long a result is good for, None when
    the manifest does not say.
    """

    required: bool = False
    regions: tuple[str, ...] = ()
    check: HealthCheck | None = None
    fallback: HealthCheck | None = None
    interval_ms: int | None = None


class TextTools(msgspec.Struct, frozen=True, kw_only=True):
    """Tool calls written into the text, for models without calls of their own.

    `instead` says that the model has no native calls, so that tools are described in the prompt;
    otherwise the text is only read when no native call came. `dialects` maps tags that models
    make up to the tool that is meant.
    """

    instead: bool = False
    prompt_level: Literal["L1", "L2", "L3"] = "L2"
    dialects: Mapping[str, str] = {}


class ModelEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What a manifest says of one model: sizes in tokens, capabilities, parameter overrides.

    `capabilities` has what is known, true or false; it comes before what the provider declares.
    """

    context_window: int | None = None
    max_output_tokens: int | None = None
    parameters: Mapping[str, str | None] = {}
    capabilities: Mapping[str, bool] = {}
    pricing: JsonObject = {}


# bundled: ships with the library. given: named by the caller or the environment. found: in a folder
# nearby that nobody named. remote: fetched from an address.
Origin = Literal["bundled", "given", "found", "remote"]


class ProtocolManifest(msgspec.Struct, frozen=True, kw_only=True):
    """A provider as its manifest describes it, whatever the protocol version it was written for.

    `raw` is the document as read, unknown fields included; `source` says where it came from.
    `capabilities` is None when the manifest does not say; `unspoken` are those that its version
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
    services: Mapping[str, Endpoint] = {}
    api_families: tuple[str, ...] = ()
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
    unspoken: frozenset[str] = frozenset()
    models: Mapping[str, ModelEntry] = {}

    @property
    def retry_after_header(self) -> str | None:
        """The header that says how long to wait after an error, where the manifest names one."""
        return self.rate_limits.retry_after


def is_required(manifest: ProtocolManifest) -> bool:
    """Whether its provider must be there when a client starts, and there is a way to see it."""
    availability = manifest.availability
    return availability is not None and availability.required and availability.check is not None
