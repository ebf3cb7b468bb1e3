"""The ways to an MCP server: a child process by its pipes, and HTTP."""
