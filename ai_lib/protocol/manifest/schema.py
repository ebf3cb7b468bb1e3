"""The shape of a manifest as its author wrote it, for every protocol version.

Sections and fields that are not named here are kept in `ProtocolManifest.raw` and have no effect.
"""

from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from ai_lib.types.json import JsonDict, JsonValue

_DEEPEST: Final = 100
_LARGEST: Final = 200_000

Words: TypeAlias = dict[str, str]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """The parent of every section: unknown fields are ignored."""


class RawHeader(Section, frozen=True, kw_only=True):
    name: str
    value: str


class RawAuth(Section, frozen=True, kw_only=True):
    type: Literal[
        "bearer", "api_key", "custom_header", "header", "query_param", "none",
        "aws_sigv4", "google_oauth", "entra",
    ] = "bearer"  # fmt: skip
    service: str | None = None
    region: str | None = None
    scope: str | None = None
    scopes: list[str] | None = None
    token_env: str | None = None
    key_env: str | None = None
    header: str | None = None
    header_name: str | None = None
    prefix: str | None = None
    param_name: str | None = None
    optional: bool = False
    payload_format: str | None = None
    extra_headers: list[RawHeader] | None = None


class RawAddressPart(Section, frozen=True, kw_only=True):
    env: list[str] | str | None = None
    pattern: str | None = None
    default: str | None = None
    found_by: str | None = None
    by: str | None = None
    values: Words | None = None


class RawParameter(Section, frozen=True, kw_only=True):
    alias: str | None = None
    place: str | None = None
    min: float | None = None
    max: float | None = None
    range: tuple[float | None, float | None] | None = None
    default: JsonValue = None


class RawRetry(Section, frozen=True, kw_only=True):
    strategy: Literal["none", "exponential_backoff", "linear_backoff", "fixed_delay"] = (
        "exponential_backoff"
    )
    max_retries: int | None = None
    min_delay_ms: int | None = None
    max_delay_ms: int | None = None
    jitter: Literal["none", "full", "equal"] = "full"
    retry_on_http_status: list[int] | None = None
    retry_on_error_status: list[str] | None = None
    retry_on_error_code: list[str] | None = None


Silence = Annotated[float, msgspec.Meta(gt=0)]


class RawPattern(Section, frozen=True, kw_only=True):
    pattern: str
    maps_to: str = "unknown"
    unit: Literal["seconds", "milliseconds"] = "seconds"


class RawErrors(Section, frozen=True, kw_only=True):
    by_error_code: Words | None = None
    by_error_status: Words | None = None
    by_message_contains: Words | None = None
    by_error_message: list[RawPattern] | None = None
    by_http_status: Words | None = None
    retry_after_extraction: RawPattern | None = None


class RawDecoder(Section, frozen=True, kw_only=True):
    format: str | None = None
    strategy: str | None = None
    done_signal: str | None = None


class RawRule(Section, frozen=True, kw_only=True):
    """One rule of an event map; v1 says `fields` where v2 says `extract`."""

    emit: str
    match: str | None = None
    fields: JsonDict | None = None
    extract: JsonDict | None = None


class RawCandidate(Section, frozen=True, kw_only=True):
    candidate_id_path: str | None = None
    fan_out: bool = False


class RawAccumulator(Section, frozen=True, kw_only=True):
    flush_on: str | None = None


class RawStreaming(Section, frozen=True, kw_only=True):
    decoder: RawDecoder | None = None
    frame_selector: str | None = None
    event_map: list[RawRule] | None = None
    candidate: RawCandidate | None = None
    accumulator: RawAccumulator | None = None
    stop_condition: str | None = None
    content_path: str | None = None
    tool_call_path: str | None = None
    usage_path: str | None = None
    content_silence_seconds: Silence | None = None


class RawCalls(Section, frozen=True, kw_only=True):
    """The path of the tool calls in a plain response, and of the fields in a call."""

    path: str
    filter: str | None = None
    fields: Words | None = None


class RawMapping(Section, frozen=True, kw_only=True):
    tool_calls: RawCalls | None = None
    error: dict[str, JsonValue] | None = None


class RawFeatures(Section, frozen=True, kw_only=True):
    response_mapping: RawMapping | None = None


class RawToolUse(Section, frozen=True, kw_only=True):
    id_path: str | None = None
    name_path: str | None = None
    input_path: str | None = None
    arguments_path: str | None = None
    index_path: str | None = None


class RawTooling(Section, frozen=True, kw_only=True):
    source_model: str | None = None
    tool_use: RawToolUse | None = None


class RawTermination(Section, frozen=True, kw_only=True):
    mapping: Words | None = None


class RawCheck(Section, frozen=True, kw_only=True):
    method: Literal["GET", "HEAD", "POST"] = "GET"
    path: str = "/"
    expected_status: list[int] | int | None = None
    timeout_ms: int = 3000


class RawSecondCheck(Section, frozen=True, kw_only=True):
    method: Literal["GET", "POST"] = "GET"
    path: str | None = None
    expected_status: list[int] | int | None = None


class RawAvailability(Section, frozen=True, kw_only=True):
    required: bool = False
    regions: list[str] | None = None
    check: RawCheck | None = None
    fallback: RawSecondCheck | None = None
    interval_ms: int | None = None


class RawNativeTools(Section, frozen=True, kw_only=True):
    supported: bool = True


class RawTag(Section, frozen=True, kw_only=True):
    tag: str
    map_to: str


class RawTextFallback(Section, frozen=True, kw_only=True):
    prompt_level: Literal["L1", "L2", "L3"] = "L2"
    known_dialects: list[RawTag] | None = None


class RawToolCalling(Section, frozen=True, kw_only=True):
    native: RawNativeTools | None = None
    text_fallback: RawTextFallback | None = None


class RawContract(Section, frozen=True, kw_only=True):
    api_style: str | None = None


class RawModel(Section, frozen=True, kw_only=True):
    model_id: JsonValue = None
    aliases: JsonValue = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    parameters: dict[str, str | None] | None = None
    model_capabilities: dict[str, bool | None] | None = None
    modalities: JsonValue = None
    pricing: JsonDict | None = None
    content_silence_seconds: Silence | None = None
    constraints: JsonDict | None = None


class RawMetadata(Section, frozen=True, kw_only=True):
    models: dict[str, RawModel | None] | None = None
    api_compatibility: JsonValue = None


class RawShape(Section, frozen=True, kw_only=True):
    """The sections that say how responses are read."""

    streaming: RawStreaming | None = None
    response_paths: dict[str, JsonValue] | None = None
    features: RawFeatures | None = None
    tooling: RawTooling | None = None
    termination: RawTermination | None = None


class RawManifest(RawShape, frozen=True, kw_only=True):
    """The whole document."""

    id: str
    protocol_version: str | float = "1.0"
    name: JsonValue = None
    aliases: list[str] | None = None
    base_url: str | None = None
    endpoint: JsonDict | None = None
    variables: dict[str, RawAddressPart] | None = None
    model_families: Words | None = None
    endpoints: JsonDict | None = None
    services: JsonDict | None = None
    auth: RawAuth | None = None
    payload_format: str | None = None
    response_format: JsonValue = None
    api_style: str | None = None
    api_families: list[str] | dict[str, JsonValue] | None = None
    default_api_family: str | None = None
    dialect: str | None = None
    wire: JsonDict | None = None
    parameters: dict[str, JsonValue] | None = None
    parameter_mappings: dict[str, str | None] | None = None
    error_classification: RawErrors | None = None
    retry_policy: RawRetry | None = None
    rate_limit_headers: dict[str, JsonValue] | None = None
    availability: RawAvailability | None = None
    capabilities: JsonValue = None
    multimodal: JsonValue = None
    tool_calling: RawToolCalling | None = None
    provider_contract: RawContract | None = None
    metadata: RawMetadata | None = None


def convert_yaml(document: object) -> JsonValue:
    """Return a YAML document as a JSON value: text keys, dates as text, no cycles.

    Raises ValueError for a document that is too deep or too large, or has text that UTF-8 can't
    encode.
    """
    return _YamlReader().value(document, 0)


class _YamlReader:
    def __init__(self) -> None:
        self.left = _LARGEST

    def value(self, node: object, depth: int) -> JsonValue:
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            raise ValueError(f"is deeper than {_DEEPEST} levels or larger than {_LARGEST} values")
        if isinstance(node, dict):
            return {_convert_key(key): self.value(item, depth + 1) for key, item in node.items()}
        if isinstance(node, list | tuple | set):
            return [self.value(item, depth + 1) for item in node]
        if isinstance(node, date):
            return node.isoformat()
        if isinstance(node, str):
            return _check_text(node)
        return node if node is None or isinstance(node, bool | int | float) else str(node)


def _convert_key(key: object) -> str:
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return _check_text(str(key))


def _check_text(text: str) -> str:
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(f"has half a character: {text[:40]!r}")
    return text


def describe_validation_error(error: msgspec.ValidationError, path: str = "$") -> str:
    """Return the message of a validation error with its path; `path` is that of the section."""
    problem, _, inner_path = str(error).partition(" - at `$")
    return f"{path}{inner_path.rstrip('`')} is wrong: {problem}"
