# Copied from ai_lib/mcp/__init__.py by codegen; do not edit.
"""The client of MCP servers: their tools for `run_tools`, their resources and prompts."""

from typing import TYPE_CHECKING

from ai_lib._lazy import exports

if TYPE_CHECKING:
    from ai_lib.errors.mcp import (
        McpAuthRequired as McpAuthRequired,
        McpError as McpError,
        McpInputRequired as McpInputRequired,
        McpServerGone as McpServerGone,
        McpTimeout as McpTimeout,
        McpToolChanged as McpToolChanged,
        McpToolFailed as McpToolFailed,
    )
    from ai_lib.mcp.bridge import (
        McpProviderConfig as McpProviderConfig,
        McpServerSpec as McpServerSpec,
        McpTool as McpTool,
        McpToolBridge as McpToolBridge,
        McpToolInvocation as McpToolInvocation,
        McpToolResult as McpToolResult,
        extract_provider_config as extract_provider_config,
    )
    from ai_lib.mcp.items import (
        McpPrompt as McpPrompt,
        McpPromptArgument as McpPromptArgument,
        McpResource as McpResource,
        McpResourceTemplate as McpResourceTemplate,
    )
    from ai_lib.mcp.options import McpOptions as McpOptions

    from .auth import (
        ClientCredentials as ClientCredentials,
        bearer as bearer,
    )
    from .group import McpServerGroup as McpServerGroup
    from .sampler import sampling as sampling
    from .server import McpServer as McpServer
    from .session_tools import mcp_tools as mcp_tools

_WHERE = {
    "ClientCredentials": ".auth",
    "McpAuthRequired": "ai_lib.errors.mcp",
    "McpError": "ai_lib.errors.mcp",
    "McpInputRequired": "ai_lib.errors.mcp",
    "McpOptions": "ai_lib.mcp.options",
    "McpPrompt": "ai_lib.mcp.items",
    "McpPromptArgument": "ai_lib.mcp.items",
    "McpProviderConfig": "ai_lib.mcp.bridge",
    "McpResource": "ai_lib.mcp.items",
    "McpResourceTemplate": "ai_lib.mcp.items",
    "McpServer": ".server",
    "McpServerGone": "ai_lib.errors.mcp",
    "McpServerGroup": ".group",
    "McpServerSpec": "ai_lib.mcp.bridge",
    "McpTimeout": "ai_lib.errors.mcp",
    "McpTool": "ai_lib.mcp.bridge",
    "McpToolBridge": "ai_lib.mcp.bridge",
    "McpToolChanged": "ai_lib.errors.mcp",
    "McpToolFailed": "ai_lib.errors.mcp",
    "McpToolInvocation": "ai_lib.mcp.bridge",
    "McpToolResult": "ai_lib.mcp.bridge",
    "bearer": ".auth",
    "extract_provider_config": "ai_lib.mcp.bridge",
    "mcp_tools": ".session_tools",
    "sampling": ".sampler",
}

if not TYPE_CHECKING:
    __all__, __getattr__, __dir__ = exports(__name__, _WHERE)
