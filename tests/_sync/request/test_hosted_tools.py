# Generated from tests/request/test_hosted_tools.py by codegen; do not edit.
"""Tools that providers run, asked for by what they do: what each provider is sent."""

import json
from typing import Any

import pytest

from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.protocol.compiled import compile_manifest
from ai_lib.protocol.manifest.api_family import select_api_family
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.request.chat import build_chat
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.tool import ToolDefinition
from ai_lib_sync.errors import CapabilityError, RequestError
from ai_lib_sync.testing import MockProvider, Reply
from tests.request.published import validator

FAMILIES = {"openai": "responses", "xai": "responses"}
MODELS = {
    "openai": "gpt-5.4",
    "anthropic": "claude-sonnet-5-5",
    "gemini": "gemini-3-pro-preview",
    "xai": "grok-4.5",
    "openrouter": "openai/gpt-5.4",
    "groq": "openai/gpt-oss-120b",
}
LOCATION = {"type": "approximate", "city": "Rome"}
MCP = {"label": "wiki", "url": "https://example.com/mcp", "auth": "token"}

# By hand, from the request types of the vendors' packages (openai 3.57, anthropic 2.14,
# google-genai 3.6): provider, tool, options, what is sent for it.
CELLS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("openai", "web_search", {}, {"type": "web_search"}),
    (
        "openai",
        "web_search",
        {"allowed_domains": ["a.org"], "location": LOCATION},
        {
            "type": "web_search",
            "filters": {"allowed_domains": ["a.org"]},
            "user_location": LOCATION,
        },
    ),
    (
        "openai",
        "file_search",
        {"stores": ["vs_1"], "max_results": 3},
        {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 3},
    ),
    (
        "openai",
        "code_execution",
        {},
        {"type": "code_interpreter", "container": {"type": "auto"}},
    ),
    (
        "openai",
        "image_generation",
        {"size": "1024x1024", "format": "png"},
        {"type": "image_generation", "size": "1024x1024", "output_format": "png"},
    ),
    (
        "openai",
        "mcp",
        {**MCP, "allowed_tools": ["read"], "approval": "never"},
        {
            "type": "mcp",
            "server_label": "wiki",
            "server_url": "https://example.com/mcp",
            "authorization": "token",
            "allowed_tools": ["read"],
            "require_approval": "never",
        },
    ),
    (
        "anthropic",
        "web_search",
        {"max_uses": 3, "blocked_domains": ["b.org"]},
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "max_uses": 3,
            "blocked_domains": ["b.org"],
        },
    ),
    (
        "anthropic",
        "web_fetch",
        {"max_content_tokens": 100},
        {"type": "web_fetch_20250910", "name": "web_fetch", "max_content_tokens": 100},
    ),
    (
        "anthropic",
        "code_execution",
        {},
        {"type": "code_execution_20250825", "name": "code_execution"},
    ),
    (
        "anthropic",
        "mcp",
        {**MCP, "approval": "never"},
        {"type": "mcp_toolset", "mcp_server_name": "wiki"},
    ),
    ("gemini", "web_search", {}, {"googleSearch": {}}),
    ("gemini", "web_fetch", {}, {"urlContext": {}}),
    ("gemini", "code_execution", {}, {"codeExecution": {}}),
    (
        "gemini",
        "file_search",
        {"stores": ["s"], "max_results": 2},
        {"fileSearch": {"fileSearchStoreNames": ["s"], "topK": 2}},
    ),
    ("gemini", "maps", {}, {"googleMaps": {}}),
    # https://docs.x.ai/developers/tools/web-search
    (
        "xai",
        "web_search",
        {"blocked_domains": ["b.org"]},
        {"type": "web_search", "excluded_domains": ["b.org"]},
    ),
    ("xai", "x_search", {}, {"type": "x_search"}),
    ("xai", "code_execution", {}, {"type": "code_interpreter"}),
    (
        "xai",
        "mcp",
        {**MCP, "approval": "never"},
        {
            "type": "mcp",
            "server_label": "wiki",
            "server_url": "https://example.com/mcp",
            "authorization": "token",
        },
    ),
    # https://openrouter.ai/docs/guides/features/server-tools/web-search
    (
        "openrouter",
        "web_search",
        {"allowed_domains": ["a.org"], "max_results": 3},
        {
            "type": "openrouter:web_search",
            "parameters": {"allowed_domains": ["a.org"], "max_results": 3},
        },
    ),
    # https://console.groq.com/docs/browser-search
    ("groq", "web_search", {}, {"type": "browser_search"}),
]


def build(provider: str, *tools: ToolDefinition, model: str = "") -> Any:
    """Build a request with tools for a provider."""
    name = provider.split(" ")[0]
    document = find_bundled_manifest(name)
    assert document is not None
    section = select_api_family(document, FAMILIES.get(provider), name)
    compiled = compile_manifest(read_manifest(section, name))
    request = ChatRequest(messages=[Message.user("?")], tools=tools)
    return build_chat(request, compiled, model=model or MODELS[name], credential="key")


@pytest.mark.parametrize(("provider", "name", "options", "sent"), CELLS)
def test_every_cell_is_in_the_providers_words(
    provider: str, name: str, options: dict[str, Any], sent: dict[str, Any]
) -> None:
    built = build(provider, ToolDefinition.hosted(name, **options))

    assert json.loads(built.wire.body)["tools"] == [sent]
    assert built.adaptations == ()


def test_servers_go_into_the_body_and_a_header() -> None:
    tools = [
        ToolDefinition.hosted("mcp", label=label, url=f"https://{label}.org", auth="t")
        for label in ("a", "b")
    ]
    built = build("anthropic", *tools)

    assert json.loads(built.wire.body)["mcp_servers"] == [
        {"type": "url", "name": "a", "url": "https://a.org", "authorization_token": "t"},
        {"type": "url", "name": "b", "url": "https://b.org", "authorization_token": "t"},
    ]
    assert dict(built.wire.headers)["anthropic-beta"] == "mcp-client-2025-11-20"


@pytest.mark.parametrize(
    ("provider", "model", "options", "members"),
    [
        (
            "groq",
            "groq/compound",
            {"allowed_domains": ["a.org"]},
            {
                "compound_custom": {"tools": {"enabled_tools": ["web_search"]}},
                "search_settings": {"include_domains": ["a.org"]},
            },
        ),
        (
            "perplexity",
            "sonar",
            {"allowed_domains": ["a.org"], "context_size": "low"},
            {
                "search_domain_filter": ["a.org"],
                "web_search_options": {"search_context_size": "low"},
            },
        ),
        ("perplexity", "sonar", {}, {}),
    ],
)
def test_some_are_asked_by_the_body_alone(
    provider: str, model: str, options: dict[str, Any], members: dict[str, Any]
) -> None:
    body = build(provider, ToolDefinition.hosted("web_search", **options), model=model).body
    assert "tools" not in body
    assert {
        name: value for name, value in body.items() if name not in ("model", "messages")
    } == members


def test_two_tools_of_a_body_are_joined() -> None:
    tools = [ToolDefinition.hosted(name) for name in ("web_search", "code_execution")]
    body = build("groq", *tools, model="groq/compound").body
    assert body["compound_custom"] == {
        "tools": {"enabled_tools": ["web_search", "code_interpreter"]}
    }


def test_a_model_that_lacks_a_tool_is_refused() -> None:
    with pytest.raises(CapabilityError) as caught:
        build("groq", ToolDefinition.hosted("web_search"), model="llama-3.3-70b-versatile")
    assert caught.value.capability == "hosted:web_search"


def test_functions_beside_own_tools_are_asked_for_or_refused() -> None:
    function = ToolDefinition.from_function(name="look", parameters={"type": "object"})
    search = ToolDefinition.hosted("web_search")

    body = build("gemini", search, function).body
    assert body["toolConfig"] == {"includeServerSideToolInvocations": True}
    assert "toolConfig" not in build("gemini", search).body
    with pytest.raises(CapabilityError):
        build("gemini", search, function, model="gemini-2.5-flash")


KINDS = {"openai": "responses", "anthropic": "messages", "gemini": "generate"}
# The servers are those of a beta, which the type of a plain request does not have.
BETAS = {("anthropic", "mcp")}


@pytest.mark.parametrize(
    ("provider", "name", "options"),
    [cell[:3] for cell in CELLS if cell[0] in KINDS and cell[:2] not in BETAS],
)
def test_every_cell_is_what_the_vendors_types_allow(
    provider: str, name: str, options: dict[str, Any]
) -> None:
    built = build(provider, ToolDefinition.hosted(name, **options))
    validator(KINDS[provider], stream=False)(built.wire.body)


def test_words_of_the_provider_are_added() -> None:
    built = build(
        "openai", ToolDefinition.hosted("web_search", extra={"external_web_access": False})
    )

    (tool,) = json.loads(built.wire.body)["tools"]
    assert tool == {"type": "web_search", "external_web_access": False}


def test_an_option_that_is_not_taken_is_left_out_and_said() -> None:
    built = build("openai", ToolDefinition.hosted("web_search", max_uses=3))

    assert json.loads(built.wire.body)["tools"] == [{"type": "web_search"}]
    assert built.adaptations == ("max_uses of web_search left out: openai does not take it",)


@pytest.mark.parametrize(
    ("provider", "name", "options", "capability"),
    [
        ("openai chat", "web_search", {}, "hosted:web_search"),
        ("anthropic", "maps", {}, "hosted:maps"),
        ("openai", "web_search", {"blocked_domains": ["b"]}, "hosted:web_search.blocked_domains"),
        ("gemini", "web_search", {"allowed_domains": ["a"]}, "hosted:web_search.allowed_domains"),
        ("anthropic", "mcp", {**MCP, "allowed_tools": ["x"]}, "hosted:mcp.allowed_tools"),
        ("anthropic", "mcp", {**MCP, "approval": "always"}, "hosted:mcp.approval"),
    ],
)
def test_what_a_target_lacks_is_refused(
    provider: str, name: str, options: dict[str, Any], capability: str
) -> None:
    with pytest.raises(CapabilityError) as caught:
        build(provider, ToolDefinition.hosted(name, **options))
    assert caught.value.capability == capability


def test_options_that_do_not_fit_together_or_are_missing_are_refused() -> None:
    both = {"allowed_domains": ["a"], "blocked_domains": ["b"]}
    with pytest.raises(RequestError, match="does not take allowed_domains and blocked_domains"):
        build("anthropic", ToolDefinition.hosted("web_search", **both))
    with pytest.raises(RequestError, match="'file_search' needs stores"):
        build("openai", ToolDefinition.hosted("file_search"))


def test_a_chat_offers_them_and_a_fallback_without_the_tool_is_refused() -> None:
    search = ToolDefinition.hosted("web_search", max_uses=2)
    with MockProvider([Reply(text="ok")]) as mock:
        with mock.client("anthropic/claude-sonnet-5-5") as client:
            client.chat().user("?").tools([search]).execute()
        with mock.client("openai/gpt-4o") as client:
            with pytest.raises(
                CapabilityError, match="openai has no hosted tool 'web_search' here"
            ):
                client.chat().user("?").tools([search]).execute()
        (request,) = mock.requests
    assert request.body["tools"] == [
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
    ]
