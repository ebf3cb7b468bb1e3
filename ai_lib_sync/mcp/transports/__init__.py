# Copied from ai_lib/mcp/transports/__init__.py by codegen; do not edit.
"""The ways to an MCP server: a child process by its pipes, and HTTP."""
