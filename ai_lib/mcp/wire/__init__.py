"""What is said to an MCP server and what it says, without input or output."""
