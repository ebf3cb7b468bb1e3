"""Every version and shape of a manifest ends in one internal form, or in an error with a place."""

from typing import Any

import pytest

from ai_lib.errors.exceptions import (
    CapabilityError,
    ManifestSyntaxError,
    ProtocolError,
    UnsupportedVersion,
)
from ai_lib.protocol.compiled import compile_manifest
from ai_lib.protocol.manifest.capabilities import normalize_capability, require_capabilities
from ai_lib.protocol.manifest.model import Auth, HealthCheck, ProtocolManifest
from ai_lib.protocol.manifest.reader import read_manifest


def read(**sections: Any) -> ProtocolManifest:
    document = {"id": "some-one", "endpoint": {"base_url": "https://api.example.com/v1/"}}
    return read_manifest({**document, **sections}, "some-one.yaml")


def refused(**sections: Any) -> str:
    with pytest.raises(ProtocolError) as caught:
        read(**sections)
    assert str(caught.value).startswith("some-one.yaml: ")
    return str(caught.value)


# --- Versions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ("1.0", "1.0"),
        ("1.1", "1.1"),
        ("1.5", "1.5"),
        ("1.5.2", "1.5"),
        ("2.0", "2.0"),
        (1.5, "1.5"),
    ],
)
def test_supported_versions_load(written: object, version: str) -> None:
    assert read(protocol_version=written).protocol_version == version


@pytest.mark.parametrize("written", ["3.0", "1.7", "", "two", None])
def test_other_versions_are_refused_with_the_list(written: object) -> None:
    with pytest.raises(UnsupportedVersion, match=r"1\.0, 1\.1, 1\.5, 2\.0"):
        read(protocol_version=written)


def test_a_version_1_1_manifest_keeps_its_address_at_the_top() -> None:
    manifest = read_manifest(
        {
            "id": "old",
            "protocol_version": "1.1",
            "base_url": "https://old.example.com/v1",
            "auth": {"type": "bearer", "token_env": "OLD_KEY"},
            "api_families": ["chat_completions", "completions"],
            "default_api_family": "chat_completions",
            "endpoints": {
                "chat_completions_create": "/chat/completions",
                "completions_create": "/completions",
            },
            "capabilities": ["chat", "tools", "streaming"],
        },
        "old.yaml",
    )
    assert manifest.base_url == "https://old.example.com/v1"
    assert manifest.endpoints["chat"].path == "/chat/completions"
    assert manifest.capabilities == {"text", "tools", "streaming"}
    assert manifest.auth.env == ("OLD_KEY",)


def test_a_core_wrapper_is_taken_off() -> None:
    manifest = read_manifest(
        {
            "id": "wrapped",
            "protocol_version": "2.0",
            "core": {
                "endpoint": {
                    "base_url": "https://example.com",
                    "endpoints": {"video_get": {"path": "/custom/{id}", "method": "GET"}},
                }
            },
        },
        "wrapped.yaml",
    )
    assert manifest.base_url == "https://example.com"
    assert manifest.endpoints["video_get"].path == "/custom/{id}"
    assert manifest.endpoints["video_get"].method == "GET"


def test_unknown_fields_are_kept_and_change_nothing() -> None:
    manifest = read(future={"a": [1]}, capabilities=["chat"])
    assert manifest.raw["future"] == {"a": [1]}
    assert manifest.capabilities == {"text"}


# --- Endpoints ----------------------------------------------------------------------------------


@pytest.mark.parametrize("chat", ["/chat", {"path": "/chat"}, {"path": "chat"}])
def test_the_chat_path_is_text_or_an_object(chat: object) -> None:
    manifest = read(endpoint={"base_url": "https://example.com", "chat": chat})
    assert manifest.endpoints["chat"].path == "/chat"


def test_endpoints_come_before_the_short_form() -> None:
    manifest = read(
        endpoint={"base_url": "https://example.com", "chat": "/short"},
        endpoints={"chat": {"path": "/long", "method": "PUT", "adapter": "x"}, "socket": "wss://x"},
    )
    assert (manifest.endpoints["chat"].path, manifest.endpoints["chat"].method) == ("/long", "PUT")
    assert "socket" not in manifest.endpoints


def test_services_have_a_method_and_a_binding() -> None:
    manifest = read(services={"list_models": {"path": "/models", "response_binding": "data"}})
    service = manifest.services["list_models"]
    assert (service.method, service.path, service.response_binding) == ("GET", "/models", "data")


@pytest.mark.parametrize(
    ("families", "expected"),
    [(["a", "b"], ("a", "b")), ({"chat": {"request_format": "openai"}, "b": None}, ("chat", "b"))],
)
def test_api_families_are_a_list_or_a_mapping(families: object, expected: tuple[str, ...]) -> None:
    assert read(api_families=families).api_families == expected


# --- Authentication -----------------------------------------------------------------------------


def test_endpoint_auth_comes_before_auth_and_names_what_it_shadows() -> None:
    manifest = read(
        endpoint={
            "base_url": "https://example.com",
            "auth": {"type": "bearer", "token_env": "NEW_TOKEN"},
        },
        auth={"type": "api_key", "key_env": "OLD_KEY", "header": "X-Old"},
    )
    assert manifest.auth == Auth(
        kind="bearer",
        header="Authorization",
        prefix="Bearer",
        env=("NEW_TOKEN",),
        shadowed_env=("OLD_KEY",),
    )


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"type": "api_key", "header_name": "X-Key"}, ("header", "X-Key", "")),
        (
            {"type": "custom_header", "header": "X-Key", "prefix": "Token"},
            ("header", "X-Key", "Token"),
        ),
        ({"type": "bearer", "prefix": ""}, ("bearer", "Authorization", "")),
    ],
)
def test_a_key_is_attached_as_declared(block: dict[str, str], expected: tuple[str, ...]) -> None:
    auth = read(auth=block).auth
    assert (auth.kind, auth.header, auth.prefix) == expected


def test_an_unknown_way_to_authenticate_is_an_error() -> None:
    assert "$.auth.type" in refused(auth={"type": "oauth9"})


# --- Capabilities -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "declared"),
    [
        (["chat", "tool_call", "image"], {"text", "tools", "vision"}),
        ({"streaming": True, "tools": True, "vision": False}, {"text", "streaming", "tools"}),
        (
            {
                "required": ["text"],
                "optional": ["reranking", "mcp"],
                "feature_flags": {"extended_thinking": True, "structured_output": False},
            },
            {"text", "rerank", "mcp_client", "reasoning"},
        ),
    ],
)
def test_capabilities_have_one_name_in_every_version(block: object, declared: set[str]) -> None:
    assert read(capabilities=block).capabilities == declared


def test_capabilities_of_another_shape_are_an_error() -> None:
    assert "$.capabilities" in refused(capabilities="chat")


def test_names_are_normal_whatever_their_spelling() -> None:
    assert normalize_capability("Function-Calling") == "tools"
    assert normalize_capability("of_the_future") == "of_the_future"


def test_an_undeclared_capability_is_refused_before_sending() -> None:
    manifest = read(capabilities={"required": ["text"], "optional": []})
    require_capabilities(manifest, "chat", "text")
    with pytest.raises(CapabilityError, match=r"does not declare 'tools'.*declares text") as caught:
        require_capabilities(manifest, "tool_calls")
    assert caught.value.standard_code.code == "E1005"


def test_what_a_version_has_no_word_for_is_allowed() -> None:
    flags = read(capabilities={"streaming": True, "tools": False, "vision": False})
    require_capabilities(flags, "streaming", "structured_output", "audio")
    for refused_name in ("tools", "vision", "mcp_client", "computer_use"):
        with pytest.raises(CapabilityError):
            require_capabilities(flags, refused_name)


def test_without_capabilities_only_what_chats_need_is_allowed() -> None:
    manifest = read()
    assert manifest.capabilities is None
    require_capabilities(manifest, "text", "streaming", "tools", "vision")
    for refused_name in ("mcp_client", "computer_use", "reasoning", "video"):
        with pytest.raises(CapabilityError, match="declares nothing"):
            require_capabilities(manifest, refused_name)


def test_a_model_entry_comes_before_what_the_provider_declares() -> None:
    manifest = read(
        capabilities={"required": ["text", "tools"]},
        metadata={
            "models": {
                "small": {"model_capabilities": {"tool_call": False}},
                "large": {"model_capabilities": {"reasoning": True}},
            }
        },
    )
    require_capabilities(manifest, "tools", model="large", entry=manifest.models["large"])
    require_capabilities(manifest, "reasoning", model="large", entry=manifest.models["large"])
    with pytest.raises(CapabilityError, match="some-one/small"):
        require_capabilities(manifest, "tools", model="small", entry=manifest.models["small"])


# --- The other sections -------------------------------------------------------------------------


def test_parameters_have_places_ranges_and_defaults() -> None:
    manifest = read(
        parameter_mappings={"top_p": "config.topP", "top_k": None},
        parameters={
            "temperature": {"type": "float", "range": [0.0, 2.0], "default": 1.0},
            "maxOutputTokens": {"type": "integer", "min": 1, "max": 100, "alias": "max_tokens"},
            "stream": {"type": "boolean"},
        },
    )
    temperature, tokens = manifest.parameters["temperature"], manifest.parameters["max_tokens"]
    assert (temperature.minimum, temperature.maximum, temperature.default) == (0.0, 2.0, 1.0)
    assert (tokens.path, tokens.minimum, tokens.maximum) == ("maxOutputTokens", 1, 100)
    assert manifest.parameters["top_p"].path == "config.topP"
    assert manifest.parameters["top_k"].path is None


def test_a_flat_parameter_is_put_where_the_dialect_nests_it() -> None:
    manifest = read(
        dialect="gemini_generate",
        parameters={"maxOutputTokens": {"alias": "max_tokens"}, "temperature": {"min": 0}},
        parameter_mappings={"top_p": "elsewhere.topP"},
    )
    paths = {
        name: parameter.path for name, parameter in compile_manifest(manifest).parameters.items()
    }
    assert paths == {
        "max_tokens": "generationConfig.maxOutputTokens",
        "temperature": "generationConfig.temperature",
        "top_p": "elsewhere.topP",
    }


def test_the_retry_policy_is_kept() -> None:
    retry = read(
        retry_policy={
            "strategy": "linear_backoff",
            "max_retries": 2,
            "min_delay_ms": 10,
            "jitter": "none",
            "retry_on_http_status": [429, 503],
            "retry_on_error_status": ["UNAVAILABLE"],
            "retry_on_error_code": ["overloaded"],
            "notes": ["anything"],
        }
    ).retry
    assert retry is not None
    assert (retry.strategy, retry.max_retries, retry.min_delay_ms) == ("linear_backoff", 2, 10)
    assert (retry.max_delay_ms, retry.jitter) == (None, "none")
    assert retry.http_status == {429, 503}
    assert (retry.error_status, retry.error_code) == ({"UNAVAILABLE"}, {"overloaded"})
    assert read().retry is None


def test_rate_limit_headers_are_kept_in_lower_case() -> None:
    limits = read(rate_limit_headers={"requests_limit": "X-Limit", "retry_after": None}).rate_limits
    assert (limits.requests_limit, limits.retry_after) == ("x-limit", None)


def test_availability_says_where_and_how_to_check() -> None:
    availability = read(
        availability={
            "required": True,
            "regions": ["cn", "global"],
            "check": {"method": "HEAD", "path": "/up", "expected_status": 204},
        }
    ).availability
    assert availability is not None
    assert (availability.required, availability.regions) == (True, ("cn", "global"))
    assert availability.check == HealthCheck(
        method="HEAD", path="/up", expected_status=frozenset({204})
    )


def test_keys_that_yaml_reads_as_numbers_are_text() -> None:
    rules = read(error_classification={"by_http_status": {429: "rate_limited"}}).errors
    assert rules.by_http_status == {"429": "rate_limited"}


@pytest.mark.parametrize(
    ("sections", "place"),
    [
        ({"endpoint": {"base_url": "ftp://x"}}, "$.endpoint.base_url"),
        ({"endpoint": None}, "$.endpoint.base_url"),
        ({"id": "Not An Id"}, "$.id"),
        ({"id": 7}, "$.id"),
        ({"retry_policy": {"max_retries": "many"}}, "$.retry_policy.max_retries"),
        ({"retry_policy": {"max_retries": -1}}, "$.retry_policy"),
        ({"streaming": []}, "$.streaming"),
        ({"streaming": {"event_map": [{"match": "$.a"}]}}, "$.streaming.event_map[0]"),
        ({"parameters": {"temperature": {"range": [0, "hot"]}}}, "$.parameters.temperature.range"),
        ({"endpoint": {"base_url": "https://x.y", "auth": {"type": 3}}}, "$.endpoint.auth.type"),
        ({"availability": {"check": {"method": "BREW"}}}, "$.availability.check.method"),
        ({"metadata": {"models": {"m": {"context_window": "big"}}}}, "$.metadata.models"),
    ],
)
def test_a_wrong_field_is_named(sections: dict[str, Any], place: str) -> None:
    assert place in refused(**sections)


def test_a_document_that_holds_itself_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert "100 levels" in refused(notes=loop)


@pytest.mark.parametrize("notes", [{"a": "\ud800"}, {"\udfff": 1}])
def test_text_that_is_no_unicode_is_refused(notes: object) -> None:
    assert "half a character" in refused(notes=notes)


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(a+)+b", "repeats a group"),
        ("(", "no regular expression"),
        (r"(a)\1", "back reference"),
        (".*a.*b.*c.*d", "open repeats"),
        ("a" * 201, "longer than"),
    ],
)
def test_patterns_that_might_never_end_are_refused(pattern: str, problem: str) -> None:
    message = refused(
        error_classification={"by_error_message": [{"pattern": pattern, "maps_to": "other"}]}
    )
    assert "$.error_classification.by_error_message" in message
    assert problem in message


@pytest.mark.parametrize(
    ("streaming", "problem"),
    [
        ({"frame_selector": "exists($.a"}, "at character"),
        ({"stop_condition": "$.a ="}, "at character"),
        ({"event_map": [{"match": "$.a &&", "emit": "StreamEnd"}]}, "at character"),
        (
            {"event_map": [{"emit": "PartialContentDelta", "fields": {"content": "$.a["}}]},
            "at character",
        ),
        ({"event_map": [{"emit": "Surprise"}]}, "'Surprise'"),
        ({"decoder": {"format": "morse"}}, "'morse'"),
    ],
)
def test_a_mistake_in_a_rule_is_found_when_the_manifest_is_loaded(
    streaming: dict[str, Any], problem: str
) -> None:
    manifest = read(dialect="openai_chat", streaming=streaming)
    with pytest.raises(ProtocolError, match=r"some-one\.yaml: ") as caught:
        compile_manifest(manifest)
    assert problem in str(caught.value)
    assert isinstance(caught.value, ManifestSyntaxError) == (problem == "at character")


def test_availability_has_a_second_check_and_an_interval() -> None:
    block = {
        "required": True,
        "regions": ["eu"],
        "check": {"method": "HEAD", "path": "/up", "expected_status": [204], "timeout_ms": 500},
        "fallback": {"method": "POST", "path": "/other"},
        "interval_ms": 5000,
    }
    availability = read(availability=block).availability
    assert availability is not None
    assert (availability.required, availability.regions, availability.interval_ms) == (
        True,
        ("eu",),
        5000,
    )
    assert availability.fallback is not None
    assert (availability.fallback.method, availability.fallback.path) == ("POST", "/other")
    # What it does not say is as in the first check.
    assert availability.fallback.expected_status == frozenset({204})
    assert availability.fallback.timeout_ms == 500


def test_an_interval_of_another_type_is_refused_with_its_place() -> None:
    block = {"required": False, "interval_ms": "often"}
    assert "interval_ms" in refused(availability=block)
