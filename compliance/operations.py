"""Cases about operations beside chat, capabilities and what failures allow."""

from typing import Any

from ai_lib.errors.exceptions import AiLibError, CapabilityError
from ai_lib.protocol.manifest.capabilities import (
    find_operation_capability,
    normalize_capability,
    require_capabilities,
)
from ai_lib.types.tool import ToolDefinition
from compliance.chats import CHAT_RESPONSE
from compliance.checks import Mismatch, check, check_contains, get_value
from compliance.manifests import load_case_manifest, load_document, open_client
from compliance.runtime_client import Runtime
from compliance.server import Provider, build_response
from compliance.suite import Case, Json

# The suite names methods as other runtimes do.
_METHODS = {
    "MCPListTools": "mcp_list_tools",
    "ComputerUse": "computer_use",
    "Reason": "reasoning",
    "VideoGenerate": "video_generate",
}
_STATUSES = {"E1001": 400, "E1005": 413, "E2001": 429, "E3002": 503}


def run_capability_guard(case: Case, runtime: Runtime) -> None:
    """What the manifest does not declare is refused, and nothing is sent."""
    manifest = load_document(case.input["manifest"])
    with (
        Provider(build_response({})) as server,
        open_client(manifest, runtime, server.url) as client,
    ):
        try:
            client.invoke(_METHODS[case.input["method"]], {})
        except CapabilityError as error:
            check("error_code", error.standard_code.code, case.expected["error_code"])
            check("requests sent", len(server.requests), 0)
            return
    raise Mismatch("nothing was refused")


def run_advanced_endpoint_mapping(case: Case, runtime: Runtime) -> None:
    """An operation is sent to the endpoint that its manifest names."""
    operation = case.input["operation"]
    manifest = _add_capability(load_document(case.input["manifest"]), operation)
    with (
        Provider(build_response({"ok": True})) as server,
        open_client(manifest, runtime, server.url) as client,
    ):
        endpoint = client.describe(lambda client: client.manifest.endpoints[operation])
        values = {"id": "id-1"} if "{id}" in endpoint.path else {}
        client.invoke(operation, {}, **values)
        (request,) = server.requests
    check("path", endpoint.path, case.expected["path"])
    check("path sent", request.path, case.expected["path"].replace("{id}", "id-1"))
    check("method sent", request.method, case.expected["method"])


def run_provider_mock_behavior(case: Case, runtime: Runtime) -> None:
    """An operation's body reaches the provider, and the response reaches the caller."""
    operation = case.input["operation"]
    manifest = _add_capability(
        {
            "id": "advanced",
            "protocol_version": "2.0",
            "endpoint": {"base_url": "https://example.com", operation: f"/{operation}"},
        },
        operation,
    )
    with Provider(build_response(case.input["response_body"])) as server:
        with open_client(manifest, runtime, server.url) as client:
            response = client.invoke(operation, case.input["request_body"])
        for path, value in case.expected["request_assert"].items():
            check(f"request {path}", get_value(server.body, path), value)
    for path, value in case.expected["response_assert"].items():
        check(f"response {path}", get_value(response, path), value)


def run_fallback_decision(case: Case, runtime: Runtime) -> None:
    """An error says whether the request may go to another target."""
    operation, code = case.input["operation"], case.input["error_code"]
    manifest = _add_capability(
        {
            "id": "advanced",
            "protocol_version": "2.0",
            "endpoint": {"base_url": "https://example.com", operation: f"/{operation}"},
        },
        operation,
    )
    server_response = build_response({"error": {"message": "no"}}, _STATUSES[code])
    with Provider(server_response) as server, open_client(manifest, runtime, server.url) as client:
        try:
            client.invoke(operation, {})
        except AiLibError as error:
            check("error_code", error.standard_code.code, code)
            check("should_fallback", error.fallbackable, case.expected["should_fallback"])
            return
    raise Mismatch("no error was raised")


def _add_capability(manifest: Json, operation: str) -> Json:
    needed = find_operation_capability(operation)
    return {**manifest, "capabilities": {"required": ["text"], "optional": [needed]}}


def run_capability_check(case: Case, runtime: Runtime) -> None:
    """A manifest's capabilities are known by their normal names, and needed ones are checked."""
    with open_client(load_case_manifest(case), runtime) as client:
        manifest = client.describe(lambda client: client.manifest)
    present = case.expected.get("capabilities_present") or {}
    names = [*present.get("required", ()), *present.get("optional_contains", ())]
    for name in (*case.input.get("capabilities", ()), *names):
        if normalize_capability(name) not in (manifest.capabilities or ()):
            raise Mismatch(f"{name!r} is not among {sorted(manifest.capabilities or ())}")
    needed = case.input.get("required_capability")
    if needed is not None:
        require_capabilities(manifest, needed)
        check("capability_declared", True, case.expected["capability_declared"])
        _check_bridge(case, runtime)


def _check_bridge(case: Case, runtime: Runtime) -> None:
    """Tools of an MCP server are offered to the model like any others: that is the bridge."""
    check("mcp_integration_method", case.expected["mcp_integration_method"], "tool_bridge")
    tool = ToolDefinition(name="mcp__search", parameters={"type": "object", "properties": {}})

    def ask(chat: Any) -> Any:
        return chat.user("Search").tools([tool])

    with Provider(build_response(CHAT_RESPONSE)) as server:
        with open_client(load_case_manifest(case), runtime, server.url) as client:
            client.execute(ask)
        sent = server.body["tools"]
    check_contains("tools", sent, [{"type": "function", "function": {"name": "mcp__search"}}])
