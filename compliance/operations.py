"""Cases about operations beside chat, capabilities and what failures allow."""

from typing import Any

from ai_lib.errors.exceptions import AiLibError, CapabilityError
from ai_lib.protocol.manifest.capabilities import (
    find_operation_capability,
    normalize_capability,
    require_capabilities,
)
from ai_lib.types.tool import ToolDefinition
from compliance.chats import ANSWER
from compliance.checks import Mismatch, at, check, check_contains
from compliance.door import Runtime
from compliance.manifests import document, door_to, own_manifest
from compliance.server import Provider, says
from compliance.suite import Case, Json

# The suite names methods as other runtimes do.
_METHODS = {
    "MCPListTools": "mcp_list_tools",
    "ComputerUse": "computer_use",
    "Reason": "reasoning",
    "VideoGenerate": "video_generate",
}
_STATUSES = {"E1001": 400, "E1005": 413, "E2001": 429, "E3002": 503}


def capability_guard(case: Case, runtime: Runtime) -> None:
    """What the manifest does not declare is refused, and nothing is sent."""
    manifest = document(case.input["manifest"])
    with Provider(says({})) as server, door_to(manifest, runtime, server.url) as door:
        try:
            door.invoke(_METHODS[case.input["method"]], {})
        except CapabilityError as error:
            check("error_code", error.standard_code.code, case.expected["error_code"])
            check("requests sent", len(server.requests), 0)
            return
    raise Mismatch("nothing was refused")


def advanced_endpoint_mapping(case: Case, runtime: Runtime) -> None:
    """An operation goes to the place its manifest names."""
    operation = case.input["operation"]
    manifest = _allowing(document(case.input["manifest"]), operation)
    with Provider(says({"ok": True})) as server, door_to(manifest, runtime, server.url) as door:
        endpoint = door.describe(lambda client: client.manifest.endpoints[operation])
        values = {"id": "id-1"} if "{id}" in endpoint.path else {}
        door.invoke(operation, {}, **values)
        (request,) = server.requests
    check("path", endpoint.path, case.expected["path"])
    check("path sent", request.path, case.expected["path"].replace("{id}", "id-1"))
    check("method sent", request.method, case.expected["method"])


def provider_mock_behavior(case: Case, runtime: Runtime) -> None:
    """An operation's body reaches the provider, and its answer the caller."""
    operation = case.input["operation"]
    manifest = _allowing(
        {
            "id": "advanced",
            "protocol_version": "2.0",
            "endpoint": {"base_url": "https://example.com", operation: f"/{operation}"},
        },
        operation,
    )
    with Provider(says(case.input["response_body"])) as server:
        with door_to(manifest, runtime, server.url) as door:
            answer = door.invoke(operation, case.input["request_body"])
        for place, value in case.expected["request_assert"].items():
            check(f"request {place}", at(server.body, place), value)
    for place, value in case.expected["response_assert"].items():
        check(f"response {place}", at(answer, place), value)


def fallback_decision(case: Case, runtime: Runtime) -> None:
    """An error says whether the request may go to another target."""
    operation, code = case.input["operation"], case.input["error_code"]
    manifest = _allowing(
        {
            "id": "advanced",
            "protocol_version": "2.0",
            "endpoint": {"base_url": "https://example.com", operation: f"/{operation}"},
        },
        operation,
    )
    answer = says({"error": {"message": "no"}}, _STATUSES[code])
    with Provider(answer) as server, door_to(manifest, runtime, server.url) as door:
        try:
            door.invoke(operation, {})
        except AiLibError as error:
            check("error_code", error.standard_code.code, code)
            check("should_fallback", error.fallbackable, case.expected["should_fallback"])
            return
    raise Mismatch("no error was raised")


def _allowing(manifest: Json, operation: str) -> Json:
    needed = find_operation_capability(operation)
    return {**manifest, "capabilities": {"required": ["text"], "optional": [needed]}}


def capability_check(case: Case, runtime: Runtime) -> None:
    """A manifest's capabilities are known by their normal names, and needed ones are checked."""
    with door_to(own_manifest(case), runtime) as door:
        manifest = door.describe(lambda client: client.manifest)
    present = case.expected.get("capabilities_present") or {}
    wanted = [*present.get("required", ()), *present.get("optional_contains", ())]
    for name in (*case.input.get("capabilities", ()), *wanted):
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

    with Provider(says(ANSWER)) as server:
        with door_to(own_manifest(case), runtime, server.url) as door:
            door.execute(ask)
        sent = server.body["tools"]
    check_contains("tools", sent, [{"type": "function", "function": {"name": "mcp__search"}}])
